import Foundation
import Plotting
import RunFile

extension Chart {
  /// Training loss over steps: a thin line a seed, smoothed, with the raw values faint behind; a bold median a variant, and
  /// a band over seeds: lowest to highest, or the middle half from five seeds on.
  ///
  /// A seed whose loss is no longer finite ends in × with its step. Where the run files say how many `classes` there are, a
  /// line shows the loss of chance, ln(classes). The axis shows the seeds that last, and is logarithmic where their smoothed
  /// losses span more than a factor of 30. Throws a `ChartError` where there is nothing to draw.
  public static func lossCurves(
    of runs: [Run], title: String? = nil, _ options: ChartOptions = ChartOptions()
  ) throws -> Figure {
    let curves = try StepCurves(try Variant.all(of: runs), options, "loss") { $0.loss }
    return Figure(
      title: title ?? Charts.title("Training loss", runs), subtitle: subtitle(runs, curves.meaning),
      caption: curves.caption, panels: [lossPanel(curves, runs)],
      description: "Training loss over steps. " + curves.sentences)
  }

  static func lossPanel(_ curves: StepCurves, _ runs: [Run]) -> Panel {
    var panel = curves.panel(yTitle: "training loss", isLogarithmic: nil)
    panel.addChance(of: runs) { (log(Double($0)), "ln \($0)") }
    return panel
  }
}
