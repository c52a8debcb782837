import Autodiff
import CKernels
import RunFile

extension Tensor {
  /// Writes what this output of a module is like; fractions are of all its elements.
  func noteActivation(in row: inout LayerRow, saturated limits: ClosedRange<Float>?) {
    let count = Double(elementCount)
    let low = limits?.lowerBound ?? -.infinity, high = limits?.upperBound ?? .infinity
    let seen = withValues { statistics_of($0.baseAddress!, $0.count, low, high) }
    let mean = seen.sum / count, square = seen.square_sum / count
    row[.activationMean] = mean
    row[.activationStd] = Swift.max(square - mean * mean, 0).squareRoot()
    row[.activationRMS] = square.squareRoot()
    row[.activationMin] = Double(seen.minimum)
    row[.activationMax] = Double(seen.maximum)
    row[.zeroFraction] = Double(seen.zeros) / count
    if limits != nil { row[.saturatedFraction] = Double(seen.outside) / count }
    row[.nonfiniteCount] = Double(seen.nonfinite)
  }

  /// Writes what this gradient with respect to a module's output is like.
  func noteGradient(in row: inout LayerRow) {
    let count = Double(elementCount)
    let seen = withValues { magnitudes_of($0.baseAddress!, $0.count) }
    row[.gradientRMS] = (seen.square_sum / count).squareRoot()
    row[.gradientMax] = Double(seen.largest)
    row[.gradientNonfiniteCount] = Double(seen.nonfinite)
  }
}
