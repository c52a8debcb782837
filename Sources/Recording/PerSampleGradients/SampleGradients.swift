import Autodiff
import NeuralNetworks

/// What single samples of a batch add to the gradient of the layers' parameters, told from what goes into each layer and what
/// comes back to it. A gradient is formed for a sample only where that is cheaper, as of long sequences and of convolutions of few
/// channels, for a few samples at a time.
///
/// The loss is taken as the mean over a batch of n, so ∇ℓᵢ is n times sample i's share of the gradient. Clipping to a norm is undone;
/// layers whose gradients are scaled otherwise than the rest are left out.
package struct SampleGradients {
  /// n.
  package let count: Int
  /// Layers with parameters whose shares can be told.
  package private(set) var layers: [SampledLayer]
  /// Layers that are left out since they have another scale.
  private(set) var scaledOtherwise: [SampledLayer]
  /// By what the samples' shares add up to more than the gradient that the optimizer was given.
  let scale: Double

  /// Of a step that is over.
  init(_ layers: [SampledLayer], count: Int) {
    self.count = count
    for layer in layers { layer.begin(count) }
    // Gradients of frozen parameters are not clipped.
    let trained = layers.filter { !$0.layer.isFrozen }
    let smallest = (trained.isEmpty ? layers : trained).min { $0.parameterCount < $1.parameterCount }
    let scale = smallest?.shareOfTheOptimizers ?? 1
    self.scale = scale
    for layer in layers { layer.scale = scale }
    (self.layers, scaledOtherwise) = ([], [])
    for layer in layers {
      if layer.hasScale(scale) { self.layers.append(layer) } else { scaledOtherwise.append(layer) }
    }
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

  /// ∇ℓᵢ · d for the first `samples` samples, where d has a tensor for each parameter.
  func products(with direction: [ObjectIdentifier: Tensor], samples: Int) -> [Double] {
    layers.reduce(into: Array(repeating: 0, count: samples)) { total, layer in
      guard let weight = direction[layer.weight] else { return }
      total.add(layer.products(with: weight, layer.bias.flatMap { direction[$0] }, samples: samples))
    }
  }

  private func sum(_ values: (SampledLayer) -> [Double]) -> [Double] {
    layers.reduce(into: Array(repeating: 0, count: count)) { $0.add(values($1)) }
  }
}

/// A module's part of `SampleGradients`.
package final class SampledLayer {
  /// The module's first call.
  package let layer: ProbedLayer
  let calls: [ProbedLayer]
  let module: any SampleWise
  fileprivate let weight: ObjectIdentifier
  fileprivate let bias: ObjectIdentifier?
  @exclusivity(unchecked) fileprivate var scale = 1.0
  @exclusivity(unchecked) private var count = 0
  @exclusivity(unchecked) private var knownNorms: [Double]?
  @exclusivity(unchecked) private var knownProducts: [Double]?

  init(_ module: any SampleWise, _ calls: [ProbedLayer]) {
    (layer, self.calls, self.module) = (calls[0], calls, module)
    weight = ObjectIdentifier(layer.parameter("weight")!)
    bias = layer.parameter("bias").map { ObjectIdentifier($0) }
  }

  /// Forgets the last step.
  fileprivate func begin(_ count: Int) {
    self.count = count
    (knownNorms, knownProducts) = (nil, nil)
  }

  /// ‖∇ℓᵢ‖² for each sample.
  package var squaredNorms: [Double] {
    if let knownNorms { return knownNorms }
    let size = Double(count), norms = module.squaredShares(calls, count).map { $0 * size * size }
    knownNorms = norms
    return norms
  }

  /// ∇ℓᵢ · ∇L for each sample.
  package var productsWithGradient: [Double] {
    if let knownProducts { return knownProducts }
    let found = products(with: layer.weightGradient!, layer.biasGradient, samples: count).map { $0 * scale }
    knownProducts = found
    return found
  }

  /// ‖∇L‖² as the optimizer was given it.
  private var squareOfTheOptimizer: Double { layer.gradientSquares.weight + layer.gradientSquares.bias }

  /// ‖∇L‖².
  package var gradientSquare: Double { squareOfTheOptimizer * scale * scale }

  /// ∇ℓᵢ · d for the first `samples` samples, where d has a tensor for each parameter.
  package func products(with weight: Tensor, _ bias: Tensor?, samples: Int) -> [Double] {
    var total = [Double](repeating: 0, count: samples)
    for call in calls {
      let isWhole = samples == count
      let input = isWhole ? call.input! : call.input!.first(samples)
      let gradient = isWhole ? call.gradient! : call.gradient!.first(samples)
      total.add(module.products(input, gradient, with: weight, bias, samples))
    }
    for index in total.indices { total[index] *= Double(count) }
    return total
  }

  /// Whether the shares add up to `scale` times what the optimizer was given, but for 1e-3 and rounding: told from the bias where
  /// there is one, since that is cheap.
  fileprivate func hasScale(_ scale: Double) -> Bool {
    let shares: [Double], square: Double
    /// What was added up, of which 1e-6 may be rounding: a sample's places may cancel, as those of attention's keys.
    var terms = 0.0
    if let bias = layer.biasGradient, !layer.isFrozen {
      shares = calls.reduce(into: Array(repeating: 0, count: count)) { total, call in
        let rows = rowProducts(call.gradient!, bias, rows: call.gradient!.elementCount / bias.elementCount)
        terms += rows.reduce(0) { $0 + abs($1) }
        total.add(sums(of: rows, count))
      }
      square = layer.gradientSquares.bias
    } else {
      shares = products(with: layer.weightGradient!, layer.biasGradient, samples: count).map { $0 / Double(count) }
      square = squareOfTheOptimizer
    }
    let difference = abs(shares.reduce(0, +) - scale * square)
    // Where shares cancel, as before a normalization, what is left is rounding.
    let size = max(scale * square, shares.reduce(0) { $0 + abs($1) })
    return !(difference > max(1e-3 * size, 1e-6 * terms))
  }

  fileprivate var parameterCount: Int { layer.weightGradient!.elementCount }

  /// c, where the shares add up to c times the gradient that the optimizer was given: 1 unless that was clipped.
  fileprivate var shareOfTheOptimizers: Double {
    guard squareOfTheOptimizer > 0 else { return 1 }
    let shares = products(with: layer.weightGradient!, layer.biasGradient, samples: count)
    let found = shares.reduce(0, +) / Double(count) / squareOfTheOptimizer
    return abs(found - 1) > 1e-3 && found.isFinite ? found : 1
  }
}
