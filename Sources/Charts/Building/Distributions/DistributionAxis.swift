import Foundation
import Plotting
import RunFile

/// An axis for the values of histograms: linear in asinh(v / width), up to the largest magnitude.
struct DistributionAxis {
  let scale: Scale
  /// The middles of its bins.
  let middles: [Double]
  private let width: Double
  /// The fraction of each histogram bin that falls into each bin of the axis.
  private let shares: [(source: Int, bin: Int, part: Double)]

  /// An axis whose `width` is such that about a third of all magnitudes lie below it. Nil where no histogram has a number.
  init?(_ histograms: [Histogram]) {
    let edges = HistogramBins.edges, middle = (edges.count - 1) / 2
    var magnitudes = [Double](repeating: 0, count: middle)
    for histogram in histograms {
      for (bin, count) in histogram.bins.enumerated() where count > 0 {
        magnitudes[bin < middle ? middle - 1 - bin : bin - middle] += Double(count)
      }
    }
    let total = magnitudes.reduce(0, +)
    guard total > 0, let last = magnitudes.lastIndex(where: { $0 > 0 }) else { return nil }
    var seen = 0.0
    let third = magnitudes.firstIndex {
      seen += $0
      return seen >= total / 3
    }
    let limit = edges[middle + last + 1]
    let width = min(edges[middle + (third ?? 0) + 1], limit / 2)
    self.width = width
    scale = Scale(.symlog(width: width), from: -limit, to: limit)
    let reach = asinh(limit / width)
    let count = min(max(Int(2 * reach / (log(10.0) / 8)), 16), 160)
    let step = 2 * reach / Double(count)
    middles = (0..<count).map { width * sinh(-reach + (Double($0) + 0.5) * step) }
    var shares: [(Int, Int, Double)] = []
    for source in 0..<edges.count - 1 {
      let low = (asinh(edges[source] / width) + reach) / step, high = (asinh(edges[source + 1] / width) + reach) / step
      guard high > 0, low < Double(count) else { continue }
      for bin in max(0, Int(low))...min(count - 1, max(0, Int(high))) {
        let part = (min(high, Double(bin + 1)) - max(low, Double(bin))) / (high - low)
        if part > 0 { shares.append((source, bin, part)) }
      }
    }
    self.shares = shares
  }

  /// The counts of a histogram in the bins of the axis.
  func counts(of histogram: Histogram) -> [Double] {
    var counts = [Double](repeating: 0, count: middles.count)
    let bins = Array(histogram.bins)
    for share in shares { counts[share.bin] += Double(bins[share.source]) * share.part }
    return counts
  }

  func axis(_ title: String = "") -> Axis {
    Axis(.symlog(width: width), title, range: scale.lower...scale.upper, hasGrid: false, isTight: true)
  }
}
