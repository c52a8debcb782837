import Foundation
import Plotting
import RunFile

/// An axis for the values of histograms, and its bins. It is linear over the middle 99.8 % of the values, or linear in asinh(v / width)
/// over all of them where that would hide most histograms: those of gradients, and those whose spreads differ too much.
///
/// Bins of equal width on a linear axis are equal in values; on an asinh axis they are not, so heights are densities per unit of the
/// value, never counts. A normal distribution then has one hump on either.
struct DistributionAxis {
  let scale: Scale
  /// The middles of its bins.
  let middles: [Double]
  /// The fraction of each histogram bin that falls into each bin of the axis, over the width of the latter.
  private let shares: [(source: Int, bin: Int, density: Double)]

  /// The lowest share of the axis that the middle 90 % of each histogram must cover on a linear axis.
  private static let visibleShare = 0.03

  /// An axis of these histograms; linear if `isLinear` and each is wide enough on it. Nil where none has a number.
  init?(_ histograms: [Histogram], isLinear: Bool) {
    let edges = HistogramBins.edges
    var counts = [Double](repeating: 0, count: edges.count - 1)
    for histogram in histograms {
      for (bin, count) in histogram.bins.enumerated() { counts[bin] += Double(count) }
    }
    guard let first = counts.firstIndex(where: { $0 > 0 }), let last = counts.lastIndex(where: { $0 > 0 }) else {
      return nil
    }
    let (low, high) = (Self.quantile(0.001, counts), Self.quantile(0.999, counts))
    let isVisible = histograms.allSatisfy { histogram in
      let own = histogram.bins.map(Double.init)
      guard own.contains(where: { $0 > 0 }) else { return true }
      return Self.quantile(0.95, own) - Self.quantile(0.05, own) >= Self.visibleShare * (high - low)
    }
    let axisEdges: [Double]
    if isLinear, isVisible, high > low {
      scale = Scale(.linear, from: low, to: high)
      axisEdges = (0...80).map { low + (high - low) * Double($0) / 80 }
    } else {
      let limit = max(-edges[first], edges[last + 1])
      // About a third of all magnitudes lie below the width.
      let middle = counts.count / 2
      let magnitudes = (0..<middle).map { counts[middle + $0] + counts[middle - 1 - $0] }
      let third = Self.quantile(1.0 / 3, [Double](repeating: 0, count: middle) + magnitudes)
      let width = min(third, limit / 2), reach = asinh(limit / width)
      let count = min(max(Int(2 * reach / (log(10.0) / 8)), 16), 160)
      scale = Scale(.symlog(width: width), from: -limit, to: limit)
      axisEdges = (0...count).map { width * sinh(reach * (2 * Double($0) / Double(count) - 1)) }
    }
    middles = zip(axisEdges, axisEdges.dropFirst()).map { [scale] in
      scale.value(at: ((scale.fraction(of: $0) ?? 0) + (scale.fraction(of: $1) ?? 1)) / 2)
    }
    var shares: [(Int, Int, Double)] = [], bin = 0
    let bins = axisEdges.count - 1
    for source in first...last {
      while bin > 0, axisEdges[bin] > edges[source] { bin -= 1 }
      while bin < bins - 1, axisEdges[bin + 1] <= edges[source] { bin += 1 }
      for target in bin..<bins {
        guard axisEdges[target] < edges[source + 1] else { break }
        let overlap = min(edges[source + 1], axisEdges[target + 1]) - max(edges[source], axisEdges[target])
        if overlap > 0 {
          shares.append(
            (
              source, target,
              overlap / (edges[source + 1] - edges[source]) / (axisEdges[target + 1] - axisEdges[target])
            ))
        }
      }
    }
    self.shares = shares
  }

  /// Whether it is linear.
  var isLinear: Bool { scale.kind == .linear }

  /// The share of a histogram's finite values per unit of the value, in the bins of the axis; zeros, which have their own counter, are
  /// none of them.
  func densities(of histogram: Histogram) -> [Double] {
    var densities = [Double](repeating: 0, count: middles.count)
    let bins = histogram.bins.map(Double.init), total = bins.reduce(0, +)
    guard total > 0 else { return densities }
    for share in shares { densities[share.bin] += bins[share.source] / total * share.density }
    return densities
  }

  /// The share of histograms' values that lie beyond the axis.
  func shareOutside(of histograms: [Histogram]) -> Double {
    guard isLinear else { return 0 }
    var outside = 0.0, all = 0.0
    for histogram in histograms {
      for (bin, count) in histogram.bins.enumerated() where count > 0 {
        let low = HistogramBins.edges[bin], high = HistogramBins.edges[bin + 1]
        all += Double(count)
        let within = max(0, min(high, scale.upper) - max(low, scale.lower))
        outside += Double(count) * (1 - within / (high - low))
      }
    }
    return all > 0 ? outside / all : 0
  }

  func axis(_ title: String = "") -> Axis {
    Axis(
      scale.kind, isLinear || title.isEmpty ? title : "\(title) (asinh scale)", range: scale.lower...scale.upper,
      hasGrid: false, isTight: true)
  }

  /// The quantile of values by their counts in `HistogramBins`, linear within a bin.
  private static func quantile(_ share: Double, _ counts: [Double]) -> Double {
    let edges = HistogramBins.edges, wanted = share * counts.reduce(0, +)
    var seen = 0.0
    for (bin, count) in counts.enumerated() where count > 0 {
      if seen + count >= wanted { return edges[bin] + (edges[bin + 1] - edges[bin]) * (wanted - seen) / count }
      seen += count
    }
    return edges[edges.count - 1]
  }
}
