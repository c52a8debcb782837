import Foundation
import Rheoscope

extension ExperimentFigure {
  /// The final loss over learning rates, one line per sweep: medians, with a dot per seed.
  public static func learningRates(
    _ name: String = "learning-rates", _ caption: String = "Final training loss over learning rates",
    of sweeps: [(name: String, sweep: LearningRateSweep)]
  ) -> ExperimentFigure {
    ExperimentFigure(
      name, caption,
      asDescribed: { results in
        var panel = Panel(
          x: Axis(.log, "learning rate"), y: Axis(.linear, "final training loss", includes: [0]),
          marks: [RuleMark(.horizontal, at: log(10))])
        var isComplete = true, sentences: [String] = []
        let styles = results.styles(of: sweeps.map { $0.sweep.variants[0] })
        for ((name, sweep), style) in zip(sweeps, styles) {
          // All rates of a sweep have the colour of their family.
          let color = ColorRole.series(style.series)
          let medians = sweep.variants.map { results.median(MetricNames.finalLoss, of: $0) }
          isComplete = isComplete && medians.allSatisfy(\.isFinite)
          panel.marks.append(LineMark(x: sweep.rates, y: medians, color: color, width: 2.2))
          for (rate, variant) in zip(sweep.rates, sweep.variants) {
            let losses = results.values(MetricNames.finalLoss, of: variant).map { $0 ?? .nan }
            panel.marks.append(
              DotMark(
                x: losses.map { _ in rate }, y: losses, color: color, shape: .ofSeries(style.index), size: 7))
          }
          panel.directLabels.append(DirectLabel(at: medians.last { $0.isFinite }, name, color: color))
          let best = sweep.best(in: results)
          sentences.append(
            "\(name): lowest \(formatSignificant(results.median(MetricNames.finalLoss, of: best))) at "
              + "\(formatShortest(sweep.rates[sweep.variants.firstIndex { $0.name == best.name }!])).")
        }
        return Figure(
          title: caption,
          subtitle: "dots: seeds; lines: medians; dashed: ln 10, the loss of guessing"
            + (isComplete ? "" : "; rates without a line end in NaN"),
          panels: [panel],
          description: (["\(caption)."] + sentences).joined(separator: " "))
      })
  }
}
