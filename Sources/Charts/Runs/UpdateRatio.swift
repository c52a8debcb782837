import Foundation
import Plotting
import RunFile
import Support

extension Chart {
  /// The relative update ‖ΔW‖ / ‖W‖ over steps: per variant the median over layers, a band with the middle 90 % of the layers, and a line
  /// at 10⁻³, a usual value in healthy training. It shows the first seed of each variant.
  ///
  /// Throws a `ChartError` where no updates are recorded.
  public static func updateRatio(of source: some RunSource, _ options: ChartOptions = ChartOptions()) throws -> Figure {
    let runs = source.runs
    let variants = try RunGroup.all(of: runs), spreads = try variants.compactMap { try UpdateSpread($0, options) }
    let drawn = Set(spreads.map(\.name)), missing = variants.map(\.name).filter { !drawn.contains($0) }
    guard !spreads.isEmpty else { throw ChartError.missing("update of weights", in: runs) }
    return Figure(
      title: title("Update-to-weight ratio", runs),
      subtitle: subtitle(
        runs,
        ["‖ΔW‖ / ‖W‖; line: median over layers; band: the middle 90 % of the layers", firstSeedNote(variants)]
          .filter { !$0.isEmpty }.joined(separator: "; ")),
      caption:
        "ΔW is the change that the optimizer made. Far below 10⁻³ a layer learns slowly; far above, training becomes unstable."
        + (missing.isEmpty ? "" : " Never updated: \(missing.joined(separator: ", "))."),
      panels: [updatePanel(spreads)],
      description: "Update-to-weight ratio over steps. " + spreads.map(\.sentence).joined(separator: " "))
  }

  static func updatePanel(_ spreads: [UpdateSpread]) -> Panel {
    var panel = Panel(x: Axis(.integer, "step", isTight: true), y: Axis(.log, "‖ΔW‖ / ‖W‖", includes: [1e-4, 1e-2]))
    panel.marks = [RuleMark(.horizontal, at: 1e-3)] + spreads.map(\.band) + spreads.flatMap(\.lines)
    panel.directLabels =
      spreads.map(\.label) + [DirectLabel(at: 1e-3, "10⁻³", color: .muted, sample: .line([3, 3], width: 1))]
    return panel
  }
}

/// The update ratio of one run: median and band over its layers.
struct UpdateSpread {
  private let variant: RunGroup
  var name: String { variant.name }
  private let steps: [Double]
  private let low, median, high: [Double]

  /// Nil where nothing is recorded.
  init?(_ variant: RunGroup, _ options: ChartOptions) throws {
    let matrices = try variant.runs[0].weights([.updateNorm, .norm]).map { LayerGrid($0) }
    guard let updates = LayerSelection(matrices[0], options), let weights = LayerSelection(matrices[1], options) else {
      return nil
    }
    self.variant = variant
    steps = updates.steps.map(Double.init)
    let width = steps.count
    var low: [Double] = [], median: [Double] = [], high: [Double] = []
    for column in 0..<width {
      let ratios = updates.rows.map { updates.values[$0 * width + column] / weights.values[$0 * width + column] }
        .filter { !$0.isNaN }.sorted()
      low.append(quantile(0.05, ofSorted: ratios))
      median.append(quantile(0.5, ofSorted: ratios))
      high.append(quantile(0.95, ofSorted: ratios))
    }
    (self.low, self.median, self.high) = (low, median, high)
  }

  var band: any Mark { BandMark(x: steps, lower: low, upper: high, color: variant.color.opacity(0.16)) }

  /// A line; for a single step, a dot as well.
  var lines: [any Mark] {
    let line = LineMark(
      x: steps, y: median, color: variant.color, width: 1.8, dash: Stroke.dash(ofSeries: variant.index))
    return steps.count > 1 ? [line] : [line, DotMark(x: steps, y: median, color: variant.color, size: 8)]
  }

  var label: DirectLabel {
    DirectLabel(
      at: median.last { $0.isFinite && $0 > 0 }, variant.name, detail: ending, color: variant.color,
      sample: .line(Stroke.dash(ofSeries: variant.index), width: 1.8),
      hasLeader: (median.last ?? 0) > 0 && median.last!.isFinite)
  }

  /// The last median. Where it is 0 (updates below the precision of a float) or not finite, it has no position on the log axis, and the
  /// text gives the step from which on it is so.
  private var ending: String {
    guard let last = median.last else { return "" }
    func since(_ holds: (Double) -> Bool) -> String {
      let start = median.lastIndex { !holds($0) }.map { $0 + 1 } ?? 0
      return "from step \(Int(steps[start])) on"
    }
    if last == 0 { return "0 \(since { $0 == 0 })" }
    if !last.isFinite { return "not finite \(since { !$0.isFinite })" }
    return "last: \(formatSignificant(last))"
  }

  var sentence: String { "\(variant.name): first: \(formatSignificant(median.first ?? .nan)), \(ending)." }
}
