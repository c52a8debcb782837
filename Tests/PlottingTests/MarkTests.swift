import Foundation
import Plotting
import TestSupport
import Testing

@Suite struct MarkTests {
  private func transcript(_ marks: [any Mark], y: Axis = Axis(.linear), width: Double = 300) -> [String] {
    let canvas = RecordingCanvas()
    Figure(panels: [Panel(x: Axis(.linear, isTight: true), y: y, marks: marks)], size: Size(width: width, height: 200))
      .draw(on: canvas)
    return canvas.calls.filter { $0.hasPrefix("  ") }
  }

  @Test func aDecimatedLineKeepsExtremes() {
    var columns = PixelColumns(resolution: 1)
    for (x, y) in [(0.0, 5.0), (0.1, 9), (0.2, 1), (0.3, 4), (1.5, 7)] { columns.append(Point(x, y)) }
    #expect(columns.points == [Point(0, 5), Point(0.1, 9), Point(0.2, 1), Point(0.3, 4), Point(1.5, 7)])
    #expect(!columns.areDense)
    columns.removeAll()
    #expect(columns.isEmpty)
    for index in 0..<1000 { columns.append(Point(Double(index) / 1000, Double(index % 7))) }
    #expect(columns.points == [Point(0, 0), Point(0.006, 6), Point(0.999, 5)])
  }

