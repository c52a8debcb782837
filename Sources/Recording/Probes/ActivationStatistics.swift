import Autodiff
import RunFile

/// Statistics of a layer's outputs, over all elements of all passes and outputs in the step: the columns `activation_mean` to
/// `nonfinite_count` of the table `layer`.
public struct ActivationStatistics: Probe {
  /// The description of the measure.
  public let about = ProbeDescription(
    name: "activation statistics",
    quantity:
      "mean, standard deviation, RMS, extremes, fractions of zeros and of saturated outputs, number of NaN and infinities",
    unit: "the model's; fractions from 0 to 1", cost: "one pass over each output",
    source: "Glorot and Bengio 2010; Bradley 2010")

  /// A probe without settings.
  public init() {}

  /// Fills the columns; `output` has any shape.
  public func observe(output: Tensor, of layer: ProbedLayer, into results: inout ProbeOutput) {
    let here = Double(output.elementCount), before = results.counts.activations
    guard here > 0 else { return }
    let limits = layer.saturationLimits
    let low = limits?.lowerBound ?? -.infinity, high = limits?.upperBound ?? .infinity
    let seen = output.activationSums(low: low, high: high)
    let count = before + here
    var sum = seen.sum, squareSum = seen.squareSum
    // A difference of two nearly equal sums loses digits, so the deviations are summed directly then.
    let ownMean = sum / here, excess = squareSum - sum * ownMean
    var deviations =
      excess < 1e-3 * squareSum ? output.squaredDeviations(from: ownMean) : excess
    var zeros = Double(seen.zeros), outside = Double(seen.outside), nonfinite = Double(seen.nonfinite)
    var minimum = Double(seen.minimum), maximum = Double(seen.maximum)
    if before > 0 {
      let row = results.row
      let difference = ownMean - row[.activationMean]!
      deviations += results.squaredDeviations + difference * difference * here * before / count
      sum += row[.activationMean]! * before
      squareSum += row[.activationRMS]! * row[.activationRMS]! * before
      zeros += row[.zeroFraction]! * before
      outside += (row[.saturatedFraction] ?? 0) * before
      nonfinite += row[.nonfiniteCount]!
      (minimum, maximum) = (Swift.min(minimum, row[.activationMin]!), Swift.max(maximum, row[.activationMax]!))
    }
    results.counts.activations = count
    results.squaredDeviations = deviations
    results.row[.activationMean] = sum / count
    results.row[.activationStd] = (deviations / count).squareRoot()
    results.row[.activationRMS] = (squareSum / count).squareRoot()
    results.row[.activationMin] = minimum
    results.row[.activationMax] = maximum
    results.row[.zeroFraction] = zeros / count
    if limits != nil { results.row[.saturatedFraction] = outside / count }
    results.row[.nonfiniteCount] = nonfinite
  }
}
