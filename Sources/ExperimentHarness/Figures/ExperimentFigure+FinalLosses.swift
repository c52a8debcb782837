import Foundation
import Rheoscope

extension ExperimentFigure {
  /// The final training loss of each variant, one row per variant and one dot per seed, with the loss of guessing, ln 10 for ten classes.
  /// A seed whose loss ends in NaN has no dot.
  public static func finalLosses(_ title: String, of variants: [Variant], chance: Double = log(10)) -> ExperimentFigure
  {
    ExperimentFigure(
      "final-losses", title,
      asDescribed: { results in
        // The first variant is in the top row.
        let rows = Array(variants.reversed())
        var panel = Panel(
          x: Axis(.linear, "final training loss", includes: [0]), y: Axis(.categorical(rows.map(\.name)), ""),
          marks: [RuleMark(.vertical, at: chance)])
        let styles = results.styles(of: rows)
        for (row, variant) in rows.enumerated() {
          let losses = results.values(MetricNames.finalLoss, of: variant).compactMap { $0 }
          panel.marks.append(
            DotMark(
              x: losses, y: losses.map { _ in Double(row) }, color: styles[row].color,
              shape: .ofSeries(styles[row].index), size: 7))
        }
        return Figure(
          title: title, subtitle: "dots: seeds; dashed: the loss of guessing; no dot: the loss ended in NaN",
          panels: [panel],
          description: "The final training loss of \(rows.count) nets, one row per net; medians: "
            + variants.map { "\($0.name) \(formatSignificant(results.median(MetricNames.finalLoss, of: $0)))" }
            .joined(separator: ", ") + ".",
          size: Size(width: 900, height: 190 + 30 * Double(rows.count)))
      })
  }
}
