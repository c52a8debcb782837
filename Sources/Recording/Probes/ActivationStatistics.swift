import Autodiff
import CKernels
import RunFile

/// What a layer's outputs are like, over all elements of the batch: columns `activation_mean` to `nonfinite_count`.
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
  public func look(atOutput output: Tensor, of layer: ProbedLayer, _ findings: inout Findings) {
    let count = Double(output.elementCount)
    guard count > 0 else { return }
    let limits = layer.saturationLimits
    let low = limits?.lowerBound ?? -.infinity, high = limits?.upperBound ?? .infinity
    let seen = output.withValues { statistics_of($0.baseAddress!, $0.count, low, high) }
    let mean = seen.sum / count, square = seen.square_sum / count
    findings.row[.activationMean] = mean
    findings.row[.activationStd] = Swift.max(square - mean * mean, 0).squareRoot()
    findings.row[.activationRMS] = square.squareRoot()
    findings.row[.activationMin] = Double(seen.minimum)
    findings.row[.activationMax] = Double(seen.maximum)
    findings.row[.zeroFraction] = Double(seen.zeros) / count
    if limits != nil { findings.row[.saturatedFraction] = Double(seen.outside) / count }
    findings.row[.nonfiniteCount] = Double(seen.nonfinite)
  }
}
