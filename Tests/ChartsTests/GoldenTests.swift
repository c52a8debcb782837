import CCairo
import CairoBackend
import Charts
import Foundation
import Plotting
import RunFile
import TestSupport
import Testing

/// Every chart of every kind of run against what was looked at and found right: its drawing calls exactly, its picture by the
/// worst tile. `RECORD_GOLDENS=1 ./test --filter GoldenTests` records them anew, and fails, so that nobody forgets to look.
@Suite struct GoldenTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens")
  private static let records = ProcessInfo.processInfo.environment["RECORD_GOLDENS"] != nil

  @Test(arguments: SyntheticRun.allCases) func charts(_ kind: SyntheticRun) throws {
    try withTemporaryFolder { folder in
      let runs = try kind.runs(in: folder)
      // Only the fonts that the goldens were drawn with, whatever else is installed.
      let fonts = try #require(Fonts(configuration: Self.folder.appending(path: "fonts.conf").path))
      for chart in ChartKind.all {
        // A single run can't be compared.
        if kind == .single, chart.name == "comparison" { continue }
        let figure = try chart.figure(runs), name = "\(kind.rawValue)-\(chart.name)"
        let canvas = RecordingCanvas()
        figure.draw(on: canvas)
        try compare(canvas.transcript + "description \(figure.description)\n", to: "\(name).txt")
        let light = try figure.png(scale: 0.5, fonts: fonts)
        #expect(try light == figure.png(scale: 0.5, fonts: fonts), "the same figure gives the same bytes")
        try compare(picture: light, to: "\(name).png")
        // Inks are the same for every kind of run, so one is enough.
        if kind == .healthy {
          try compare(picture: figure.png(theme: .dark, scale: 0.5, fonts: fonts), to: "\(name)-dark.png")
        }
      }
    }
  }

  private func compare(_ text: String, to name: String) throws {
    let file = Self.folder.appending(path: name)
    if Self.records { return try record(Data(text.utf8), file) }
    let expected = try String(contentsOf: file, encoding: .utf8)
    let difference = zip(text.split(separator: "\n"), expected.split(separator: "\n")).first { $0 != $1 }
    let words = difference.map { "\($0.0)\ninstead of\n\($0.1)" } ?? "the number of calls"
    #expect(text == expected, "\(name): \(words)")
  }

  private func compare(picture: Data, to name: String) throws {
    let file = Self.folder.appending(path: name)
    if Self.records { return try record(picture, file) }
    try withTemporaryFolder { folder in
      try picture.write(to: URL(filePath: folder + "/drawn.png"))
      let worst = try #require(Pixels(folder + "/drawn.png")?.worstTile(Pixels(file.path)))
      #expect(worst < 12, "\(name): the worst tile differs by \(worst) of 255")
    }
  }

  private func record(_ data: Data, _ file: URL) throws {
    try data.write(to: file)
    Issue.record("recorded \(file.lastPathComponent); look at it and run again")
  }

  @Test func aDifferentPictureIsSeen() throws {
    let first = try #require(Pixels(Self.folder.appending(path: "healthy-loss.png").path))
    let second = Pixels(Self.folder.appending(path: "nonfinite-loss.png").path)
    #expect(try #require(first.worstTile(second)) > 12)
    #expect(first.worstTile(first) == 0)
  }
}

/// A PNG as Cairo reads it.
private struct Pixels {
  let width: Int
  let height: Int
  private let bytes: [UInt8]

  init?(_ path: String) {
    let surface = cairo_image_surface_create_from_png(path)
    defer { cairo_surface_destroy(surface) }
    guard cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS else { return nil }
    cairo_surface_flush(surface)
    width = Int(cairo_image_surface_get_width(surface))
    height = Int(cairo_image_surface_get_height(surface))
    bytes = Array(UnsafeBufferPointer(start: cairo_image_surface_get_data(surface), count: width * height * 4))
  }

  /// The largest mean difference of a tile of 16 × 16 pixels, of 255; nil where sizes differ.
  func worstTile(_ other: Pixels?) -> Double? {
    guard let other, width == other.width, height == other.height else { return nil }
    var worst = 0.0
    for top in stride(from: 0, to: height, by: 16) {
      for left in stride(from: 0, to: width, by: 16) {
        var sum = 0
        let right = min(left + 16, width), bottom = min(top + 16, height)
        for y in top..<bottom {
          for place in (y * width + left) * 4..<(y * width + right) * 4 where place % 4 < 3 {
            sum += abs(Int(bytes[place]) - Int(other.bytes[place]))
          }
        }
        worst = max(worst, Double(sum) / Double(3 * (right - left) * (bottom - top)))
      }
    }
    return worst
  }
}