  @Test func aDenseLineIsDrawnAsItsOutline() {
    var columns = PixelColumns(resolution: 1)
    for (x, y) in [(0.0, 5.0), (0.1, 9), (0.2, 1), (1.1, 7), (1.2, 8), (1.3, 6), (2.0, 0), (2.1, 0), (2.2, 0)] {
      columns.append(Point(x, y))
    }
    #expect(columns.areDense)
    #expect(
      columns.outline(width: 2) == [
        Point(0, 0), Point(1, 0), Point(1, 2), Point(2, 2), Point(2, -1), Point(3, -1),
        Point(3, 4), Point(2, 4), Point(2, 9), Point(1, 9), Point(1, 10), Point(0, 10),
      ])
  }

  @Test func linesHaveGapsAtValuesWithoutAPosition() {
    let x = (0..<6).map(Double.init)
    let line = LineMark(x: x, y: [1, 2, .nan, 3, .infinity, 4], color: .text)
    #expect(transcript([line]).count == 3)
    #expect(transcript([LineMark(x: x, y: [1, 2, 0, 3, 4, 5], color: .text)], y: Axis(.log)).count == 2)
    #expect(transcript([BandMark(x: x, lower: x, upper: [1, 2, .nan, 4, 5, 6], color: .text)]).count == 2)
    #expect(transcript([DotMark(x: x, y: [1, 2, .nan, 4, 5, -.infinity], color: .text)]).count == 4)
  }

  private func cells(_ values: [Double], rows: Int = 1, missing: Bool = false) -> CellMark {
    CellMark(
      columns: (0..<values.count / rows).map(Double.init), rows: Array(0..<rows), values: values,
      colors: ColorScale(Scale(.log, from: 1e-3, to: 1), .viridis), isMissing: { _, _ in missing })
  }

  private func image(_ mark: CellMark) -> String { transcript([mark]).first { $0.hasPrefix("  image") }! }

  @Test func aNonfiniteCellWinsItsPixel() {
    var values = [Double](repeating: 0.1, count: 6000)
    let plain = image(cells(values))
    for special in [Double.nan, .infinity, -1] {
      values[2345] = special
      #expect(image(cells(values)) != plain)
    }
    values[2345] = .nan
    #expect(image(cells(values, missing: true)) == plain, "a cell that was not recorded does not count")
    values[2345] = 0
    #expect(image(cells(values)) == plain, "a single zero does not")
    for index in 2300..<2400 { values[index] = 0 }
    #expect(image(cells(values)) != plain, "but zeros do where they are the majority")
  }

  @Test func aPixelShowsTheGeometricMean() {
    func middle(_ cells: CellMark) -> Int {
      let canvas = ImageKeeper()
      Figure(panels: [Panel(x: Axis(.linear), y: Axis(.linear), marks: [cells])]).draw(on: canvas)
      let pixel = canvas.image!.pixels[canvas.image!.width / 2]
      return ColorMap.viridis.pixels.firstIndex(of: pixel)!
    }
    let mixed = (0..<100_000).map { $0 % 2 == 0 ? 1.0 : 1e-3 }
    #expect(abs(middle(cells(mixed)) - 127) <= 2)
    #expect(abs(middle(cells(mixed.map { $0 * 1e-300 }).colored(1e-303, 1e-300)) - 127) <= 2, "small numbers count too")
  }

  @Test func barsStartAtTheirBase() {
    let bars = BarMark(x: [1, 2, .nan], y: [3, .nan, 1], width: 1, color: .text)
    #expect(bars.intervals == [0.5...1.5, 1.5...2.5])
    #expect(transcript([bars]).count == 1, "a value that is not finite has no bar")
    let log = BarMark(intervals: [0...1, 1...2], y: [10, 0], color: .text)
    #expect(transcript([log], y: Axis(.log)).count == 1, "a zero has no position on a logarithmic axis")
  }

  @Test func aRidgeCoversEarlierOnes() {
    let calls = transcript([RidgeMark(x: [0, 1, 2], heights: [0, .nan, 1], base: 1, color: .series(0))])
    #expect(calls.count == 3 && calls[0].contains("#FFFFFF@85.0%") && calls[2].contains("stroke"))
  }

  @Test func textsDoNotOverlap() {
    func count(_ labels: [TextMark.Label], maximumWidth: Double? = nil) -> Int {
      let frame = RuleMark(.horizontal, at: 1), corner = RuleMark(.vertical, at: 0), other = RuleMark(.vertical, at: 2)
      return transcript([
        frame, corner, other, RuleMark(.horizontal, at: 0), TextMark(labels, maximumWidth: maximumWidth),
      ])
      .count { $0.contains("text") }
    }
    let label = TextMark.Label(x: 1, y: 0.5, "text")
    #expect(count([label]) == 1 && count([label, label]) == 1)
    #expect(count([label, TextMark.Label(x: 1, y: 0.5, lineOffset: 1.1, "text")]) == 2, "they fit one line apart")
    #expect(count([TextMark.Label(x: 1.99, y: 0.5, "text")]) == 0, "nor cross the side of the plot area")
    #expect(count([label], maximumWidth: 0.05) == 0 && count([label], maximumWidth: 1) == 1)
  }

  @Test func anArrowPointsAtItsLastPosition() {
    #expect(transcript([ArrowMark(x: [0, 1, 2], y: [0, 1, 1])]).count == 2)
    #expect(transcript([ArrowMark(x: [0, .nan, 2], y: [0, 1, 1])]).isEmpty, "half an arrow would point the wrong way")
    #expect(transcript([ArrowMark(x: [1, 1], y: [1, 1])]).isEmpty)
  }

  @Test func aBoxShowsTextThatFits() {
    let box = BoxMark(x: 0...1, y: 0...1, text: "matmul")
    #expect(transcript([box]).count { $0.contains("\"matmul\"") } == 1)
    #expect(
      transcript([box, RuleMark(.horizontal, at: 1000)]).allSatisfy { !$0.contains("text") }, "too low for text")
  }

  @Test func contoursAreInterpolated() {
    func lines(_ values: [Double], _ level: Double) -> Int {
      transcript([ContourMark(x: [0, 1], y: [0, 1], values: values, levels: [level], color: .text)]).count
    }
    #expect(lines([0, 1, 0, 1], 0.5) == 1 && lines([0, 1, 0, 1], 2) == 0)
    #expect(lines([0, 1, 1, 0], 0.5) == 2 && lines([1, 0, 0, 1], 0.5) == 2, "a saddle has two")
    #expect(lines([0, 1, .nan, 1], 0.5) == 0)
    // The low corner is at the lower left, so the line goes from the left side to the bottom.
    let call = transcript([ContourMark(x: [0, 1], y: [0, 1], values: [0, 1, 1, 1], levels: [0.25], color: .text)])
    #expect(call.count == 1)
  }

  @Test func anImageKeepsItsAspectRatio() {
    let image = PixelImage(width: 2, height: 1, pixels: [0xFF00_0000, 0xFFFF_FFFF])
    let call = transcript([ImageMark(image)])[0]
    let sides = call.split(separator: " ").last!.dropLast().split(separator: "×").compactMap { Double($0) }
    #expect(sides.count == 2 && abs(sides[0] - 2 * sides[1]) < 0.2)
  }

  @Test func aHiddenAxisIsNotDrawn() {
    let canvas = RecordingCanvas()
    Figure(panels: [Panel(x: .hidden, y: .hidden)], size: Size(width: 100, height: 100)).draw(on: canvas)
    #expect(canvas.calls.allSatisfy { !$0.contains("text") && !$0.contains("stroke") })
  }

  @Test func allRowsAreDrawnByDefault() {
    let colors = ColorScale(Scale(.linear, from: 0, to: 1), .viridis)
    #expect(CellMark(columns: [0, 1], values: [1, 2, 3, 4, 5, 6], colors: colors).rows == [0, 1, 2])
    #expect(CellMark(columns: [], values: [], colors: colors).rows == [])
  }

  @Test func theFirstRowIsAtTheBottom() {
    let canvas = ImageKeeper()
    Figure(panels: [Panel(x: Axis(.linear), y: Axis(.linear), marks: [cells([1e-3, 1e-3, 1, 1], rows: 2)])])
      .draw(on: canvas)
    #expect(canvas.image?.pixels.first == ColorMap.viridis.pixels[255])
    #expect(canvas.image?.pixels.last == ColorMap.viridis.pixels[0])
  }
}

extension CellMark {
  fileprivate func colored(_ low: Double, _ high: Double) -> CellMark {
    var copy = self
    copy.colors = ColorScale(Scale(.log, from: low, to: high), .viridis)
    return copy
  }
}

/// A canvas that keeps the last image.
private final class ImageKeeper: Canvas {
  private(set) var image: PixelImage?
  let resolution = 1.0
  func measure(_ text: String, _ font: Font) -> TextExtent { TextExtent(width: 10, ascent: 8, descent: 2) }
  func fill(_ rectangle: Rectangle, _ color: Color) {}
  func fill(_ polygon: [Point], _ color: Color) {}
  func stroke(_ line: [Point], _ stroke: Stroke) {}
  func text(_ text: String, at point: Point, _ font: Font, _ color: Color, rotated: Bool) {}
  func image(_ image: PixelImage, in rectangle: Rectangle) { self.image = image }
  func clip(to rectangle: Rectangle, _ body: () -> Void) { body() }
}
