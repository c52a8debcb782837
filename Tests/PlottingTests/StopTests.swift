import Foundation
import Plotting
import TestSupport
import Testing

/// Errors in a program stop it with a message that names the type and the problem.
@Suite struct StopTests {
  private func message(_ result: ExitTest.Result?) -> String {
    String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
  }

  @Test func heatmaps() async {
    let atInit = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = CellMark(
        columns: [0, 1], rows: [0, 2], values: [1, 2, 3, 4],
        colors: ColorScale(Scale(.linear, from: 0, to: 1), .viridis))
    }
    #expect(message(atInit).contains("CellMark: there is no row 2: 4 values make 2 rows of 2 columns"))
    let later = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var cells = CellMark(
        columns: [0, 1], values: [1, 2], colors: ColorScale(Scale(.linear, from: 0, to: 1), .viridis))
      cells.rows = [-1]
      Figure(panels: [Panel(x: Axis(.linear), y: Axis(.linear), marks: [cells])]).draw(on: RecordingCanvas())
    }
    #expect(message(later).contains("CellMark: there is no row -1: 2 values make 1 row of 2 columns"))
  }

  @Test func images() async {
    let tooFew = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = PixelImage(width: 2, height: 2, pixels: [0, 0, 0])
    }
    #expect(message(tooFew).contains("PixelImage: 2 × 2 needs 4 pixels, not 3"))
    let empty = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = PixelImage(width: 0, height: 2, pixels: [])
    }
    #expect(message(empty).contains("PixelImage: a size of 0 × 2 is not positive"))
  }

  @Test func scales() async {
    let log = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Scale(.log, from: 0, to: 1)
    }
    #expect(
      message(log).contains("Scale: 0.0 to 1.0 is no range for a logarithmic scale; both ends must be positive and"))
    let linear = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Scale(.linear, from: .nan, to: 1)
    }
    #expect(message(linear).contains("Scale: nan to 1.0 is no range for a linear scale; both ends must be finite"))
    let symlog = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Scale(.symlog(width: 0), from: -1, to: 1)
    }
    #expect(message(symlog).contains("Scale: the width of a symlog scale must be positive and finite, not 0.0"))
  }

  @Test func colors() async {
    let map = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ColorMap([Color(0)])
    }
    #expect(message(map).contains("ColorMap: needs at least 2 colours, not 1"))
    let nan = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ColorMap.viridis.color(at: .nan)
    }
    #expect(message(nan).contains("ColorMap.color(at:): NaN has no colour"))
    let series = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ColorRole.series(-1)
    }
    #expect(message(series).contains("ColorRole.series: series are numbered from 0, so -1 is none of them"))
    let theme = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var theme = Theme.light
      theme.series = []
      _ = theme.color(.series(0))
    }
    #expect(message(theme).contains("Theme.color: theme “light” has no colours for series"))
  }
}
