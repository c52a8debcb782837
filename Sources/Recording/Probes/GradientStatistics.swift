import Autodiff
import RunFile

/// What dL/d(output) of a layer is like, over all elements, of all passes and outputs in the step: columns `gradient_rms`, `gradient_max` and
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
  public func observe(gradient: Tensor, of layer: ProbedLayer, into results: inout ProbeOutput) {
    let here = Double(gradient.elementCount), before = results.counts.gradients
    guard here > 0 else { return }
    let seen = gradient.gradientSums()
    var squareSum = seen.squareSum, largest = Double(seen.largest), nonfinite = Double(seen.nonfinite)
    if before > 0 {
      let row = results.row
      squareSum += row[.gradientRMS]! * row[.gradientRMS]! * before
      largest = max(largest, row[.gradientMax]!)
      nonfinite += row[.gradientNonfiniteCount]!
    }
    results.counts.gradients = before + here
    results.row[.gradientRMS] = (squareSum / (before + here)).squareRoot()
    results.row[.gradientMax] = largest
    results.row[.gradientNonfiniteCount] = nonfinite
  }
}
