import CairoBackend
import Charts
import Foundation
import Plotting
import RunFile
import Terminal
import TestSupport
import Testing

/// Every chart of every kind of data against goldens that were checked by eye: its drawing calls exactly, its pictures (light and dark,
/// at the default size and at half of it) by the worst tile.
///
/// `RECORD_GOLDENS=1 ./test --filter GoldenTests` records them anew, and fails, so that nobody forgets to check them;
/// `DRAW_GOLDENS=FOLDER` writes the pictures whole. A golden picture is a sheet of tiles: each pixel is the mean of 8 × 8.
@Suite struct GoldenTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens")
  private static let records = ProcessInfo.processInfo.environment["RECORD_GOLDENS"] != nil
  private static let drawing = ProcessInfo.processInfo.environment["DRAW_GOLDENS"]

  @Test func charts() throws {
    // Only the fonts that the goldens were drawn with, whatever else is installed.
    let fonts = try #require(Fonts(configuration: Self.folder.appending(path: "fonts.conf").path))
    var texts: [String: String] = [:], sheets: [String: TileSheet] = [:]
    let kinds = try SyntheticRun.allCases.map { ($0.rawValue, try figures(of: $0)) }
    let nets = try SyntheticNet.allCases.map { net in
      (
        net.rawValue,
        [
          (
            "gradient-profile-\(net.rawValue)",
            try withTemporaryFolder { try Chart.gradientProfile(of: net.run(in: $0)) }
          )
        ]
      )
    }
    for (kind, figures) in kinds + nets {
      for (name, figure) in figures {
        let canvas = RecordingCanvas()
        figure.draw(on: canvas)
        texts[name, default: ""] +=
          "== \(kind)\n\(abridged(canvas.calls))\ndescription \(figure.description)\n"
        let lines = figure.text(columns: 100, rows: 30, colors: .none)
        #expect(lines.count == 30 && lines.contains { $0.contains(figure.title.prefix(12)) }, "\(name) in a terminal")
        var tiles: [Tiles] = []
        for factor in [1, 0.5] {
          var figure = figure
          figure.size = Size(width: figure.size.width * factor, height: figure.size.height * factor)
          for theme in Theme.all {
            let raster = try Raster(figure, theme: theme, scale: 1, fonts: fonts)
            tiles.append(Tiles(raster))
            if let folder = Self.drawing {
              try figure.write(
                to: "\(folder)/\(name)/\(kind)-\(theme.name)-\(factor).png", theme: theme, scale: 1,
                fonts: fonts)
            }
          }
        }
        sheets[name, default: TileSheet()].rows.append(tiles)
      }
    }
    for name in texts.keys.sorted() {
      try compare(texts[name]!, to: "\(name).txt")
      try compare(sheets[name]!, to: "\(name).png")
    }
    let kept = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).filter { $0 != "fonts.conf" }
    #expect(
      Set(kept) == Set(texts.keys.flatMap { ["\($0).txt", "\($0).png"] }), "a golden for each chart, and no others")
  }

  private func figures(of kind: SyntheticRun) throws -> [(name: String, figure: Figure)] {
    try withTemporaryFolder { folder in
      let runs = try kind.runs(in: folder)
      // A single run can't be compared and has one learning rate, and its only layer has weights.
      let charts = ChartKind.all.filter {
        kind != .single || !["comparison", "learning-rates", "dead-and-saturated"].contains($0.name)
      }
      return try charts.map { ($0.name, try $0.figure(runs)) } + kind.givenFigures() + [
        ("measure-of-sites", try Chart.measure(.effectiveRank, of: runs)),
        ("measure-of-model", try Chart.measure(.gradientNoiseScale, of: runs)),
        ("scalar", try Chart.scalar("validation_loss", of: runs)),
      ]
    }
  }

  /// All calls where they are not too many; else the first and the last, their number and a hash of all.
  private func abridged(_ calls: [String]) -> String {
    guard calls.count > 400 else { return calls.joined(separator: "\n") }
    let hash = calls.joined(separator: "\n").utf8.reduce(UInt64(14_695_981_039_346_656_037)) {
      ($0 ^ UInt64($1)) &* 1_099_511_628_211
    }
    let parts = calls.prefix(100) + ["… \(calls.count) calls, \(String(hash, radix: 16)) …"] + calls.suffix(20)
    return parts.joined(separator: "\n")
  }

  private func compare(_ text: String, to name: String) throws {
    let file = Self.folder.appending(path: name)
    if Self.records { return try record(name) { try Data(text.utf8).write(to: file) } }
    let expected = try String(contentsOf: file, encoding: .utf8)
    let difference = zip(text.split(separator: "\n"), expected.split(separator: "\n")).first { $0 != $1 }
    let words = difference.map { "\($0.0)\ninstead of\n\($0.1)" } ?? "the number of calls"
    #expect(text == expected, "\(name): \(words)")
  }

  private func compare(_ sheet: TileSheet, to name: String) throws {
    let file = Self.folder.appending(path: name).path
    if Self.records { return try record(name) { try sheet.joined.write(to: file) } }
    let worst = try #require(Tiles(path: file)?.worstDifference(from: sheet.joined), "\(name): another size")
    #expect(worst < 12, "\(name): the worst tile differs by \(worst) of 255")
  }

  private func record(_ name: String, _ write: () throws -> Void) throws {
    try write()
    Issue.record("recorded \(name); check it and run again")
  }

  @Test func aDifferentPictureIsSeen() throws {
    let fonts = try #require(Fonts(configuration: Self.folder.appending(path: "fonts.conf").path))
    func tiles(_ title: String) throws -> Tiles {
      try Tiles(Raster(Figure(title: title, panels: []), theme: .light, scale: 1, fonts: fonts))
    }
    #expect(try #require(tiles("loss").worstDifference(from: tiles("less"))) > 12, "a single letter")
    #expect(try tiles("loss").worstDifference(from: tiles("loss")) == 0)
  }

  @Test func theSameFigureGivesTheSameBytes() throws {
    for (name, figure) in try SyntheticRun.healthy.givenFigures() + figures(of: .nonfinite) {
      #expect(try figure.png(scale: 0.5) == figure.png(scale: 0.5), "\(name)")
      #expect(try figure.svg() == figure.svg(), "\(name)")
    }
  }
}
