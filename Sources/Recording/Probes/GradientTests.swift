import Autodiff
import RunFile

/// The deviation of a batch's gradient from the true gradient: measures `norm_test`, `inner_product_test` and `orthogonality_test` of the
/// whole model, each the smallest bound for which the test of that name passes.
///
/// With n samples and the gradient g of their mean loss:
///
/// - norm test: √(Σ‖∇ℓᵢ − g‖² / (n (n − 1) ‖g‖²)),
/// - inner product test, of the components along g: √(Σ(∇ℓᵢ·g − ‖g‖²)² / (n (n − 1) ‖g‖⁴)),
/// - orthogonality test, of the components orthogonal to g: √(Σ‖∇ℓᵢ − (∇ℓᵢ·g / ‖g‖²) g‖² / (n (n − 1) ‖g‖²)).
///
/// Nothing is recorded for a batch of one sample. The same layers are left out as by `GradientNoise`, with the same warnings.
///
/// Sources: Byrd et al., "Sample size selection in optimization methods for machine learning", 2012,
/// doi:10.1007/s10107-012-0572-5; Bollapragada, Byrd and Nocedal 2017, arXiv:1710.11258; Schneider, Dangel and Hennig 2021,
/// arXiv:2102.06604.
public struct GradientTests: Probe {
  /// The description of the measure.
  public let about = ProbeDescription(
    name: MeasureName.normTest.rawValue,
    quantity: "deviation of the mean of ∇ℓᵢ / ‖∇L‖: whole, along and orthogonal to ∇L", unit: "1",
    cost: "as gradient_noise_scale, and one product per layer", source: "Schneider et al. 2021, arXiv:2102.06604")
  /// Per-sample gradients.
  public let needs: ProbeNeeds = .samples

  /// A probe without settings.
  public init() {}

  /// Records the three bounds.
  public func stepDidEnd(_ step: ProbedStep, into results: inout ProbeOutput) {
    guard let samples = step.samples, samples.count > 1, !samples.layers.isEmpty else { return }
    let n = Double(samples.count), square = samples.gradientSquare
    guard square > 0 else { return }
    let squaredNorms = samples.squaredNorms.reduce(0, +)
    let products = samples.productsWithGradient
    let squaredProducts = products.reduce(0) { $0 + $1 * $1 }
    let along = products.reduce(0) { $0 + ($1 - square) * ($1 - square) }
    func bound(_ sum: Double) -> Double { (max(sum, 0) / (n * (n - 1) * square)).squareRoot() }
    results.record(.normTest, bound(squaredNorms - n * square))
    results.record(.innerProductTest, bound(along / square))
    results.record(.orthogonalityTest, bound(squaredNorms - squaredProducts / square))
  }
}
