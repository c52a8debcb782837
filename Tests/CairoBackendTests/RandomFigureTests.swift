import CairoBackend
import Foundation
import Plotting
import TestSupport
import Testing

/// Figures that nobody would draw: no value, size or text may crash a drawing or reach Cairo as NaN.
@Suite struct RandomFigureTests {
  private struct Dice: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ state >> 29
    }
  }

  private let numbers: [Double] = [
    0, -0.0, 1, -1, 1e-300, 1e300, -1e300, Double.leastNonzeroMagnitude, .nan, .infinity, -.infinity, 0.5, 1e6, 123.456,
  ]
  private let words = [
    "", "loss", "层 梯度", "الخسارة", "a much longer label than there is room for", "ln 10", "e\u{301}\u{202E}x", "<b>&",
  ]

  private func figure(_ seed: Int) -> Figure {
    var dice = Dice(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 11)
    func number(_ dice: inout Dice) -> Double {
      Bool.random(using: &dice)
        ? numbers.randomElement(using: &dice)! : pow(10, Double.random(in: -5...5, using: &dice))
    }
    func word(_ dice: inout Dice) -> String { words.randomElement(using: &dice)! }
    func axis(_ dice: inout Dice) -> Axis {
      let kind: Scale.Kind = Bool.random(using: &dice) ? .log : .linear
      var axis = Axis(word(&dice), Scale(kind, from: number(&dice), to: number(&dice)))
      axis.integers = Bool.random(using: &dice)
      if Int.random(in: 0..<4, using: &dice) == 0 { axis.names = (0..<30).map { (Double($0), word(&dice)) } }
      if Bool.random(using: &dice) { axis.ends = (word(&dice), word(&dice)) }
      return axis
    }
    let panels = (0..<Int.random(in: 1...5, using: &dice)).map { _ in
      let count = [0, 1, 2, 300].randomElement(using: &dice)!
      let points = (0..<count).map { _ in (x: number(&dice), y: number(&dice)) }
      let stroke = Stroke(
        Theme.light.color(of: Int.random(in: 0..<9, using: &dice)), width: 1.5,
        dashes: [[], [3, 2]].randomElement(using: &dice)!)
      let edges = (0...max(count, 1)).map(Double.init)
      var panel = Panel(
        x: axis(&dice), y: axis(&dice),
        marks: [
          .line(points, stroke), .dots(points, radius: 2, stroke.color),
          .cross(x: number(&dice), y: number(&dice), stroke.color),
          .band(points.map { ($0.x, $0.y, number(&dice)) }, stroke.color.opacity(0.2)),
          .level(y: number(&dice), stroke),
          .cells(
            Cells(
              rows: 2, columnEdges: edges,
              values: (0..<2 * max(count, 1)).map { _ in Bool.random(using: &dice) ? nil : number(&dice) },
              colors: ColorScale(fitting: points.map(\.y)))),
        ])
      panel.title = word(&dice)
      panel.endLabels = (0..<Int.random(in: 0...6, using: &dice)).map { _ in
        EndLabel(word(&dice), y: number(&dice), color: stroke.color)
      }
      return panel
    }
    var figure = Figure(
      size: Size(Double.random(in: 1...700, using: &dice), Double.random(in: 1...500, using: &dice)),
      title: word(&dice), panels: panels,
      description: word(&dice))
    figure.columns = Int.random(in: 1...3, using: &dice)
    figure.sharesY = Bool.random(using: &dice)
    figure.theme = Bool.random(using: &dice) ? .light : .dark
    figure.caption = word(&dice)
    figure.legend = panels.map { LegendEntry($0.title, Stroke(figure.theme.axis, width: 1), hasDot: true) }
    if Bool.random(using: &dice) {
      figure.colorBar = ColorBar(word(&dice), ColorScale(lower: 1e-9, upper: 1), kinds: Set(ColorScale.Kind.allCases))
    }
    return figure
  }

  @Test func fiveHundredRandomFigures() throws {
    for seed in 0..<500 {
      let figure = figure(seed)
      #expect(try figure.png(scale: 0.5).count > 60, "figure \(seed)")
      let canvas = FiniteCanvas()
      figure.draw(on: canvas)
      #expect(canvas.isFinite, "figure \(seed)")
    }
  }
}

/// Watches whether all that is drawn has a place.
private final class FiniteCanvas: Canvas {
  let pixelsPerPoint = 1.0
  private(set) var isFinite = true

  private func check(_ points: [Point]) { isFinite = isFinite && points.allSatisfy { $0.x.isFinite && $0.y.isFinite } }
  func measure(_ text: String, _ style: TextStyle) -> Size { Size(Double(text.count) * 6, 12) }
  func draw(_ text: String, at point: Point, _ style: TextStyle, anchor: Anchor, isVertical: Bool) { check([point]) }
  func stroke(_ points: [Point], _ stroke: Stroke) { check(points) }
  func fill(_ points: [Point], _ color: Color) { check(points) }
  func dot(at centre: Point, radius: Double, _ color: Color) { check([centre]) }
  func draw(pixels: [UInt32], columns: Int, rows: Int, in rect: Rect) {
    check([Point(rect.left, rect.top), Point(rect.right, rect.bottom)])
  }
  func clip(to rect: Rect, _ body: () -> Void) {
    check([Point(rect.left, rect.top), Point(rect.right, rect.bottom)])
    body()
  }
}
