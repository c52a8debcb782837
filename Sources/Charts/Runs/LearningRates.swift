import Foundation
import Plotting
import RunFile
import Support

extension Chart {
  /// The relative update of each layer at each learning rate of a sweep: a heatmap of ‖ΔW‖ / ‖W‖, the median over steps, layers ×
  /// learning rates, and below it the final loss of each learning rate.
  ///
  /// Runs of the same learning rate are seeds; cells and bars show their median. The learning rate of a run is that of its first step,
  /// or the entry `learning_rate` of its run file. Throws a `ChartError` unless runs of two learning rates have updates, or if a learning
  /// rate is not a finite number.
  public static func learningRates(of source: some RunSource, _ options: ChartOptions = ChartOptions()) throws -> Figure
  {
    let runs = source.runs
    guard !runs.isEmpty else { throw ChartError.noRuns }
    let rated = try runs.compactMap { run in try learningRate(of: run).map { (rate: $0, run: run) } }
    let rates = Set(rated.map(\.rate)).sorted()
    guard rates.count > 1 else { throw ChartError.notSeveralRates(count: rates.count) }
    var cells: [String: [Double: [Double]]] = [:], paths: [String] = []
    for (rate, run) in rated {
      for (path, ratio) in try medianRatios(of: run, options) {
        if cells[path] == nil { paths.append(path) }
        cells[path, default: [:]][rate, default: []].append(ratio)
      }
    }
    let values = paths.map { path in
      rates.map { rate in cells[path]?[rate].map { quantile(0.5, ofSorted: $0.sorted()) } }
    }
    let grid = LayerGrid(rows: paths.map { LayerGrid.Row(path: $0) }, steps: Array(rates.indices), grid: Grid(values))
    guard let selection = LayerSelection(grid, ChartOptions()) else {
      throw ChartError.notRecorded(what: "update of weights", paths: runs.map(\.path))
    }
    let map = LayerHeatmap(
      [.init(name: "", selection: selection)], label: "‖ΔW‖ / ‖W‖, median over steps", .decades(.viridis))
    // As short as Float32 allows, in which most learning rates were given.
    let names = rates.map { Float($0).isNormal ? "\(Float($0))" : formatShortest($0) }
    var panel = map.panels(titled: false)[0]
    panel.x = Axis(.categorical(names), "learning rate", hasGrid: false, isTight: true)
    panel.colorBar = map.key
    let losses = rates.map { rate in
      quantile(
        0.5,
        ofSorted: rated.filter { $0.rate == rate && !$0.run.steps.isEmpty }
          .map { $0.run.finalLoss.isNaN ? .infinity : $0.run.finalLoss }.sorted())
    }
    let shares = zip(names, losses).map { "\($0): final loss \(formatSignificant($1))" }.joined(separator: "; ")
    return Figure(
      title: title("Learning rate and layers", runs),
      subtitle: subtitle(runs, "relative update per step, ‖ΔW‖ / ‖W‖, of each layer"),
      panels: [panel, lossPanel(names, losses)], columns: 1,
      description: "How far a step moves each of \(paths.count) layers at \(rates.count) learning rates. \(shares).",
      size: Size(width: 900, height: 640))
  }

  private static func lossPanel(_ names: [String], _ losses: [Double]) -> Panel {
    let x = losses.indices.map(Double.init), finite = losses.filter(\.isFinite)
    let top = finite.max() ?? 1
    return Panel(
      title: "Final loss",
      x: Axis(.categorical(names), "learning rate", range: -0.5...Double(names.count) - 0.5, hasGrid: false),
      y: Axis(.linear, "loss", includes: [0]),
      marks: [BarMark(x: x, y: losses, width: 0.5, color: .series(0))],
      annotations: x.filter { !losses[Int($0)].isFinite }
        .map { Annotation(x: $0, y: top / 2, text: "not finite", color: .series(0)) })
  }

  private static func learningRate(of run: Run) throws -> Double? {
    let rate = run.steps.first?.learningRate ?? run.meta[.learningRate].flatMap { Double($0) }
    guard let rate, !rate.isFinite else { return rate }
    throw ChartError.unusableValue(
      path: run.path, what: "learning rate", value: formatSignificant(rate), expected: "a finite number")
  }

  private static func medianRatios(of run: Run, _ options: ChartOptions) throws -> [(path: String, ratio: Double)] {
    let matrices = try run.weights([.updateNorm, .norm]).map { LayerGrid($0) }
    guard let updates = LayerSelection(matrices[0], options), let weights = LayerSelection(matrices[1], options) else {
      return []
    }
    let width = updates.steps.count
    return updates.rows.map { row in
      let ratios = (row * width..<(row + 1) * width).map { updates.values[$0] / weights.values[$0] }.map {
        $0.isFinite ? $0 : .infinity
      }
      return (updates.source.rows[row].path, quantile(0.5, ofSorted: ratios.sorted()))
    }
  }
}
