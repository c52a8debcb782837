import Plotting
import RunFile

extension Chart {
  /// Accuracy on the training batches over steps, drawn like `loss`.
  ///
  /// If the run files give the number of `classes`, a line shows the accuracy of guessing, 1 / classes. Throws a `ChartError` where no
  /// accuracy is recorded.
  public static func accuracy(of source: some RunSource, _ options: ChartOptions = ChartOptions()) throws -> Figure {
    let runs = source.runs
    let curves = try StepCurves(try RunGroup.all(of: runs), options, "accuracy", final: \.finalAccuracy) { $0.accuracy }
    return Figure(
      title: title("Training accuracy", runs), subtitle: subtitle(runs, curves.meaning), caption: curves.caption,
      panels: [accuracyPanel(curves, runs)], description: "Training accuracy over steps. " + curves.sentences)
  }

  static func accuracyPanel(_ curves: StepCurves, _ runs: [Run]) -> Panel {
    var panel = curves.panel(yTitle: "training accuracy", isLogarithmic: false, includes: [0, 1])
    panel.addChance(of: runs) { (1 / Double($0), "1/\($0)") }
    return panel
  }
}

extension Panel {
  /// Adds a line at the value that a net reaches by guessing, where all runs give the same number of classes.
  mutating func addChance(of runs: [Run], _ level: (Int) -> (value: Double, label: String)) {
    let classes = Set(runs.compactMap { $0.meta[.classes].flatMap { Int($0) } })
    guard classes.count == 1, let number = classes.first, number > 1 else { return }
    let (value, label) = level(number)
    marks.insert(RuleMark(.horizontal, at: value), at: 0)
    directLabels.append(DirectLabel(at: value, "chance, \(label)", color: .muted, sample: .line([3, 3], width: 1)))
  }
}
