import Foundation
import RheoscopePlots
import TestSupport
import Testing

/// Figures with marks of a user: this file uses public symbols only.
@Suite struct CustomMarkTests {
  /// Steps instead of slopes between points, and a text at the last one; it also draws with marks of the library.
  private struct StepMark: Mark {
    var x, y: [Double]
    var label: String
    var color: ColorRole

    func extend(_ limits: inout DataLimits) {
      limits.x.include(x)
      limits.y.include(y)
    }

    func draw(in area: PlotArea, on canvas: any Canvas) {
      let stroke = Stroke(area.theme.color(color), width: 2), points = zip(x, y).compactMap { area.point($0, $1) }
      canvas.stroke(zip(points, points.dropFirst()).flatMap { [$0, Point($1.x, $0.y)] } + points.suffix(1), stroke)
      DotMark(x: x, y: y, color: color, shape: .ring).draw(in: area, on: canvas)
      guard let end = points.last else { return }
      let block = canvas.wrap(label, area.theme.tickFont, width: area.rectangle.width / 2, limit: 2)
      let box = Rectangle(left: end.x - block.width, top: end.y + 4, width: block.width, height: block.height)
      canvas.fill(box.inset(-2), area.theme.color(.background.opacity(0.8)))
      canvas.draw(block, left: box.left, top: box.top, area.theme.color(.text))
      canvas.dot(.cross, at: box.middle, size: 6, area.theme.muted)
    }
  }

  /// Draws at coordinates that are not finite, or far away.
  private struct CarelessMark: Mark {
    var coordinate: Double

    func extend(_ limits: inout DataLimits) { limits.x.include([0, 1]) }

    func draw(in area: PlotArea, on canvas: any Canvas) {
      let point = Point(coordinate, area.rectangle.top), color = area.theme.text
      let box = Rectangle(left: coordinate, top: 0, width: 5, height: coordinate)
      canvas.fill(box, color)
      canvas.fill([point, area.rectangle.middle, Point(0, coordinate)], color)
      canvas.stroke([area.rectangle.middle, point], Stroke(color, width: 1))
      canvas.text("text", at: point, area.theme.tickFont, color, rotated: false)
      canvas.image(PixelImage(width: 1, height: 1, pixels: [0xFFFF_0000]), in: box)
    }
  }

  private func figure(_ marks: [any Mark], y: Axis = Axis(.linear, "y")) -> Figure {
    Figure(title: "Own marks", panels: [Panel(x: Axis(.linear, "x", isTight: true), y: y, marks: marks)])
  }

  private let steps = StepMark(x: [0, 1, 2, 3], y: [1, 100, 10, 1000], label: "the last value", color: .series(1))

  @Test func isDrawnInDataCoordinates() {
    let canvas = RecordingCanvas()
    figure([steps]).draw(on: canvas)
    let line = canvas.calls.first { $0.hasPrefix("  stroke") } ?? ""
    #expect(line.split(separator: " ").count { $0.contains(",") } == 7, "two points per step and the last one: \(line)")
    #expect(canvas.texts.contains { $0.text == "the last value" })
    #expect(canvas.texts.contains { $0.text == "3.0" } && canvas.texts.contains { $0.text == "1000" }, "the axes fit")
  }

  @Test func leavesOutWhatHasNoPosition() {
    func points(_ mark: StepMark) -> Int {
      let canvas = RecordingCanvas()
      figure([mark], y: Axis(.log)).draw(on: canvas)
      return (canvas.calls.first { $0.hasPrefix("  stroke") } ?? "").split(separator: " ").count { $0.contains(",") }
    }
    var broken = steps
    broken.y[1] = .nan
    #expect(points(steps) == 7 && points(broken) == 5)
    broken.y[1] = 0
    #expect(points(broken) == 5, "0 on a logarithmic axis")
  }

  @Test(arguments: FigureFormat.allCases) func isWritten(_ format: FigureFormat) throws {
    try withTemporaryFolder { folder in
      try figure([steps]).write(to: "\(folder)/a/with.\(format)")
      try figure([]).write(to: "\(folder)/a/without.\(format)")
      let with = try Data(contentsOf: URL(filePath: "\(folder)/a/with.\(format)"))
      #expect(try with != Data(contentsOf: URL(filePath: "\(folder)/a/without.\(format)")) && with.count > 1000)
    }
  }

  @Test func isPrinted() {
    let lines = figure([steps]).text(columns: 70, rows: 20, colors: .none)
    #expect(lines.contains { $0.contains("the last value") })
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity, 1e300]) func carelessMarksDoNoHarm(_ coordinate: Double) throws {
    let careless = figure([CarelessMark(coordinate: coordinate), steps])
    #expect(try careless.png(scale: 0.5).count > 1000 && careless.svg().count > 1000 && careless.pdf().count > 1000)
    #expect(careless.text(columns: 70, rows: 20, colors: .all).joined().contains("last"), "later marks are drawn")
  }

  @Test func aPlotAreaMapsData() {
    let area = PlotArea(
      rectangle: Rectangle(left: 10, top: 20, width: 100, height: 50), xScale: Scale(.linear, from: 0, to: 4),
      yScale: Scale(.log, from: 1, to: 100))
    #expect(area.point(1, 10) == Point(35, 45))
    #expect(area.x(of: .nan) == nil && area.y(of: 0) == nil && area.point(1, -1) == nil)
  }

  @Test func aColorMapGoesThroughItsColors() {
    let map = ColorMap([Color(0x000000), Color(0xFF0000), Color(0xFFFFFF)])
    #expect(map.pixels.count == 256 && map.pixels[0] == 0xFF00_0000 && map.pixels[255] == 0xFFFF_FFFF)
    #expect(map.pixels[64] == 0xFF80_0000 && map.color(at: 0.25) == Color(0x800000))
    let colors = ColorScale(Scale(.log, from: 1e-4, to: 1), map)
    #expect(colors.color(of: 1e-4) == Color(0x000000) && colors.color(of: 0) == nil)
  }

  @Test func aThemeIsChanged() {
    var theme = Theme.light
    theme.series = [Color(0x123456)]
    let canvas = RecordingCanvas()
    figure([steps]).draw(on: canvas, theme: theme)
    #expect(canvas.calls.contains { $0.contains("#123456") })
  }
}
