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
