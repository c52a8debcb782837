import Plotting
import RunFile

extension Chart {
  /// A measure by name, as a probe recorded it: a heatmap, layers × steps, of the values at sites, with one panel per variant, which
  /// shows its first seed; and curves over steps of the values of the whole model, median and band over seeds.
  ///
  ///     try Chart.measure("effective_rank", of: run)
  ///
  /// Colours are symmetric about 0 where there are negative values, logarithmic where positive values span more than a factor of 100,
  /// and linear from 0 otherwise. Throws a `ChartError` if no run has a measure of this name, or none at the steps and layers that are
  /// asked for, and a `RunFileError` if a file can't be read.
  public static func measure(
    _ name: MeasureName, of source: some RunSource, _ options: ChartOptions = ChartOptions()
  ) throws -> Figure {
    let runs = source.runs
    let groups = try groups(of: runs, having: name.rawValue, kind: "measure") { try $0.measureNames().map(\.rawValue) }
    let curves = try ifRecorded {
      try StepCurves(groups, options, name.rawValue) { run in
        try run.measures(name).filter { $0.site == nil }.map { ($0.step, $0.value) }
      }
    }
    let map = try ifRecorded {
      try LayerHeatmap(
        of: runs, measure: name, label: name.rawValue, fractions.contains(name) ? .fraction(.viridis) : nil, options)
    }
    guard let map else {
      guard let curves else { throw ChartError.notRecorded(what: name.rawValue, paths: runs.map(\.path)) }
      return figure(of: curves, name.rawValue, runs)
    }
    var figure = try map.figure(title: title(name.rawValue, runs), runs)
    guard let curves else { return figure }
    var panel = curves.panel(yTitle: name.rawValue, isLogarithmic: nil)
    panel.title = "whole model"
    figure.panels.append(panel)
    figure.columns = min(figure.panels.count, 3)
    figure.sharesAxes = false
    figure.description += " The whole model over steps. \(curves.sentences)"
    return figure
  }

  /// A scalar by name, such as the `validation_loss` of an `Evaluation`: curves over steps, median and band over seeds, drawn like
  /// `loss`.
  ///
  ///     try Chart.scalar("validation_loss", of: [run, other])
  ///
  /// Where a step has several values, the last one is drawn. Throws a `ChartError` if no run has a scalar of this name, or none at the
  /// steps that are asked for, and a `RunFileError` if a file can't be read.
  public static func scalar(
    _ name: String, of source: some RunSource, _ options: ChartOptions = ChartOptions()
  ) throws -> Figure {
    let runs = source.runs
    let groups = try groups(of: runs, having: name, kind: "scalar") { try $0.scalarNames() }
    let curves = try StepCurves(groups, options, name) { run in
      let values = Dictionary(try run.scalars(name).map { ($0.step, $0.value) }) { $1 }
      return values.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
    return figure(of: curves, name, runs)
  }

  /// Measures from 0 to 1.
  private static let fractions: Set<MeasureName> = [.deadFraction, .layerSaturation, .similarityToFinal]

  /// The variants in which a run has the name. Throws a `ChartError` if there are none.
  private static func groups(
    of runs: [Run], having name: String, kind: String, _ names: (Run) throws -> [String]
  ) throws -> [RunGroup] {
    let all = try RunGroup.all(of: runs)
    let groups = try all.filter { group in try group.runs.contains { try names($0).contains(name) } }
    guard groups.isEmpty else { return groups }
    throw ChartError.unknownName(
      kind: kind, name: name, recorded: Set(try runs.flatMap(names)).sorted(), paths: runs.map(\.path))
  }

  private static func figure(of curves: StepCurves, _ name: String, _ runs: [Run]) -> Figure {
    Figure(
      title: title(name, runs), subtitle: subtitle(runs, curves.meaning), caption: curves.caption,
      panels: [curves.panel(yTitle: name, isLogarithmic: nil)], description: "\(name) over steps. " + curves.sentences)
  }
}
