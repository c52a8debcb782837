import Foundation
import Plotting
import RunFile

extension Chart {
  /// Training loss over steps: a thin line a seed, smoothed, with the raw values faint behind; a bold median a variant, and
  /// a band over seeds: lowest to highest, or the middle half from five seeds on.
  ///
  /// A seed whose loss is no longer finite ends in × with its step. Where the run files say how many `classes` there are, a
  /// line shows the loss of chance, ln(classes). The axis is logarithmic where the smoothed losses span more than a factor
  /// of 30. Throws a `ChartError` where there is nothing to draw.
  public static func lossCurves(
    of runs: [Run], title: String? = nil, _ options: ChartOptions = ChartOptions()
  ) throws -> Figure {
    let variants = try Variant.all(of: runs)
    let curves = try StepCurves(variants, options) { $0.loss }
    var panel = curves.panel(yTitle: "training loss")
    let classes = Set(runs.compactMap { $0.meta["classes"].flatMap { Int($0) } })
    if classes.count == 1, let number = classes.first, number > 1 {
      let chance = log(Double(number))
      panel.marks.insert(RuleMark(.horizontal, at: chance), at: 0)
      panel.endLabels.append(
        EndLabel(at: chance, "chance, ln \(number)", ink: .muted, sample: .line([3, 3], width: 1)))
    }
    return Figure(
      title: title ?? Charts.title("Training loss", runs), subtitle: subtitle(runs, curves.meaning),
      caption: curves.caption,
      panels: [panel], description: "Training loss over steps. " + curves.sentences)
  }
}
