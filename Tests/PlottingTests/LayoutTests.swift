import Foundation
import Plotting
import TestSupport
import Testing

@Suite struct LayoutTests {
  private func overlaps(_ canvas: RecordingCanvas) -> [String] {
    let texts = canvas.texts
    return texts.indices.flatMap { first in
      texts.indices.dropFirst(first + 1).compactMap { second in
        let a = texts[first].box, b = texts[second].box
        let isApart =
          a.right <= b.left + 0.5 || b.right <= a.left + 0.5 || a.bottom <= b.top + 0.5 || b.bottom <= a.top + 0.5
        return isApart ? nil : "\(texts[first].text) and \(texts[second].text)"
      }
    }
  }

  private func figure(panels: Int, series: Int, size: Size, sharesAxes: Bool) -> Figure {
    let steps = (0..<200).map(Double.init)
    let one = Panel(
      title: "A panel", x: Axis(.integer, "step", isTight: true),
      y: Axis(.log, "RMS of dL/dy", ends: ("input", "output")),
      marks: (0..<series).map { LineMark(x: steps, y: steps.map { 1 + $0 }, color: .series($0)) },
      annotations: (0..<3).map {
        Annotation(x: 100, y: 50 + Double($0), text: "NaN, step 10\($0)", color: .series($0))
      },
      directLabels: (0..<series).map { DirectLabel(at: 200, "series \($0)", detail: "ends at 2", color: .series($0)) })
    return Figure(
      title: "A figure with a title", subtitle: "and a subtitle", caption: "And a caption.",
      panels: Array(repeating: one, count: panels), sharesAxes: sharesAxes,
      colorBar: ColorBar(
        ColorScale(Scale(.log, from: 1e-8, to: 1), .viridis), title: "colours",
        kinds: [.zero, .notANumber, .notRecorded]),
      size: size)
  }

  @Test(arguments: [1, 2, 3, 5], [1, 4, 8, 12]) func labelsNeverOverlap(_ panels: Int, _ series: Int) {
    for size in [Size(width: 900, height: 520), Size(width: 1400, height: 900), Size(width: 640, height: 480)] {
      for sharesAxes in [false, true] {
        let canvas = RecordingCanvas()
        figure(panels: panels, series: series, size: size, sharesAxes: sharesAxes).draw(on: canvas)
        #expect(overlaps(canvas).isEmpty, "\(panels) panels, \(series) series, \(size)")
        #expect(canvas.texts.count > 8)
      }
    }
  }

  @Test func allTextIsInsideTheFigure() {
    let canvas = RecordingCanvas()
    figure(panels: 4, series: 3, size: Size(width: 900, height: 520), sharesAxes: false).draw(on: canvas)
    for (text, box) in canvas.texts {
      #expect(box.left >= 0 && box.right <= 900 && box.top >= 0 && box.bottom <= 520, "\(text)")
    }
  }

