import Autodiff
import RunFile

/// Statistics of dL/d(output) of a layer, over all elements of all passes and outputs in the step: the columns `gradient_rms`,
/// `gradient_max` and `gradient_nonfinite_count` of the table `layer`.
public struct GradientStatistics: Probe {
  /// The description of the measure.
  public let about = ProbeDescription(
    name: "gradient statistics",
    quantity: "√mean(g²), max |g| and the number of NaN and infinities in g = dL/d(output)",
    unit: "loss / output", cost: "one pass over each gradient", source: "Glorot and Bengio 2010")

  /// A probe without settings.
  public init() {}

  /// Fills the columns; `gradient` has any shape.
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
