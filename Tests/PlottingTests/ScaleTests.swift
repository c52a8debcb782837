import Foundation
import Plotting
import Testing

@Suite struct ScaleTests {
  @Test func placesOnAxes() {
    #expect(Scale(.linear, from: -1, to: 3).place(of: 1) == 0.5)
    #expect(abs(Scale(.log, from: 1e-300, to: 1e300).place(of: 1)! - 0.5) < 1e-12)
    #expect(Scale(.log, from: 1, to: 10).place(of: 0) == nil && Scale(.log, from: 1, to: 10).place(of: -1) == nil)
    #expect(
      Scale(.linear, from: 0, to: 1).place(of: .nan) == nil
        && Scale(.linear, from: 0, to: 1).place(of: .infinity) == nil)
  }

  @Test(arguments: [Scale.Kind.linear, .log]) func anyRangeCanBeDrawn(_ kind: Scale.Kind) {
    for (low, high) in [
      (0, 0), (5, 5), (-3, -3), (Double.nan, 1), (Double.leastNonzeroMagnitude, Double.leastNonzeroMagnitude), (1e308, 1e308), (3, 1), (1e-300, 1e300),
    ] {
      let scale = Scale(kind, from: low, to: high)
      #expect(scale.lower < scale.upper && scale.lower.isFinite && scale.upper.isFinite)
      #expect(Ticks.fitting(scale, count: 6).major.allSatisfy { $0.value.isFinite })
    }
    #expect(Scale.holding([.nan, .infinity], kind: kind).upper.isFinite)
  }

  private func labels(_ low: Double, _ high: Double, _ count: Int, _ kind: Scale.Kind = .linear, integers: Bool = false)
    -> [String]
  {
    Ticks.fitting(Scale(kind, from: low, to: high), count: count, integers: integers).major.map(\.label)
  }

  @Test func marksAreNiceAndInOneFormat() {
    #expect(labels(0, 1, 5) == ["0.00", "0.25", "0.50", "0.75", "1.00"])
    #expect(labels(0, 600, 7, integers: true) == ["0", "100", "200", "300", "400", "500", "600"])
    #expect(labels(0, 2, 5, integers: true) == ["0", "1", "2"])
    #expect(labels(-2, 2, 5) == ["−2", "−1", "0", "1", "2"])
    #expect(labels(1e-3, 1e3, 9, .log) == ["10⁻³", "10⁻²", "10⁻¹", "10⁰", "10¹", "10²", "10³"])
    #expect(labels(1e-300, 1, 8, .log).count <= 8)
    #expect(labels(2, 7, 5, .log) == ["2", "3", "4", "5", "6", "7"])
  }

  @Test func marksLieInside() {
    for seed in 0..<300 {
      let low = pow(10, Double(seed % 7) - 3) * Double(seed % 11 - 5), high = low + pow(10, Double(seed % 13) - 6)
      let scale = Scale(.linear, from: low, to: high)
      let values = Ticks.fitting(scale, count: 5).major.map(\.value)
      let slack = 1e-9 * (high - low) + 1e-12 * abs(low)
      #expect(values.count >= 2)
      #expect(values.allSatisfy { $0 >= scale.lower - slack && $0 <= scale.upper + slack })
      #expect(
        Set(Ticks.fitting(scale, count: 5).major.map(\.label)).count == values.count || high - low < abs(low) * 1e-3)
    }
  }

  /// WCAG 2.1: text 4.5 to 1, lines 3 to 1.
  @Test(arguments: [Theme.light, Theme.dark]) func themesHaveContrast(_ theme: Theme) {
    for text in [theme.text, theme.muted] + theme.series { #expect(text.contrast(with: theme.background) >= 4.5) }
    for line in [theme.axis, theme.reference] { #expect(line.contrast(with: theme.background) >= 3) }
    #expect(theme.grid.contrast(with: theme.background) < 1.6)
  }

  /// Where several steps share a pixel, a value that is not finite is seen all the same.
  @Test func cellsThatShareAPixel() {
    func drawn(_ values: [Double?]) -> String {
      let cells = Cells(
        rows: 1, columnEdges: (0...values.count).map(Double.init), values: values,
        colors: ColorScale(lower: 1e-3, upper: 1))
      let panel = Panel(
        x: Axis("x", Scale(.linear, from: 0, to: Double(values.count))), y: Axis("y", Scale(.linear, from: 0, to: 1)),
        marks: [.cells(cells)])
      let canvas = RecordingCanvas()
      Figure(size: Size(200, 150), title: "t", panels: [panel], description: "").draw(on: canvas)
      return canvas.lines.first { $0.hasPrefix("pixels") }!
    }
    var values = [Double?](repeating: 0.1, count: 5000)
    let plain = drawn(values)
    for special in [Double.nan, .infinity, 0, nil] {
      values[2345] = special
      #expect(drawn(values) != plain)
    }
  }
}
