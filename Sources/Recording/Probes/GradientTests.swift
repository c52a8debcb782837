import Autodiff
import RunFile

/// How far the gradient of a batch may be trusted: measures `norm_test`, `inner_product_test` and `orthogonality_test` of the whole
/// model, each the smallest bound for which the test of that name passes.
///
/// With n samples and the gradient g of their mean: √(Σ‖∇ℓᵢ − g‖² / (n (n − 1) ‖g‖²)); the same of the parts along g, √(Σ(∇ℓᵢ·g −
/// ‖g‖²)² / (n (n − 1) ‖g‖⁴)); and of the parts across g, √(Σ‖∇ℓᵢ − (∇ℓᵢ·g / ‖g‖²) g‖² / (n (n − 1) ‖g‖²)). A batch of one has none.
///
/// Leaves out and tells what `GradientNoise` does.
///
/// Sources: Byrd et al., "Sample size selection in optimization methods for machine learning", 2012,
/// doi:10.1007/s10107-012-0572-5; Bollapragada, Byrd and Nocedal 2017, arXiv:1710.11258; Schneider, Dangel and Hennig 2021,
/// arXiv:2102.06604.
public struct GradientTests: Probe {
  /// What is measured.
  public let about = ProbeDescription(
    name: MeasureName.normTest.rawValue, quantity: "deviation of the mean of ∇ℓᵢ / ‖∇L‖: whole, along and across ∇L", unit: "1",
    cost: "as gradient_noise_scale, and one product a layer", source: "Schneider et al. 2021, arXiv:2102.06604")
  /// Inputs and gradients of layers.
  public let needs: ProbeNeeds = .samples

  /// A probe of the batch at hand.
  public init() {}

  /// Notes the three bounds.
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
