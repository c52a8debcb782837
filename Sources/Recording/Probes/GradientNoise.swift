import Autodiff
import NeuralNetworks
import RunFile
import Support

/// The noise of a batch's gradient, for the whole model and each layer: measures `gradient_noise_scale`,
/// `gradient_snr`, and for the whole model `gradient_variance` and the mean and the largest norm of a sample's gradient,
/// `sample_gradient_norm_mean` and `sample_gradient_norm_max`.
///
/// With n samples, S = Σ‖∇ℓᵢ − ∇L‖² / (n − 1) estimates the trace of the covariance of a sample's gradient, and G² = ‖∇L‖² − S / n
/// the squared norm of the true gradient. The noise scale is S / G²: larger batches hardly improve a step. The signal-to-noise ratio is
/// √(G² / (S / n)), which is 1 if the noise scale is n. S and G² are averaged over recorded steps before the division, since a ratio of
/// noisy numbers is biased; if the average of G² is not above 0, the noise scale is infinite.
///
/// A warning names layers that are left out: `BatchNorm`, which mixes samples, and modules of your own with parameters. If there are
/// several passes before a step, all layers are left out, since inputs are kept of the last pass only.
///
/// Sources: Goodfellow 2015, arXiv:1510.01799; McCandlish et al. 2018, arXiv:1812.06162, appendix A.1.
public struct GradientNoise: Probe {
  /// The description of the measure.
  public let about = ProbeDescription(
    name: MeasureName.gradientNoiseScale.rawValue,
    quantity: "S / G² with S = Σ‖∇ℓᵢ − ∇L‖² / (n − 1) and G² = ‖∇L‖² − S / n",
    unit: "samples",
    cost: "one pass over inputs and gradients of fully connected layers, a gradient of the weight for others",
    source: "McCandlish et al. 2018, arXiv:1812.06162")
  /// Per-sample gradients.
  public let needs: ProbeNeeds = .samples

  private let smoothing: Double
  private let includesLayers: Bool
  private struct Estimates {
    var noise = 0.0, signal = 0.0
  }
  private var estimates: [Int: Estimates] = [:]

  /// A probe whose averages are exponential moving averages with weight `smoothing` of the past, 0.9 by default. It also
  /// records each layer's numbers if `includesLayers`. Stops the program unless 0 ≤ smoothing < 1.
  public init(smoothing: Double = 0.9, ofEachLayer includesLayers: Bool = true) {
    guard (0..<1).contains(smoothing) else {
      stop("GradientNoise", "the smoothing is \(smoothing); it must be at least 0 and below 1")
    }
    self.smoothing = smoothing
    self.includesLayers = includesLayers
  }

  /// Records the numbers of the model and of the layers.
  public mutating func stepDidEnd(_ step: ProbedStep, into results: inout ProbeOutput) {
    guard let samples = step.samples, samples.count > 1, !samples.layers.isEmpty else { return }
    let norms = samples.squaredNorms
    let variance = record(norms, samples.gradientSquare, as: -1, &results)
    results.record(.gradientVariance, variance)
    let roots = norms.map { $0.squareRoot() }
    results.record(.sampleGradientNormMean, roots.reduce(0, +) / Double(roots.count))
    results.record(.sampleGradientNormMax, roots.max()!)
    guard includesLayers else { return }
    for sampled in samples.layers {
      _ = record(sampled.squaredNorms, sampled.gradientSquare, as: sampled.layer.index, &sampled.layer.output)
    }
  }

  /// Adds the averages.
  public func save(to state: inout SavedState, _ layers: [ProbedLayer]) {
    for (index, estimate) in estimates { state.numbers["\(index)"] = [estimate.noise, estimate.signal] }
  }

  /// Takes over what `save` added. Throws a `SavedStateError` if that is not what it can be.
  public mutating func restore(from state: SavedState, _ layers: [ProbedLayer]) throws {
    for index in [-1] + layers.map(\.index) {
      guard let numbers = try state.numbers("\(index)", 2) else { continue }
      estimates[index] = Estimates(noise: numbers[0], signal: numbers[1])
    }
  }

  /// Records both ratios of a layer, or of the model with index −1, and returns S.
  private mutating func record(
    _ squaredNorms: [Double], _ gradientSquare: Double, as index: Int, _ results: inout ProbeOutput
  ) -> Double {
    let n = Double(squaredNorms.count)
    let noise = max(squaredNorms.reduce(0, +) - n * gradientSquare, 0) / (n - 1)
    var average = estimates[index] ?? Estimates()
    average.noise = smoothing * average.noise + (1 - smoothing) * noise
    average.signal = smoothing * average.signal + (1 - smoothing) * (gradientSquare - noise / n)
    estimates[index] = average
    // If all gradients are 0, neither is defined.
    guard average.noise != 0 || average.signal != 0 else { return noise }
    results.record(.gradientNoiseScale, average.signal > 0 ? average.noise / average.signal : .infinity)
    results.record(.gradientSNR, (max(average.signal, 0) / (average.noise / n)).squareRoot())
    return noise
  }
}