  /// Panels, series, names and sizes at random, down to a paper's column.
  @Test(arguments: 0..<300) func labelsOfRandomFiguresAreApartAndInside(_ seed: Int) {
    var state = UInt64(seed + 1) &* 0x9E37_79B9_7F4A_7C15
    func below(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state ^ state >> 29) >> 33) % limit
    }
    func name() -> String {
      ["a", "residual", "layers.17.self_attn.q_proj", "learning rate 0.03", "the wide net, He"][below(5)]
    }
    let names = (0..<1 + below(60)).map { "model.layers.\($0).\(name())" }
    let panels = (0..<1 + below(6)).map { _ -> Panel in
      let count = 1 + below(5), y = (0..<200).map { 1 + Double($0 * (1 + below(9))) }
      let axis =
        [
          Axis(.log, "RMS of dL/dy", ends: ("input", "output")), Axis(.linear, "loss"),
          Axis(.categorical(names), "layer"),
        ][
          below(3)]
      return Panel(
        title: name(), detail: below(3) == 0 ? name() : "", x: Axis(.integer, "step", isTight: true), y: axis,
        marks: (0..<count).map { LineMark(x: y.indices.map(Double.init), y: y, color: .series($0)) },
        annotations: (0..<below(3)).map { Annotation(x: 100, y: 50 + Double($0), text: "NaN", color: .series($0)) },
        directLabels: (0..<count).map {
          DirectLabel(at: y.last! - Double($0), "\($0) " + name(), detail: "final loss 0.5", color: .series($0))
        })
    }
    var figure = Figure(
      title: "The experiment at a glance", subtitle: "50 layers · width 64\nmedian of 3 seeds; thin lines: seeds",
      caption: below(2) == 0 ? "" : "Dashed: mean field theory.", panels: panels, sharesAxes: below(2) == 0)
    if below(2) == 0 {
      figure.colorBar = ColorBar(
        ColorScale(Scale(.log, from: 1e-8, to: 1), .viridis), title: "RMS of dL/dy", kinds: [.zero, .notANumber])
    }
    switch below(3) {
    case 0: figure = figure.sized(for: .column)
    case 1: figure = figure.sized(for: .page)
    default: figure.size = Size(width: Double(420 + below(800)), height: Double(420 + below(500)))
    }
    #expect(figure.size.height <= 1.3 * figure.size.width || figure.size.width > 400)
    let canvas = RecordingCanvas()
    figure.draw(on: canvas)
    let found = overlaps(canvas)
    #expect(found.isEmpty, "\(figure.size), \(panels.count) panels: \(found)")
    for (text, box) in canvas.texts {
      let isInside =
        box.left >= 0 && box.right <= figure.size.width && box.top >= 0 && box.bottom <= figure.size.height
      #expect(isInside, "\(text) at \(box) of \(figure.size), \(panels.count) panels")
    }
  }

  @Test func aColumnOfPaperHasOneColumnOfPanels() {
    let one = figure(panels: 1, series: 3, size: Size(width: 900, height: 520), sharesAxes: false)
    let column = one.sized(for: .column)
    #expect(column.size.width == 317 && (200...412.1).contains(column.size.height))
    let three = figure(panels: 3, series: 2, size: Size(width: 900, height: 520), sharesAxes: false)
    for (paper, places) in [(Paper.column, 1), (.page, 2)] {
      let canvas = RecordingCanvas()
      three.sized(for: paper).draw(on: canvas)
      let lefts = Set(canvas.texts.filter { $0.text == "A panel" }.map(\.box.left))
      #expect(lefts.count == places, "\(paper)")
      #expect(canvas.texts.contains { $0.text == "And a caption." }, "what marks mean stays")
    }
  }

  @Test func namesAreLeftOutWhereTooLittleWouldRemain() {
    let names = (0..<40).map { "model.layers.\($0).self_attn.q_proj" }
    func ticks(_ width: Double) -> [String] {
      let canvas = RecordingCanvas()
      Figure(
        panels: [Panel(x: Axis(.integer), y: Axis(.categorical(names), range: 0...39))],
        size: Size(width: width, height: 300)
      ).draw(on: canvas)
      return canvas.texts.map(\.text).filter { $0.hasSuffix("proj") || $0.hasPrefix("…") }
    }
    #expect(ticks(900).contains("model.layers.0.self_attn.q_proj"))
    #expect(ticks(200).isEmpty, "a few letters of each say nothing")
  }

  @Test func tooManyLabelsMoveToTheLegend() {
    let canvas = RecordingCanvas()
    figure(panels: 1, series: 25, size: Size(width: 900, height: 520), sharesAxes: false).draw(on: canvas)
    #expect(canvas.texts.contains { $0.text == "series 24: ends at 2" })
  }

  @Test func dodging() {
    #expect(dodged(middles: [10, 30], lengths: [10, 10], within: 0...100) == [10, 30])
    #expect(dodged(middles: [50, 50], lengths: [10, 10], within: 0...100) == [45, 55])
    #expect(dodged(middles: [0, 0, 0], lengths: [10, 10, 10], within: 0...100) == [5, 15, 25])
    #expect(dodged(middles: [100, 99], lengths: [10, 10], within: 0...100) == [95, 85])
    #expect(dodged(middles: [40, 50, 60, 90], lengths: [20, 20, 20, 10], within: 0...100) == [30, 50, 70, 90])
    #expect(dodged(middles: [51, 50], lengths: [10, 10], within: 0...100) == [55.5, 45.5])
    #expect(dodged(middles: [51, 50], lengths: [10, 10], within: 0...100, closeness: 2) == [45.5, 55.5])
    #expect(dodged(middles: [], lengths: [], within: 0...1) == [])
  }

  @Test func anEmptyFigureIsDrawn() {
    let canvas = RecordingCanvas()
    Figure(panels: []).draw(on: canvas)
    Figure(panels: [Panel(x: Axis(.log), y: Axis(.linear))]).draw(on: canvas)
    #expect(!canvas.calls.isEmpty)
  }
}
