import Experiments
import Foundation
import Rheoscope
import Testing

@Suite struct PictureTests {
  private func map(_ values: [Double]) throws -> Figure {
    let variant = Variant("v", "") { _ in }
    let picture = Picture.map(
      "map", "A map", "of numbers", x: Axis(.linear, "x"), y: Axis(.log, "y"), key: "number",
      colors: ColorScale(Scale(.linear, from: 0, to: 1), .viridis)
    ) { _ in
      CellGrid(columns: [1, 2], rows: [1, 4, 16], lines: [.init("theory", x: [1, 2], y: [2, 8])]) { column, row in
        values[Int(log(row) / log(4) + 0.5) * 2 + Int(column) - 1]
      }
    }
    let experiment = Experiment(
      name: "e", question: "?", settings: [], variants: [variant], claims: [], pictures: [picture])
    return try picture.draw(
      Results(
        experiment: experiment, settings: experiment.settings(in: .standard),
        trials: [Trial(variant: "v", seed: 0, measured: [:])]))
  }

  @Test func aMapHasARowAndAColumnASetting() throws {
    let figure = try map([0, 0.2, 0.4, 0.6, 0.8, 1]), panel = figure.panels[0]
    let cells = try #require(panel.marks[0] as? CellMark)
    #expect(cells.values == [0, 0.2, 0.4, 0.6, 0.8, 1] && cells.columns == [1, 2] && cells.rows == [0, 1, 2])
    // Half a row below 1 and half a row above 16.
    let range = try #require(panel.y.range)
    #expect(abs(range.lowerBound - 0.5) < 1e-9 && abs(range.upperBound - 32) < 1e-9 && cells.height == range)
    #expect(panel.marks.compactMap { $0 as? LineMark }.map(\.y) == [[2, 8], [2, 8]])
    #expect(figure.subtitle == "of numbers\ntheory")
    #expect(panel.colorKey?.kinds == [] && panel.colorKey?.hasAbove == false && panel.colorKey?.hasBelow == false)
  }

  @Test func whatHasNoColourIsSaid() throws {
    let key = try #require(try map([-1, 2, .nan, .infinity, 0, 0]).panels[0].colorKey)
    #expect(key.kinds == [.notANumber, .infinite] && key.hasBelow && key.hasAbove)
  }
}
