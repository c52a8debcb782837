import Autodiff
import CKernels
import RunFile

/// What dL/d(output) of a layer is like, over all elements of the batch: columns `gradient_rms`, `gradient_max` and
/// `gradient_nonfinite_count`.
public struct GradientStatistics: Probe {
  /// What is measured.
  public let about = ProbeDescription(
    name: "gradient statistics",
    quantity: "√mean(g²), max |g| and the number of not finite elements of g = dL/d(output)",
    unit: "loss / output", cost: "one pass over each gradient", source: "Glorot and Bengio 2010")

  /// A probe that has seen nothing yet.
  public init() {}

  /// Fills the columns of a gradient.
  public func look(atGradient gradient: Tensor, of layer: ProbedLayer, _ findings: inout Findings) {
    let count = Double(gradient.elementCount)
    guard count > 0 else { return }
    let seen = gradient.withValues { magnitudes_of($0.baseAddress!, $0.count) }
    findings.row[.gradientRMS] = (seen.square_sum / count).squareRoot()
    findings.row[.gradientMax] = Double(seen.largest)
    findings.row[.gradientNonfiniteCount] = Double(seen.nonfinite)
  }
}
