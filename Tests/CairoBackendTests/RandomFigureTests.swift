import CairoBackend
import Foundation
import Plotting
import TestSupport
import Testing

/// Figures with random values, sizes and texts: nothing crashes, Cairo reports no failure, and all coordinates that a canvas gets are
/// finite.
@Suite struct RandomFigureTests {
  @Test func fiveHundredRandomFigures() throws {
    for seed in 0..<500 {
      var dice = Dice(seed: seed)
      let figure = figure(&dice)
      // This canvas stops at a coordinate that is not finite.
      figure.draw(on: RecordingCanvas(), theme: .dark)
      #expect(try figure.png(theme: seed % 2 == 0 ? .light : .dark, scale: 0.5).count > 60, "figure \(seed)")
    }
  }

  private struct Dice {
    private var state: UInt64
    private static let numbers: [Double] = [
      0, -0.0, 1, -1, 1e-300, 1e300, -1e300, Double.leastNonzeroMagnitude, .nan, .infinity, -.infinity, 0.5, 1e6,
      123.456, 1.7e308,
    ]
    private static let texts = [
      "", "loss", "层 梯度", "الخسارة", "a much longer label than there is room for", "ln 10", "e\u{301}\u{202E}x", "<b>&",
      "two\nlines", String(repeating: "unbroken", count: 30),
    ]

    init(seed: Int) { state = UInt64(seed + 1) &* 0x9E37_79B9_7F4A_7C15 }

    mutating func below(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state ^ state >> 29) >> 33) % limit
    }
    mutating func flip() -> Bool { below(2) == 0 }
    mutating func pick<Element>(_ choices: [Element]) -> Element { choices[below(choices.count)] }
    mutating func number() -> Double {
      flip() ? pick(Self.numbers) : pow(10, Double(below(11) - 5)) * Double(below(1000)) / 500
    }
    mutating func numbers(_ count: Int) -> [Double] { (0..<count).map { _ in number() } }
    mutating func text() -> String { pick(Self.texts) }
    mutating func color() -> ColorRole {
      flip() ? .series(below(9)) : pick([ColorRole.text, .muted, .grid]).opacity(0.5)
    }
  }

  private func axis(_ dice: inout Dice) -> Axis {
    let names = (0..<dice.below(40)).map { _ in dice.text() }
    var axis = Axis(dice.pick([.linear, .log, .integer, .symlog(width: 0.1), .categorical(names)]), dice.text())
    if dice.flip() { axis.includes = dice.numbers(2) }
    if dice.flip() { axis.ends = (dice.text(), dice.text()) }
    axis.isTight = dice.flip()
    axis.isVisible = dice.below(4) > 0
    return axis
  }

  private func panel(_ dice: inout Dice) -> Panel {
    let count = dice.pick([0, 1, 2, 40])
    let x = dice.flip() ? (0..<count).map(Double.init) : dice.numbers(count)
    var panel = Panel(title: dice.text(), detail: dice.text(), x: axis(&dice), y: axis(&dice))
    panel.marks = [
      BandMark(x: x, lower: dice.numbers(count), upper: dice.numbers(count), color: dice.color()),
      LineMark(x: x, y: dice.numbers(count), color: dice.color(), dash: dice.pick([[], [3, 2]])),
      DotMark(x: x, y: dice.numbers(count), color: dice.color(), shape: dice.pick(DotShape.allCases)),
      RuleMark(dice.pick([.horizontal, .vertical]), at: dice.number()),
      BarMark(x: x, y: dice.numbers(count), width: dice.number(), base: dice.number(), color: dice.color()),
      RidgeMark(x: x, heights: dice.numbers(count), base: dice.number(), color: dice.color()),
      ArrowMark(x: dice.numbers(3), y: dice.numbers(3), color: dice.color()),
      ContourMark(
        x: x, y: [0, 1, dice.number()], values: dice.numbers(3 * count), levels: dice.numbers(3), color: dice.color()),
      TextMark(
        (0..<dice.below(4)).map { _ in
          TextMark.Label(
            x: dice.number(), y: dice.number(), lineOffset: dice.number(), dice.text(), color: dice.color())
        }, maximumWidth: dice.flip() ? nil : abs(dice.number()), hasBackground: dice.flip()),
    ]
    let sides = [dice.number(), dice.number()].sorted { $0 < $1 }
    if sides[0] <= sides[1] {
      panel.marks.append(
        BoxMark(x: sides[0]...sides[1], y: sides[0]...sides[1], text: dice.text(), color: dice.color()))
    }
    if dice.flip() {
      panel.marks.append(ImageMark(PixelImage(width: 3, height: 2, pixels: Array(repeating: 0xFF80_4020, count: 6))))
    }
    if dice.flip() {
      let rows = dice.below(5)
      let low = 1e-9, high = dice.pick([1e-8, 1, 1e300])
      panel.marks.append(
        CellMark(
          columns: (0..<count).map { Double($0) * 3 }, rows: Array(0..<rows), values: dice.numbers(rows * count),
          colors: ColorScale(Scale(dice.pick([.log, .linear]), from: low, to: high), .magma),
          isMissing: { row, column in (row + column) % 3 == 0 }))
    }
    panel.annotations = (0..<dice.below(5)).map { _ in
      Annotation(x: dice.number(), y: dice.number(), text: dice.text(), color: dice.color())
    }
    panel.directLabels = (0..<dice.below(12)).map { _ in
      DirectLabel(at: dice.flip() ? nil : dice.number(), dice.text(), detail: dice.text(), color: dice.color())
    }
    panel.legend = (0..<dice.below(3)).map { _ in LegendEntry(dice.text(), color: dice.color(), sample: .area) }
    return panel
  }

  private func figure(_ dice: inout Dice) -> Figure {
    var figure = Figure(title: dice.text(), subtitle: dice.text(), caption: dice.text(), panels: [])
    figure.panels = (0..<dice.below(5)).map { _ in panel(&dice) }
    figure.size = Size(width: Double(2 + dice.below(900)), height: Double(2 + dice.below(600)))
    figure.columns = dice.flip() ? nil : 1 + dice.below(4)
    figure.sharesAxes = dice.flip()
    figure.legend = (0..<dice.below(9)).map { _ in LegendEntry(dice.text(), color: dice.color(), sample: .dot(.ring)) }
    figure.description = dice.text()
    if dice.flip() {
      figure.colorBar = ColorBar(
        ColorScale(Scale(.log, from: 1e-9, to: 1), .viridis), title: dice.text(), kinds: [.zero, .notRecorded],
        extendsBelow: dice.flip(), extendsAbove: dice.flip())
    }
    return figure
  }
}
