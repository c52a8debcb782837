import ExperimentHarness
import Experiments
import Foundation
import Rheoscope
import Synchronization
import TestSupport
import Testing

@Suite struct FigureTests {
  private func map(_ values: [Double]) throws -> Figure {
    let variant = Variant("v", "") { _ in }
    let mapFigure = ExperimentFigure.map(
      "map", "A map", "of numbers", x: Axis(.linear, "x"), y: Axis(.log, "y"), colorTitle: "number",
      colors: ColorScale(Scale(.linear, from: 0, to: 1), .viridis)
    ) { _ in
      CellGrid(columns: [1, 2], rows: [1, 4, 16], lines: [.init("theory", x: [1, 2], y: [2, 8])]) { column, row in
        values[Int(log(row) / log(4) + 0.5) * 2 + Int(column) - 1]
      }
    }
    let experiment = Experiment(
      name: "e", question: "?", settings: [], variants: [variant], claims: [], figures: [mapFigure])
    return try mapFigure.draw(
      Results(
        experiment: experiment, settings: experiment.settings(in: .standard),
        trials: [Trial(variant: "v", seed: 0, measured: [:])]))
  }

  @Test func aMapHasOneRowAndColumnPerSettingValue() throws {
    let figure = try map([0, 0.2, 0.4, 0.6, 0.8, 1]), panel = figure.panels[0]
    let cells = try #require(panel.marks[0] as? CellMark)
    #expect(cells.values == [0, 0.2, 0.4, 0.6, 0.8, 1] && cells.columns == [1, 2] && cells.rows == [0, 1, 2])
    // Half a row below 1 and half a row above 16.
    let range = try #require(panel.y.range)
    #expect(abs(range.lowerBound - 0.5) < 1e-9 && abs(range.upperBound - 32) < 1e-9 && cells.height == range)
    #expect(panel.marks.compactMap { $0 as? LineMark }.map(\.y) == [[2, 8], [2, 8]])
    #expect(figure.subtitle == "e; of numbers\ntheory")
    let colorBar = try #require(panel.colorBar)
    #expect(colorBar.kinds == [] && !colorBar.extendsAbove && !colorBar.extendsBelow)
  }

  @Test func valuesWithoutAColourAreListed() throws {
    let colorBar = try #require(try map([-1, 2, .nan, .infinity, 0, 0]).panels[0].colorBar)
    #expect(colorBar.kinds == [.notANumber, .infinite] && colorBar.extendsBelow && colorBar.extendsAbove)
  }

  @Test func aCurveThatEndsBeforeOthersHasNoLeader() throws {
    let variants = [3, 5].map { count in
      Variant("points-\(count)", "") { context in
        context.report("y", [Double](repeating: 1, count: count), over: (0..<count).map(Double.init))
      }
    }
    let drawn = Mutex<Figure?>(nil)
    let curves = ExperimentFigure.curves("curves", "Curves", of: "y", x: Axis(.integer), y: Axis(.linear))
    let recorded = ExperimentFigure("curves", "Curves") { results in
      let figure = try curves.draw(results)
      drawn.withLock { $0 = figure }
      return figure
    }
    let experiment = Experiment(
      name: "e", question: "?", settings: [.seeds(2)], variants: variants, claims: [], figures: [recorded])
    try withTemporaryFolder { folder in
      let options = RunOptions(output: folder, command: "")
      _ = try experiment.run(experiment.settings(in: .standard), options, console: Console(isQuiet: true))
    }
    let figure = try #require(drawn.withLock { $0 })
    #expect(figure.subtitle == "e; one line per seed, 2 seeds")
    #expect(figure.panels[0].directLabels.map(\.hasLeader) == [false, true])
  }
}
