import Foundation
import Plotting
import RunFile

extension Chart {
  /// Training loss over steps: per variant the median over seeds as a bold line, and a band over seeds (lowest to highest, or the
  /// middle half from five seeds on). Thin lines are seeds, smoothed, with the raw values faint behind them.
  ///
  /// A × marks the step from which on the loss of a seed is not finite. If the run files give the number of `classes`, a line shows the
  /// loss of guessing, ln(classes). The axis is that of the seeds that stay finite, and logarithmic where their smoothed losses span
  /// more than a factor of 30. Throws a `ChartError` where no loss is recorded.
  public static func loss(of source: some RunSource, _ options: ChartOptions = ChartOptions()) throws -> Figure {
    let runs = source.runs
    let curves = try StepCurves(try RunGroup.all(of: runs), options, "loss", final: \.finalLoss) { $0.loss }
    return Figure(
      title: title("Training loss", runs), subtitle: subtitle(runs, curves.meaning),
      caption: curves.caption, panels: [lossPanel(curves, runs)],
      description: "Training loss over steps. " + curves.sentences)
  }

  static func lossPanel(_ curves: StepCurves, _ runs: [Run]) -> Panel {
    var panel = curves.panel(yTitle: "training loss", isLogarithmic: nil)
    panel.addChance(of: runs) { (log(Double($0)), "ln \($0)") }
    return panel
  }
}
