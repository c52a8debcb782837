import Autodiff
import NeuralNetworks

/// Norms and products of per-sample gradients, computed from the input of each layer and the gradient of its output. The gradient of a
/// single sample is formed only where that is faster, as for long sequences and convolutions with few channels, for a few samples at a
/// time.
///
/// The loss is assumed to be the mean over a batch of n samples, so ∇ℓᵢ is n times sample i's contribution to the gradient. Clipping of the
/// norm is undone; layers whose gradients are scaled differently from the others are left out.
package struct SampleGradients {
  /// n.
  package let count: Int
  /// The layers with parameters whose per-sample gradients are known.
  package private(set) var layers: [SampledLayer]
  /// Layers that are left out because their gradients have another scale.
  private(set) var scaledDifferently: [SampledLayer]
  /// The sum of the samples' contributions over the gradient that the optimizer was given; 1 without clipping.
  let scale: Double

  /// The per-sample gradients of a completed step.
  init(_ layers: [SampledLayer], count: Int) {
    self.count = count
    for layer in layers { layer.begin(count) }
    // Gradients of frozen parameters are not clipped, so they don't show the scale.
    let trained = layers.filter { !$0.layer.isFrozen }
    let smallest = (trained.isEmpty ? layers : trained).min { $0.parameterCount < $1.parameterCount }
    let scale = smallest?.clippingScale ?? 1
    self.scale = scale
    for layer in layers { layer.scale = scale }
    (self.layers, scaledDifferently) = ([], [])
    for layer in layers {
      if layer.hasScale(scale) { self.layers.append(layer) } else { scaledDifferently.append(layer) }
    }
  }

  /// The same, only of layers with these indices.
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

  /// ∇ℓᵢ · d for the first `samples` samples. The direction d has one tensor per parameter, of its shape.
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

/// The per-sample gradients of one module.
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

  /// Begins a step.
  fileprivate func begin(_ count: Int) {
    self.count = count
    (knownNorms, knownProducts) = (nil, nil)
  }

  /// ‖∇ℓᵢ‖² for each sample.
  package var squaredNorms: [Double] {
    if let knownNorms { return knownNorms }
    let size = Double(count), norms = module.squaredContributions(calls, count).map { $0 * size * size }
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

  /// ‖∇L‖² of the gradient that the optimizer was given.
  private var clippedSquare: Double { layer.gradientSquares.weight + layer.gradientSquares.bias }

  /// ‖∇L‖².
  package var gradientSquare: Double { clippedSquare * scale * scale }

  /// ∇ℓᵢ · d for the first `samples` samples. The direction d is `weight` and `bias`, of the parameters' shapes.
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

  /// Whether the contributions of samples add up to `scale` times the gradient that the optimizer was given, within 1e-3 and rounding. It
  /// compares the bias if there is one, since that is fast.
  fileprivate func hasScale(_ scale: Double) -> Bool {
    let contributions: [Double], square: Double
    /// Σ |terms|, of which 1e-6 may be rounding: the positions of a sample may cancel, as in the keys of attention.
    var terms = 0.0
    if let bias = layer.biasGradient, !layer.isFrozen {
      contributions = calls.reduce(into: Array(repeating: 0, count: count)) { total, call in
        let rows = rowProducts(call.gradient!, bias, rows: call.gradient!.elementCount / bias.elementCount)
        terms += rows.reduce(0) { $0 + abs($1) }
        total.add(sums(of: rows, count))
      }
      square = layer.gradientSquares.bias
    } else {
      contributions = products(with: layer.weightGradient!, layer.biasGradient, samples: count).map {
        $0 / Double(count)
      }
      square = clippedSquare
    }
    let difference = abs(contributions.reduce(0, +) - scale * square)
    // If contributions cancel, as before a normalization, the sum is only rounding.
    let size = max(scale * square, contributions.reduce(0) { $0 + abs($1) })
    return !(difference > max(1e-3 * size, 1e-6 * terms))
  }

  fileprivate var parameterCount: Int { layer.weightGradient!.elementCount }

  /// The sum of the samples' contributions over the gradient that the optimizer was given: 1 unless that was clipped.
  fileprivate var clippingScale: Double {
    guard clippedSquare > 0 else { return 1 }
    let contributions = products(with: layer.weightGradient!, layer.biasGradient, samples: count)
    let found = contributions.reduce(0, +) / Double(count) / clippedSquare
    return abs(found - 1) > 1e-3 && found.isFinite ? found : 1
  }
}
