import CCairo
import CairoBackend
import Charts
import Foundation
import Plotting
import RunFile
import Terminal
import TestSupport
import Testing

/// Every chart of every kind of data against goldens that were checked by eye: its drawing calls exactly, its pictures (light and dark,
/// at the default size and at that of a paper's column) by the worst tile.
///
/// The goldens were recorded with Cairo 1.16, which puts each letter at a whole pixel. Cairo 1.17.4 and later put it at a quarter, up to
/// half a pixel away, and draw all else as before (Debian 13 and sid). There, tiles with letters, and those around them, have wider limits.
///
/// `RECORD_GOLDENS=1 ./test --filter GoldenTests` records them anew, and fails, so that nobody forgets to check them;
/// `DRAW_GOLDENS=FOLDER` writes the pictures whole. A golden picture is a sheet of tiles: each pixel is the mean of 8 × 8.
@Suite struct GoldenTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens")
  private static let records = ProcessInfo.processInfo.environment["RECORD_GOLDENS"] != nil
  private static let drawing = ProcessInfo.processInfo.environment["DRAW_GOLDENS"]

  private static let placesLettersBetweenPixels = cairo_version() >= 11_704

  @Test func charts() throws {
    // Only the fonts that the goldens were drawn with, whatever else is installed.
    let fonts = try #require(Fonts(configuration: Self.folder.appending(path: "fonts.conf").path))
    var texts: [String: String] = [:], sheets: [String: TileSheet] = [:], sheetsWithoutText: [String: TileSheet] = [:]
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
        var tiles: [Tiles] = [], tilesWithoutText: [Tiles] = []
        for (size, figure) in [("default", figure), ("column", figure.sized(for: .column))] {
          for theme in Theme.all {
            let raster = try Raster(figure, theme: theme, scale: 1, fonts: fonts)
            tiles.append(Tiles(raster))
            if Self.placesLettersBetweenPixels {
              let raster = try Raster(
                figure, theme: theme, scale: 1, fonts: fonts, wrapped: { OtherTextCanvas($0, movingTextBy: nil) })
              tilesWithoutText.append(Tiles(raster))
            }
            if let folder = Self.drawing {
              try figure.write(
                to: "\(folder)/\(name)/\(kind)-\(theme.name)-\(size).png", theme: theme, scale: 1,
                fonts: fonts)
            }
          }
        }
        sheets[name, default: TileSheet()].rows.append(tiles)
        sheetsWithoutText[name, default: TileSheet()].rows.append(tilesWithoutText)
      }
    }
    for name in texts.keys.sorted() {
      try compare(texts[name]!, to: "\(name).txt")
      try compare(sheets[name]!, withoutText: sheetsWithoutText[name]!, to: "\(name).png")
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

  private func compare(_ sheet: TileSheet, withoutText: TileSheet, to name: String) throws {
    let file = Self.folder.appending(path: name).path
    if Self.records { return try record(name) { try sheet.joined.write(to: file) } }
    let golden = try #require(Tiles(path: file), "\(name): no picture")
    let differences = differences(of: sheet.joined, withoutText: withoutText.joined, from: golden)
    #expect(differences == [], "\(name)")
  }

  /// What is too different in a picture, which was drawn without text too where letters are placed between pixels.
  private func differences(of drawn: Tiles, withoutText: Tiles, from golden: Tiles) -> [String] {
    guard let differences = golden.differences(from: drawn) else { return ["the size"] }
    let isLetter =
      Self.placesLettersBetweenPixels ? drawn.changes(from: withoutText) : differences.map { _ in false }
    let tiles = zip(differences, isLetter)
    let measured: [(place: String, difference: Double?, limit: Double)] = [
      ("the worst tile", tiles.filter { !$1 }.map(\.0).max(), 12),
      ("the worst tile with letters", tiles.filter { $1 }.map(\.0).max(), 30),
      ("the worst mean of 3 × 3 tiles", golden.blurred.worstDifference(from: drawn.blurred), 6),
    ]
    return measured.compactMap { place, difference, limit in
      guard let difference, difference >= limit else { return nil }
      return "\(place) differs by \(difference) of 255, not less than \(limit)"
    }
  }

  private func record(_ name: String, _ write: () throws -> Void) throws {
    try write()
    Issue.record("recorded \(name); check it and run again")
  }

  @Test func aDifferentPictureIsSeen() throws {
    let fonts = try #require(Fonts(configuration: Self.folder.appending(path: "fonts.conf").path))
    func tiles(_ figure: Figure, movingTextBy distance: Double?) throws -> Tiles {
      try Tiles(
        Raster(
          figure, theme: .light, scale: 1, fonts: fonts, wrapped: { OtherTextCanvas($0, movingTextBy: distance) }))
    }
    func figure(_ title: String, rise: Double = 0, color: ColorRole = .series(0)) -> Figure {
      let line = LineMark(x: [0, 1, 2], y: [0, 0.5 + rise, 1], color: color)
      return Figure(title: title, panels: [Panel(x: Axis(.linear), y: Axis(.linear), marks: [line])])
    }
    let golden = try tiles(figure("loss"), movingTextBy: 0)
    func isSeen(_ figure: Figure, movingTextBy distance: Double = 0) throws -> Bool {
      try !differences(
        of: tiles(figure, movingTextBy: distance), withoutText: tiles(figure, movingTextBy: nil), from: golden
      ).isEmpty
    }
    #expect(try isSeen(figure("less")) || Self.placesLettersBetweenPixels, "a single letter")
    #expect(try isSeen(figure("step")), "a word")
    #expect(try isSeen(figure("loss"), movingTextBy: 3), "texts 3 pixels to the right")
    #expect(try isSeen(figure("loss", color: .series(1))), "another colour")
    #expect(try isSeen(figure("loss", rise: 0.02)), "a line that is 2 % higher")
    #expect(try !isSeen(figure("loss")))
  }

  @Test func theSameFigureGivesTheSameBytes() throws {
    for (name, figure) in try SyntheticRun.healthy.givenFigures() + figures(of: .nonfinite) {
      #expect(try figure.png(scale: 0.5) == figure.png(scale: 0.5), "\(name)")
      #expect(try figure.svg() == figure.svg(), "\(name)")
    }
  }
}
