import Autodiff
import RunFile
import Support

/// The largest eigenvalue of the loss's Hessian (sharpness): `hessian_top_eigenvalue`. Gradient descent with learning rate η is stable if
/// it is below 2 / η.
///
/// Lanczos's method from a random vector, until the relative change is at most `tolerance`. The loss is that of the step's batch, with
/// the parameters after the step and without the model's hooks; `Recorder.step` needs `again`.
///
/// Sources: Lanczos 1950; Cohen et al., "Gradient descent on neural networks typically occurs at the edge of stability", 2021,
/// arXiv:2103.00065.
public struct HessianTopEigenvalue: Probe {
  /// The description of the measure.
  public let about = ProbeDescription(
    name: MeasureName.hessianTopEigenvalue.rawValue, quantity: "largest eigenvalue of ∂²L/∂θ²",
    unit: "loss / parameter²",
    cost: "a step, and about two steps for each of at most 30 iterations; three vectors of parameters",
    source: "Cohen et al. 2021, arXiv:2103.00065")
  /// The closure that computes the loss again.
  public let needs: ProbeNeeds = .lossAgain
  private let iterations: Int
  private let tolerance: Double
  private let seed: UInt64

  /// A probe with at most `iterations` products with the Hessian, 30 by default, and a relative `tolerance`, 0.001 by default;
  /// `seed` determines the first vector. Stops the program if `iterations` is below 1 or `tolerance` below 0.
  public init(iterations: Int = 30, tolerance: Double = 1e-3, seed: UInt64 = 0) {
    guard iterations >= 1, tolerance >= 0 else {
      stop(
        "HessianTopEigenvalue",
        "iterations are \(iterations) and the tolerance is \(tolerance); they must be at least 1 and at least 0")
    }
    (self.iterations, self.tolerance, self.seed) = (iterations, tolerance, seed)
  }

  /// Records the eigenvalue.
  public func stepDidEnd(_ step: ProbedStep, into results: inout ProbeOutput) {
    guard let hessian = Hessian(step), !hessian.parameters.isEmpty else { return }
    results.record(
      .hessianTopEigenvalue, hessian.largestEigenvalue(iterations: iterations, tolerance: tolerance, seed: seed))
  }
}
