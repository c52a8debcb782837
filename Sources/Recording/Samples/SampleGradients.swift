import Autodiff
import CKernels
import NeuralNetworks

/// What single samples of a batch add to the gradient of the layers' parameters, told from what goes into each layer and what
/// comes back to it; no gradient is formed for a sample.
///
/// The loss is taken as the mean over a batch of n, so ∇ℓᵢ is n times sample i's share of the gradient. Clipping to a norm and
/// the scale of a loss are undone.
package struct SampleGradients {
  /// n.
  package let count: Int
  /// Layers with parameters whose shares can be told.
  package private(set) var layers: [SampledLayer] = []
  /// Which are missing, in words, by the reason why.
  let missing: [String: String]
  /// By what the samples' shares add up to more than the gradient that the optimizer was given.
  let scale: Double

  /// Of the calls of a step that is over.
  init?(_ calls: [ProbedLayer]) {
    guard let count = calls.first(where: { $0.gradient != nil })?.gradient?.shape.first else { return nil }
    self.count = count
    var missing: [String: [String]] = [:]
    let holders = holders(in: calls)
    var seen: Set<ObjectIdentifier> = []
    for call in calls {
      let parameters = call.module.ownParameters
      guard !parameters.isEmpty, seen.insert(ObjectIdentifier(call.module)).inserted else { continue }
      let all = calls.filter { $0.module === call.module }
      if let reason = reason(toLeaveOut: all, count, holders) {
        missing[reason, default: []].append(call.path)
      } else if let module = call.module as? any SampleWise {
        layers.append(SampledLayer(module, all, count))
      }
    }
    self.missing = Dictionary(
      uniqueKeysWithValues: missing.map { reason, paths in
        let more = paths.count > 3 ? " and \(paths.count - 3) more" : ""
        let named = paths.prefix(3).joined(separator: ", ") + more
        return (reason, "gradients of single samples leave out \(named), where \(reason)")
      })
    scale = layers.min { $0.parameterCount < $1.parameterCount }?.shareOfTheOptimizers ?? 1
    for layer in layers { layer.scale = scale }
  }

  /// Those of some layers only.
  func among(_ indices: Set<Int>) -> SampleGradients {
    var part = self
    part.layers = layers.filter { indices.contains($0.layer.index) }
    return part
  }

  /// ‖∇ℓᵢ‖² over all these layers, for each sample.
  package var squaredNorms: [Double] { sum { $0.squaredNorms } }

  /// ∇ℓᵢ · ∇L over all these layers, for each sample.
  package var productsWithGradient: [Double] { sum { $0.productsWithGradient } }

  /// ‖∇L‖² over all these layers.
  package var gradientSquare: Double { layers.reduce(0) { $0 + $1.gradientSquare } }

  /// ∇ℓᵢ · d for the first `samples` samples, where d has a tensor for each parameter, by the layer's index.
  func products(with direction: [Int: [String: Tensor]], samples: Int) -> [Double] {
    layers.reduce(into: Array(repeating: 0, count: samples)) { total, layer in
      guard let own = direction[layer.layer.index] else { return }
      total.add(layer.products(with: own, samples: samples))
    }
  }

  private func sum(_ values: (SampledLayer) -> [Double]) -> [Double] {
    layers.reduce(into: Array(repeating: 0, count: count)) { $0.add(values($1)) }
  }
}

/// How many modules hold each parameter.
private func holders(in calls: [ProbedLayer]) -> [ObjectIdentifier: Set<ObjectIdentifier>] {
  var found: [ObjectIdentifier: Set<ObjectIdentifier>] = [:]
  for call in calls {
    for (_, parameter) in call.module.ownParameters {
      found[ObjectIdentifier(parameter), default: []].insert(ObjectIdentifier(call.module))
    }
  }
  return found
}

/// Why the shares of samples in a module's gradient can't be told; nil where they can.
private func reason(
  toLeaveOut calls: [ProbedLayer], _ count: Int, _ holders: [ObjectIdentifier: Set<ObjectIdentifier>]
) -> String? {
  let module = calls[0].module
  if module is BatchNorm { return "each output depends on all samples" }
  guard module is any SampleWise else { return "the kind of the module, \(module.kind), is not known" }
  if module.ownParameters.contains(where: { holders[ObjectIdentifier($0.parameter)]!.count > 1 }) {
    return "a parameter is shared with another module"
  }
  if calls.contains(where: { $0.passes > 1 }) { return "several passes came before one step" }
  guard calls.allSatisfy({ $0.gradient != nil && $0.input != nil }), !calls[0].parameterGradients.isEmpty else {
    return "there was no gradient"
  }
  if let rows = calls.compactMap({ $0.gradient!.shape.first }).first(where: { $0 != count }) {
    return "there are \(rows) rows for \(count) samples"
  }
  return nil
}

/// A module's part of `SampleGradients`.
package final class SampledLayer {
  /// The module's first call.
  package let layer: ProbedLayer
  private let module: any SampleWise
  private let calls: [SampledCall]
  private let count: Int
  fileprivate var scale = 1.0

  init(_ module: any SampleWise, _ layers: [ProbedLayer], _ count: Int) {
    layer = layers[0]
    self.module = module
    self.count = count
    calls = layers.map { SampledCall(input: $0.input!, gradient: $0.gradient!) }
  }

  /// ‖∇ℓᵢ‖² for each sample.
  package private(set) lazy var squaredNorms: [Double] = {
    let size = Double(count)
    return module.squaredShares(calls, count).map { $0 * size * size }
  }()

  /// ∇ℓᵢ · ∇L for each sample.
  package private(set) lazy var productsWithGradient: [Double] =
    products(with: layer.parameterGradients, samples: count).map { $0 * scale }

  /// ‖∇L‖².
  package private(set) lazy var gradientSquare: Double = gradientSquareOfTheOptimizer * scale * scale

  /// ∇ℓᵢ · d for the first `samples` samples, where d has a tensor for each parameter.
  package func products(with direction: [String: Tensor], samples: Int) -> [Double] {
    var total = [Double](repeating: 0, count: samples)
    for call in calls {
      let part = samples == count ? call : call.first(samples)
      total.add(rowProducts(part.gradient, module.image(of: part.input, under: direction), rows: samples))
    }
    return total.map { $0 * Double(count) }
  }

  var parameterCount: Int { layer.parameterGradients.values.reduce(0) { $0 + $1.elementCount } }

  private var gradientSquareOfTheOptimizer: Double {
    layer.parameterGradients.values.reduce(0) { $0 + rowSquares($1, rows: 1)[0] }
  }

  /// c, where the shares add up to c times the gradient that the optimizer was given: 1 unless that was clipped or the loss
  /// scaled.
  var shareOfTheOptimizers: Double {
    let square = gradientSquareOfTheOptimizer
    guard square > 0 else { return 1 }
    let found = products(with: layer.parameterGradients, samples: count).reduce(0, +) / Double(count) / square
    return abs(found - 1) > 1e-3 && found.isFinite ? found : 1
  }
}

/// What went into a call and what came back to it.
package struct SampledCall {
  let input: Tensor
  let gradient: Tensor

  func first(_ samples: Int) -> SampledCall {
    SampledCall(input: input.first(samples), gradient: gradient.first(samples))
  }
}
