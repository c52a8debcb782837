import CCairo
import CairoBackend
import Charts
import Foundation
import Plotting
import RunFile
import TestSupport
import Testing

/// Every chart of every kind of run against what was looked at and found right: its drawing calls exactly, its picture by the
/// worst tile. `RECORD_GOLDENS=1 ./test --filter ChartGoldenTests` records them anew, and fails, so that nobody forgets to look.
@Suite(.serialized) struct ChartGoldenTests {
  struct Case: Sendable, CustomStringConvertible {
    let kind: SyntheticRun
    let chart: String
    var description: String { "\(kind.rawValue)-\(chart)" }
  }

  static let cases = SyntheticRun.allCases.flatMap { kind in ChartKind.all.map { Case(kind: kind, chart: $0.name) } }
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens")
  private static let records = ProcessInfo.processInfo.environment["RECORD_GOLDENS"] != nil

  /// Only the fonts that the goldens were drawn with, whatever else is installed.
  private static let pinnedFonts: Void = {
    setenv("FONTCONFIG_FILE", folder.appending(path: "fonts.conf").path, 1)
  }()

  private func figure(_ item: Case) throws -> Figure {
    Self.pinnedFonts
    return try withTemporaryFolder { folder in
      try ChartKind.all.first { $0.name == item.chart }!.figure(try item.kind.write(to: folder))
    }
  }

  @Test(arguments: cases) func drawingCalls(_ item: Case) throws {
    let canvas = RecordingCanvas()
    try figure(item).draw(on: canvas)
    let text = canvas.lines.joined(separator: "\n") + "\n"
    let file = Self.folder.appending(path: "\(item).txt")
    if Self.records {
      try text.write(to: file, atomically: true, encoding: .utf8)
      Issue.record("recorded \(file.lastPathComponent); look at it and run again")
    } else {
      let expected = try String(contentsOf: file, encoding: .utf8)
      let difference = zip(text.split(separator: "\n"), expected.split(separator: "\n")).first { $0 != $1 }
      #expect(text == expected, "first difference: \(difference.map { "\($0.0) instead of \($0.1)" } ?? "the length")")
    }
  }

  @Test(arguments: cases) func picture(_ item: Case) throws {
    let figure = try figure(item)
    let data = try figure.png(scale: 1)
    #expect(data == (try figure.png(scale: 1)), "the same figure gives the same bytes")
    let file = Self.folder.appending(path: "\(item).png")
    if Self.records {
      try data.write(to: file)
      Issue.record("recorded \(file.lastPathComponent); look at it and run again")
    } else {
      try withTemporaryFolder { folder in
        try data.write(to: URL(filePath: folder + "/drawn.png"))
        let worst = try #require(worstTile(folder + "/drawn.png", file.path))
        #expect(worst < 12, "the worst tile differs by \(worst) of 255")
      }
    }
  }

  @Test func aDifferentPictureIsSeen() {
    let path = { (name: String) in Self.folder.appending(path: "\(name).png").path }
    #expect((worstTile(path("healthy-loss"), path("nonfinite-loss")) ?? 0) > 12)
  }

  /// The largest mean difference of a tile of 16 × 16 pixels, of 255; nil where sizes differ.
  private func worstTile(_ first: String, _ second: String) -> Double? {
    guard let a = Pixels(first), let b = Pixels(second), a.width == b.width, a.height == b.height else { return nil }
    var worst = 0.0
    for top in stride(from: 0, to: a.height, by: 16) {
      for left in stride(from: 0, to: a.width, by: 16) {
        var sum = 0, count = 0
        for y in top..<min(top + 16, a.height) {
          for x in left..<min(left + 16, a.width) {
            for part in 0..<3 { sum += abs(Int(a[x, y, part]) - Int(b[x, y, part])) }
            count += 3
          }
        }
        worst = max(worst, Double(sum) / Double(count))
      }
    }
    return worst
  }
}

/// A PNG as Cairo reads it.
private struct Pixels {
  let width: Int
  let height: Int
  private let stride: Int
  private let bytes: [UInt8]

  init?(_ path: String) {
    let surface = cairo_image_surface_create_from_png(path)
    defer { cairo_surface_destroy(surface) }
    guard cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS else { return nil }
    cairo_surface_flush(surface)
    width = Int(cairo_image_surface_get_width(surface))
    height = Int(cairo_image_surface_get_height(surface))
    stride = Int(cairo_image_surface_get_stride(surface))
    bytes = Array(UnsafeBufferPointer(start: cairo_image_surface_get_data(surface), count: stride * height))
  }

  subscript(x: Int, y: Int, part: Int) -> UInt8 { bytes[y * stride + 4 * x + part] }
}
