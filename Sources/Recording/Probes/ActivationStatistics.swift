import Autodiff
import RunFile

/// What a layer's outputs are like, over all elements, of all passes and outputs in the step: columns `activation_mean` to `nonfinite_count`.
public struct ActivationStatistics: Probe {
  /// What is measured.
  public let about = ProbeDescription(
    name: "activation statistics",
    quantity:
      "mean, standard deviation, RMS, extremes, fractions of zeros and of saturated outputs, number of not finite ones",
    unit: "the model's; fractions from 0 to 1", cost: "one pass over each output",
    source: "Glorot and Bengio 2010; Bradley 2010")

  /// A probe that has seen nothing yet.
  public init() {}

  /// Fills the columns of an activation.
  public func observe(output: Tensor, of layer: ProbedLayer, into results: inout ProbeOutput) {
    let here = Double(output.elementCount), before = results.counts.activations
    guard here > 0 else { return }
    let limits = layer.saturationLimits
    let low = limits?.lowerBound ?? -.infinity, high = limits?.upperBound ?? .infinity
    let seen = output.activationSums(low: low, high: high)
    let count = before + here
    var sum = seen.sum, squareSum = seen.squareSum
    // What is left of two sums that cancel loses digits, so deviations are then added up themselves.
    let ownMean = sum / here, excess = squareSum - sum * ownMean
    var deviations =
      excess < 1e-3 * squareSum ? output.squaredDeviations(from: ownMean) : excess
    var zeros = Double(seen.zeros), outside = Double(seen.outside), nonfinite = Double(seen.nonfinite)
    var minimum = Double(seen.minimum), maximum = Double(seen.maximum)
    if before > 0 {
      let row = results.row
      let apart = ownMean - row[.activationMean]!
      deviations += results.squaredDeviations + apart * apart * here * before / count
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
