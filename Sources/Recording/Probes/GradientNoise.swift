import Autodiff
import RunFile

/// How much the gradients of a batch's samples differ, for the whole model and each layer: measures `gradient_noise_scale`,
/// `gradient_snr`, and for the whole model `gradient_variance` and the mean and the largest norm of a sample's gradient,
/// `sample_gradient_norm_mean` and `sample_gradient_norm_max`.
///
/// With n samples, S = Σ‖∇ℓᵢ − ∇L‖² / (n − 1) estimates the trace of the covariance of a sample's gradient, and G² = ‖∇L‖² − S / n
/// the square of the true gradient. The noise scale is S / G², about the largest batch that is worth its price, and the ratio of
/// signal to noise √(G² / (S / n)), which is 1 where the noise scale is n. Each estimate is averaged over recorded steps before
/// they are divided, since a ratio of noisy numbers is biased; where G² is still not above 0 the noise scale is infinite.
///
/// Tells once which layers are left out: `BatchNorm` mixes samples, and modules with parameters of their own are not known. Where
/// several passes come before a step, the gradient is no longer that of the batch whose inputs are kept, so that all are.
///
/// Sources: Goodfellow 2015, arXiv:1510.01799; McCandlish et al. 2018, arXiv:1812.06162, appendix A.1.
public struct GradientNoise: Probe {
  /// What is measured.
  public let about = ProbeDescription(
    name: MeasureName.gradientNoiseScale.rawValue, quantity: "S / G² with S = Σ‖∇ℓᵢ − ∇L‖² / (n − 1) and G² = ‖∇L‖² − S / n",
    unit: "samples",
    cost: "a pass over inputs and gradients of fully connected layers, a gradient of the weight for others",
    source: "McCandlish et al. 2018, arXiv:1812.06162")
  /// Inputs and gradients of layers.
  public let needs: ProbeNeeds = .samples

  private let smoothing: Double
  private let includesLayers: Bool
  private struct Estimates {
    var noise = 0.0, signal = 0.0
  }
  private var estimates: [Int: Estimates] = [:]

  /// A probe that keeps `smoothing`, 0.9 by default, of its averages at each step, and notes each layer's numbers unless told not
  /// to.
  public init(smoothing: Double = 0.9, ofEachLayer includesLayers: Bool = true) {
    guard (0..<1).contains(smoothing) else {
      fatalError("GradientNoise: a smoothing of \(smoothing), it is at least 0 and below 1")
    }
    self.smoothing = smoothing
    self.includesLayers = includesLayers
  }

  /// Notes the model's and the layers' numbers.
  public mutating func stepDidEnd(_ step: ProbedStep, into results: inout ProbeOutput) {
    guard let samples = step.samples, samples.count > 1, !samples.layers.isEmpty else { return }
    let norms = samples.squaredNorms
    let variance = note(norms, samples.gradientSquare, as: -1, &results)
    results.record(.gradientVariance, variance)
    let roots = norms.map { $0.squareRoot() }
    results.record(.sampleGradientNormMean, roots.reduce(0, +) / Double(roots.count))
    results.record(.sampleGradientNormMax, roots.max()!)
    guard includesLayers else { return }
    for sampled in samples.layers {
      _ = note(sampled.squaredNorms, sampled.gradientSquare, as: sampled.layer.index, &sampled.layer.output)
    }
  }

  /// Takes in squared norms and ‖∇L‖², and returns S.
  private mutating func note(
    _ squaredNorms: [Double], _ gradientSquare: Double, as index: Int, _ results: inout ProbeOutput
  ) -> Double {
    let n = Double(squaredNorms.count)
    let noise = max(squaredNorms.reduce(0, +) - n * gradientSquare, 0) / (n - 1)
    var average = estimates[index] ?? Estimates()
    average.noise = smoothing * average.noise + (1 - smoothing) * noise
    average.signal = smoothing * average.signal + (1 - smoothing) * (gradientSquare - noise / n)
    estimates[index] = average
    // Where all gradients are 0 there is neither.
    guard average.noise != 0 || average.signal != 0 else { return noise }
    results.record(.gradientNoiseScale, average.signal > 0 ? average.noise / average.signal : .infinity)
    results.record(.gradientSNR, (max(average.signal, 0) / (average.noise / n)).squareRoot())
    return noise
  }
}
