import Charts
import Foundation
import TestSupport
import Testing

@Suite struct RenderTests {
  private func number(_ data: Data, at place: Int) -> Int { data[place..<place + 4].reduce(0) { $0 << 8 | Int($1) } }

  private func names(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  private func withRun<Result>(_ body: (String) throws -> Result) throws -> Result {
    try withTemporaryFolder { folder in
      try writeSmallRun(folder + "/a.rheo")
      return try body(folder)
    }
  }

  @Test func theListNamesEveryChart() throws {
    let run = try runTool("render", "--list")
    #expect(run.code == 0 && run.errors == "")
    for kind in ChartKind.all { #expect(run.output.contains("  \(kind.name) ") && run.output.contains(kind.summary)) }
  }

  @Test func thePictureHasWhatWasAskedFor() throws {
    try withRun { folder in
      let words = [
        "render", "a.rheo", "--chart", "loss", "--out", "new/x.png", "--theme", "dark", "--scale", "1.5", "--width",
        "600px",
        "--height", "225pt", "--smooth", "0.5", "--steps", "5:30", "--layers", "layers.*", "--title", "My own",
      ]
      let run = try runTool(words: words, in: folder)
      #expect(run.code == 0 && run.output == "wrote new/x.png\n" && run.errors == "")
      let data = try Data(contentsOf: URL(filePath: folder + "/new/x.png"))
      #expect(number(data, at: 16) == 600 && number(data, at: 20) == 450, "225 points are 300 units of 1.5 pixels")
      for text in ["My own", "Command", "--title 'My own'", "Training loss over steps. alpha: at first "] {
        #expect(data.range(of: Data(text.utf8)) != nil, "\(text)")
      }
      #expect(try runTool(words: words, in: folder).code == 0)
      #expect(try Data(contentsOf: URL(filePath: folder + "/new/x.png")) == data, "the same bytes again")
    }
  }

  @Test func picturesAreWrittenBesideTheRuns() throws {
    try withTemporaryFolder { folder in
      for name in ["x/a/1.rheo", "x/b/1.rheo"] { try writeSmallRun("\(folder)/\(name)") }
      func wrote(_ words: String...) throws -> String {
        try runTool(words: ["render", "--chart", "loss"] + words, in: folder).output
      }
      #expect(try wrote("x/a/1.rheo") == "wrote x/a/loss.png\n")
      #expect(try wrote("x/a/1.rheo", "x/b/1.rheo") == "wrote x/loss.png\n")
      #expect(try wrote(folder + "/x/a/1.rheo") == "wrote \(folder)/x/a/loss.png\n")
      #expect(try wrote("x/a/1.rheo", folder + "/x/b/1.rheo") == "wrote loss.png\n")
      #expect(
        try runTool("render", "x/a/1.rheo", "--chart", "all", in: folder).output.contains("wrote x/a/charts/loss.png\n")
      )
    }
  }

  @Test func aNameOrAFlagChoosesTheFormat() throws {
    try withRun { folder in
      #expect(try runTool("render", "a.rheo", "--chart", "loss", in: folder).output == "wrote loss.png\n")
      #expect(
        try runTool("render", "a.rheo", "--chart", "loss", "--out", "x.svg", in: folder).output == "wrote x.svg\n")
      #expect(
        try runTool("render", "a.rheo", "--chart", "loss", "--out", "to", "--format", "pdf", in: folder).output
          == "wrote to/loss.pdf\n")
      let svg = try String(contentsOfFile: folder + "/x.svg", encoding: .utf8)
      #expect(
        svg.contains("<desc id=\"description\">Training loss over steps.") && svg.contains("--out x.svg</metadata>"))
      #expect(try Data(contentsOf: URL(filePath: folder + "/to/loss.pdf")).starts(with: Data("%PDF".utf8)))
    }
  }

  @Test func allDrawsWhatIsRecordedAndNamesTheRest() throws {
    try withRun { folder in
      let run = try runTool("render", "a.rheo", "--chart", "all", "--scale", "0.5", in: folder)
      #expect(run.code == 0)
      let drawn = try names(in: folder + "/charts")
      #expect(drawn.contains("loss.png") && drawn.contains("gradient-flow.png") && drawn.contains("dashboard.png"))
      #expect(run.output.split(separator: "\n").count == drawn.count)
      let notes = run.errors.split(separator: "\n")
      #expect(notes.count == ChartKind.all.count - drawn.count)
      #expect(notes.contains("rheoscope: update-ratio is not drawn: no update of weights is recorded"))
    }
  }

  @Test func aPaperSetsTheSizeAndAFontTheFamily() throws {
    try withRun { folder in
      func answer(_ words: String...) throws -> (code: Int, errors: String) {
        let run = try runTool(words: ["render", "a.rheo", "--chart", "loss", "--out", "x.png"] + words, in: folder)
        return (Int(run.code), run.errors)
      }
      for (paper, width) in [("column", 634), ("page", 1344)] {
        #expect(try answer("--paper", paper).code == 0)
        let data = try Data(contentsOf: URL(filePath: folder + "/x.png"))
        #expect(number(data, at: 16) == width && Double(number(data, at: 20)) <= 1.3 * Double(width))
      }
      #expect(try answer("--paper", "column", "--width", "300").code == 2)
      #expect(try answer("--font", "DejaVu Sans").code == 0)
      let unknown = try answer("--font", "No Such Font")
      #expect(
        unknown.code == 1 && unknown.errors.hasPrefix("rheoscope: no font “No Such Font” is installed; installed"))
    }
  }

  @Test func measuresAndScalarsAreDrawnByName() throws {
    try withRun { folder in
      #expect(
        try runTool("render", "a.rheo", "--measure", "effective_rank", in: folder).output
          == "wrote effective_rank.png\n")
      #expect(
        try runTool("render", "a.rheo", "--scalar", "val/loss", "--out", "to", "--format", "svg", in: folder).output
          == "wrote to/val-loss.svg\n")
      let svg = try String(contentsOfFile: folder + "/to/val-loss.svg", encoding: .utf8)
      #expect(
        svg.contains("<desc id=\"description\">val/loss over steps. alpha: at first 2.40; last"), "\(svg.prefix(600))")
      let measure = try runTool("render", "a.rheo", "--measure", "effective_rnk", in: folder)
      #expect(measure.code == 2 && measure.output == "")
      #expect(
        measure.errors
          == "rheoscope: a.rheo: no measure “effective_rnk” is recorded there; recorded are effective_rank, update_size\n"
      )
      let scalar = try runTool("render", "a.rheo", "--scalar", "loss", in: folder)
      #expect(scalar.code == 2)
      #expect(scalar.errors == "rheoscope: a.rheo: no scalar “loss” is recorded there; recorded are val/loss\n")
      try writeSmallRun(folder + "/empty.rheo", steps: 0)
      let empty = try runTool("render", "empty.rheo", "--scalar", "loss", in: folder)
      #expect(empty.code == 1)
      #expect(empty.errors == "rheoscope: empty.rheo: no scalar “loss” is recorded there; no scalar is\n")
    }
  }

  @Test func nothingIsDrawnWhereNothingFits() throws {
    try withRun { folder in
      func answer(_ words: String...) throws -> String {
        let run = try runTool(words: ["render", "a.rheo", "--chart", "loss"] + words, in: folder)
        #expect(run.code == 2 && run.output == "")
        return run.errors
      }
      #expect(
        try answer("--layers", "layer.1") == "rheoscope: no layer matches “layer.1”; did you mean “layers.1”?\n")
      #expect(
        try answer("--layers", "zzzzzzz")
          == "rheoscope: no layer matches “zzzzzzz”; layers are layers.0, layers.1, layers.2\n")
      #expect(try answer("--steps", "50:60") == "rheoscope: --steps selects no step; steps 0 to 39 are recorded\n")
      let missing = try runTool("render", "a.rheo", "--chart", "update-ratio", in: folder)
      #expect(
        missing.code == 1 && missing.errors.hasPrefix("rheoscope: a.rheo: no update of weights is recorded there;"))
      let large = try runTool("render", "a.rheo", "--chart", "loss", "--width", "1e6", in: folder)
      #expect(large.code == 1 && large.errors.contains("choose a size and a scale"))
      #expect(try names(in: folder) == ["a.rheo"])
    }
  }

  @Test func whatIsNotRecordedIsNotFoundHealthy() throws {
    try withTemporaryFolder { folder in
      try writeSmallRun(folder + "/empty.rheo", steps: 0)
      try writeSmallRun(folder + "/blind.rheo", recordsGradients: false)
      for words in [["diagnose"], ["render", "--out", "a.png"], ["render", "--chart", "loss", "--out", "a.png"]] {
        let run = try runTool(words: words + ["empty.rheo"], in: folder)
        #expect(run.code == 1 && run.output == "")
        #expect(
          run.errors
            == "rheoscope: empty.rheo: no step is recorded there; call recorder.step(loss:) behind each step of training\n"
        )
      }
      let blind = try runTool("diagnose", "blind.rheo", in: folder)
      let lines = blind.output.split(separator: "\n")
      #expect(lines.first == "blind.rheo: nothing wrong found in its losses; no gradients are recorded there")
      #expect(lines.dropFirst().allSatisfy { $0.hasPrefix("not checked: ") && $0.contains("; to record that: ") })
      #expect(lines.contains { $0.contains("“vanishing gradient”") })
      let several = try runTool("diagnose", "none.rheo", "empty.rheo", "blind.rheo", in: folder)
      #expect(several.code == 1 && several.output == blind.output, "the others are diagnosed all the same")
      let starts = ["rheoscope: none.rheo: no such run file", "rheoscope: empty.rheo: no step is recorded there"]
      #expect(zip(several.errors.split(separator: "\n"), starts).allSatisfy { $0.hasPrefix($1) }, "\(several.errors)")
    }
  }
}
