import Foundation

/// The bins of histograms in run files: four counters, and bins of equal width in asinh, which are fine around 0 and eight per decade
/// further away, on both sides.
///
/// counts[0 … 3] are exact zeros, NaN, −∞ and +∞. counts[4 + k], k = 0 … 295, are all other values v with
/// edge(k) ≤ v < edge(k + 1), where edge(k) = 10⁻¹² sinh((k − 148) ln(10) / 8); values beyond ±1.6·10⁶, the outermost edges,
/// count in the outermost bins.
public enum HistogramBins {
  /// The edges of the bins, one more than there are bins.
  public static let edges: [Double] = (0...296).map { scale * sinh((Double($0) - 148) * width) }
  /// The number of elements of `counts`.
  public static let countOfCounts = 300

  private static let scale = 1e-12
  private static let width = log(10.0) / 8

  /// The counts of values. Takes about 20 ns per value.
  public static func counts(of values: some Sequence<Float>) -> [UInt32] {
    var counts = [UInt32](repeating: 0, count: countOfCounts)
    for value in values { counts[index(of: Double(value))] += 1 }
    return counts
  }

  private static func index(of value: Double) -> Int {
    if value == 0 { return 0 }
    if value.isNaN { return 1 }
    if value.isInfinite { return value < 0 ? 2 : 3 }
    var bin = min(max(Int((asinh(value / scale) / width).rounded(.down)) + 148, 0), 295)
    // Near an edge the rounded edge decides, not the rounded logarithm.
    while bin > 0, value < edges[bin] { bin -= 1 }
    while bin < 295, value >= edges[bin + 1] { bin += 1 }
    return 4 + bin
  }
}

extension Histogram {
  /// Whether the counts are those of `HistogramBins`.
  public var hasStandardBins: Bool { counts.count == HistogramBins.countOfCounts }
  /// The number of exact zeros.
  public var zeros: Int { Int(counts[0]) }
  /// The number of NaN.
  public var notNumbers: Int { Int(counts[1]) }
  /// The number of infinities.
  public var infinities: Int { Int(counts[2]) + Int(counts[3]) }
  /// The counts of all other values, one per bin.
  public var bins: ArraySlice<UInt32> { counts[4...] }
}
