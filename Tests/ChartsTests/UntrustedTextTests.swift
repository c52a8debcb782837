import CairoBackend
import Charts
import Diagnosis
import Foundation
import Plotting
import RunFile
import Terminal
import TestSupport
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// A run file whose texts hold every control character and every bidirectional control.
@Suite struct UntrustedTextTests {
  private static let controls: [Unicode.Scalar] =
    (Array(0..<0x20) + Array(0x7F..<0xA0) + [0x061C, 0x200E, 0x200F] + Array(0x2028...0x202E)
    + Array(0x2066...0x2069)).map { Unicode.Scalar($0 as UInt32)! }
  private static let text = controls.reduce(into: "a<&\"'>") { $0.unicodeScalars.append($1) } + "b"

  private func run(in folder: String) throws -> Run {
    let text = Self.text
    let writer = try RunWriter(
      path: folder + "/run.rheo",
      meta: [
        .experiment: text, .variant: text, .model: text, .data: text, .optimizer: text, MetaKey(rawValue: text): text,
      ])
    let sites = (0..<4).map {
      Site(id: $0, module: "\(text).\($0)", kind: .init(rawValue: text), depth: $0 + 1, isLayer: true, shape: [8, 8])
    }
    try writer.define(sites: sites)
    try writer.define(
      parameters: sites.map { RecordedParameter(id: $0.id, path: $0.path + ".weight", shape: [8, 8], site: $0.id) })
    for step in 0..<30 {
      let rows = sites.map { site in
        var row = LayerRow(step: step, site: site.id)
        row[.gradientRMS] = step == 20 ? .nan : pow(10, Double(-3 * (4 - site.id)))
        row[.activationStd] = 1
        return row
      }
      try writer.append(step: StepRow(step: step, loss: 2, accuracy: 0.5, seconds: 0), layers: rows)
      try writer.measure(step: step, site: 1, name: .init(rawValue: text), value: 1)
      try writer.scalar(step: step, name: text, value: 1)
    }
    return try writer.finish()
  }

  private func figures(of run: Run) throws -> [Figure] {
    try ["loss", "accuracy", "gradient-flow", "gradient-profile", "gradient-strip", "activations", "dashboard"].map {
      name in
      try ChartKind.all.first { $0.name == name }!.figure(run)
    } + [Chart.measure(.init(rawValue: Self.text), of: run), Chart.scalar(Self.text, of: run)]
  }

  @Test func theTextIsReadAsWritten() throws {
    try withTemporaryFolder { folder in
      let run = try run(in: folder)
      #expect(run.variant.map { Array($0.unicodeScalars) } == Array(Self.text.unicodeScalars))
      #expect(try RunFileCheck.problems(at: run.path).isEmpty)
    }
  }

  @Test func anSVGIsWellFormed() throws {
    try withTemporaryFolder { folder in
      let run = try run(in: folder)
      for figure in try figures(of: run) {
        let svg = try figure.svg(command: "render '\(Self.text)'"), parser = XMLParser(data: svg)
        #expect(parser.parse(), "\(parser.parserError.map { "\($0)" } ?? "")")
        let unescaped = String(decoding: svg, as: UTF8.self).unicodeScalars.first {
          $0 != "\n" && Self.controls.contains($0)
        }
        #expect(unescaped == nil)
        #expect(try figure.png(scale: 0.5, command: Self.text).count > 60)
        #expect(try figure.pdf(command: Self.text).prefix(5) == Data("%PDF-".utf8))
      }
    }
  }

  @Test func aTerminalShowsEscapes() throws {
    try withTemporaryFolder { folder in
      for figure in try figures(of: run(in: folder)) {
        for columns in [20, 80, 2000] {
          let lines = figure.text(columns: columns, rows: 40, colors: .none)
          #expect(!lines.joined().unicodeScalars.contains { Self.controls.contains($0) })
          #expect(lines.count == 40 && lines.allSatisfy { $0.count <= columns })
        }
        #expect(figure.text(columns: 2000, rows: 40, colors: .none).joined().contains("\\u{0}\\u{1}\\u{2}"))
      }
    }
  }

  @Test func errorsAndFindingsShowEscapes() throws {
    try withTemporaryFolder { folder in
      let run = try run(in: folder), path = folder + "/" + Self.text.replacing("\0", with: "").replacing("/", with: "")
      try FileManager.default.moveItem(atPath: run.path, toPath: path)
      let moved = try Run(path: path)
      var texts = diagnose(moved).map(\.description)
      #expect(!texts.isEmpty && texts.contains { $0.contains("\\u{202E}") })
      for draw: () throws -> Figure in [
        { try Chart.weightGradients(of: moved) }, { try Chart.scalar("none", of: moved) },
        { try Chart.measure("none", of: moved) }, { try Chart.loss(of: moved, ChartOptions(steps: 99...100)) },
      ] {
        texts.append(try #require(throws: ChartError.self) { _ = try draw() }.description)
      }
      try PlainSQL(path)(
        "UPDATE layer SET gradient_rms = (SELECT value FROM meta WHERE key = 'variant') WHERE rowid = 3")
      texts.append(try #require(throws: RunFileError.self) { try moved.layers(.gradientRMS) }.description)
      try PlainSQL(path)("UPDATE meta SET key = 'x' || key, value = '/home/x/y' WHERE key = 'variant'")
      texts += try RunFileCheck.problems(at: path).map(\.description)
      for text in texts {
        #expect(!text.unicodeScalars.contains { $0 != "\n" && Self.controls.contains($0) }, "\(text)")
      }
    }
  }
}
