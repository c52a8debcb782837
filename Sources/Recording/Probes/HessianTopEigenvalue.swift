import Autodiff
import RunFile

/// The largest eigenvalue of the loss's Hessian, the sharpest curvature: `hessian_top_eigenvalue`. Gradient descent with learning
/// rate η is stable along it up to 2 / η.
///
/// By Lanczos's method from a random vector, until the value changes by less than `tolerance` of itself. The loss is the step's
/// batch's, after the step; `Recorder.step` needs `again`. It is the model's without its hooks.
///
/// Sources: Lanczos 1950; Cohen et al., "Gradient descent on neural networks typically occurs at the edge of stability", 2021,
/// arXiv:2103.00065.
public struct HessianTopEigenvalue: Probe {
  /// What is measured.
  public let about = ProbeDescription(
    name: MeasureName.hessianTopEigenvalue.rawValue, quantity: "largest eigenvalue of ∂²L/∂θ²", unit: "loss / parameter²",
    cost: "a step, and about two steps for each of at most 30 iterations; three vectors of parameters",
    source: "Cohen et al. 2021, arXiv:2103.00065")
  /// The loss again.
  public let needs: ProbeNeeds = .lossAgain
  private let iterations: Int
  private let tolerance: Double
  private let seed: UInt64

  /// A probe that makes at most so many products with the Hessian, 30 by default, to a relative tolerance of 0.001 by default,
  /// always from the same first vector.
  public init(iterations: Int = 30, tolerance: Double = 1e-3, seed: UInt64 = 0) {
    guard iterations >= 1, tolerance >= 0 else {
      fatalError("HessianTopEigenvalue: \(iterations) iterations to \(tolerance): at least 1 and 0 are needed")
    }
    (self.iterations, self.tolerance, self.seed) = (iterations, tolerance, seed)
  }

  /// Notes the eigenvalue.
  public func stepDidEnd(_ step: ProbedStep, into results: inout ProbeOutput) {
    guard let hessian = Hessian(step), !hessian.parameters.isEmpty else { return }
    results.record(
      .hessianTopEigenvalue, hessian.largestEigenvalue(iterations: iterations, tolerance: tolerance, seed: seed))
  }
}
