import Foundation
import Plotting
import RunFile
import Support

/// The histograms of one layer of one run, in order of steps.
struct LayerDistribution {
  let variant: RunGroup
  let path: String
  let histograms: [Histogram]

  /// All layers of a variant's first seed that have histograms, in forward order.
  static func all(of variant: RunGroup, _ quantity: String, _ options: ChartOptions) throws -> [LayerDistribution] {
    let run = variant.runs[0]
    let shown = try run.histograms(quantity).filter {
      $0.hasStandardBins && options.steps?.contains($0.step) ?? true
    }
    let groups = Dictionary(grouping: shown) { $0.site }
    return run.sites.compactMap { site in
      guard let histograms = groups[site.id], options.shows(layer: site.path) else { return nil }
      return LayerDistribution(variant: variant, path: site.path, histograms: histograms)
    }
  }

  /// The density relative to the highest of its step from which on colours are logarithmic.
  static let faintDensity = 1e-3

  /// asinh(density / faintDensity), where each density is relative to the highest of its step, bins of the axis × steps; NaN or infinite in
  /// steps without a number.
  private func columns(_ axis: DistributionAxis) -> [Double] {
    let densities = histograms.map { histogram in
      let densities = axis.densities(of: histogram), highest = densities.max() ?? 0
      return densities.map { highest > 0 ? $0 / highest : 0 }
    }
    return axis.middles.indices.flatMap { bin in
      histograms.indices.map { broken(histograms[$0]) ?? asinh(densities[$0][bin] / Self.faintDensity) }
    }
  }

  /// The kinds of the columns of steps that have only NaN or infinite values.
  var brokenKinds: [CellKind] {
    let values = histograms.compactMap(broken)
    return (values.contains { $0.isNaN } ? [.notANumber] : []) + (values.contains { $0.isInfinite } ? [.infinite] : [])
  }

  /// NaN or infinity for a histogram that has only such values; nil for one with a number.
  private func broken(_ histogram: Histogram) -> Double? {
    guard histogram.notNumbers + histogram.infinities > 0, histogram.bins.allSatisfy({ $0 == 0 }) else { return nil }
    return histogram.notNumbers > 0 ? .nan : .infinity
  }

  func columnPanel(_ axis: DistributionAxis, _ quantity: String) -> Panel {
    let steps = histograms.map { Double($0.step) }
    return Panel(
      x: Axis(.integer, "step", hasGrid: false, isTight: true), y: axis.axis(quantity),
      marks: [
        CellMark(
          columns: steps, rows: Array(axis.middles.indices), values: columns(axis),
          colors: ColorScale(Scale(.linear, from: 0, to: asinh(1 / Self.faintDensity)), .magma),
          height: axis.scale.lower...axis.scale.upper, width: steps[0] - 0.5...steps[steps.count - 1] + 0.5,
          units: ("recorded steps", ""))
      ])
  }

  func ridgePanel(_ axis: DistributionAxis, _ quantity: String) -> Panel {
    let count = min(12, histograms.count)
    let chosen = (0..<count).map { histograms[count == 1 ? 0 : $0 * (histograms.count - 1) / (count - 1)] }
    // The first step is drawn first, behind the others.
    let marks = chosen.enumerated().map { index, histogram in
      let densities = axis.densities(of: histogram), highest = densities.max() ?? 0
      return RidgeMark(
        x: axis.middles, heights: densities.map { highest > 0 ? 1.6 * $0 / highest : 0 },
        base: Double(count - 1 - index),
        color: variant.color)
    }
    return Panel(
      x: axis.axis(quantity),
      y: Axis(
        .categorical(chosen.reversed().map { "\($0.step)" }), "step", range: -0.15...Double(count) + 0.75,
        hasGrid: false),
      marks: marks)
  }

  /// The values without a position on the axis: zeros, NaN and infinities.
  var remarks: String {
    func share(_ part: (Histogram) -> Int, _ histogram: Histogram) -> Double {
      let all = histogram.counts.reduce(0) { $0 + Int($1) }
      return all > 0 ? 100 * Double(part(histogram)) / Double(all) : 0
    }
    var parts: [String] = []
    let first = share(\.zeros, histograms[0]), last = share(\.zeros, histograms[histograms.count - 1])
    if histograms.contains(where: { $0.zeros > 0 }) {
      parts.append("zero: \(formatFixed(first, decimals: 0)) % at first, \(formatFixed(last, decimals: 0)) % at last")
    }
    for (name, part) in [("NaN", { $0.notNumbers }), ("±∞", { $0.infinities })] as [(String, (Histogram) -> Int)] {
      if let found = histograms.first(where: { part($0) > 0 }) { parts.append("\(name) from step \(found.step)") }
    }
    return parts.joined(separator: "; ")
  }

  var sentence: String {
    let last = histograms[histograms.count - 1]
    let bins = last.bins.indices.filter { last.bins[$0] > 0 }.map { $0 - last.bins.startIndex }
    var range = "no numbers at step \(last.step)"
    if let low = bins.first, let high = bins.last {
      range =
        "from \(formatSignificant(HistogramBins.edges[low])) to \(formatSignificant(HistogramBins.edges[high + 1])) at step \(last.step)"
    }
    return "\(variant.name), \(path): \(range)" + (remarks.isEmpty ? "." : "; \(remarks).")
  }
}
