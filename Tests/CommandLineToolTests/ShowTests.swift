import Foundation
import TestSupport
import Testing

@Suite struct ShowTests {
  private func withRun<Result>(recordsGradients: Bool = true, _ body: (String) throws -> Result) throws -> Result {
    try withTemporaryFolder { folder in
      try writeSmallRun(folder + "/a.rheo", recordsGradients: recordsGradients)
      return try body(folder)
    }
  }

  /// What the tool shows in a terminal of 90 × 40 characters.
  private func inTerminal(_ environment: [String: String], _ words: String, in folder: String) throws -> String {
    let tool = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
    let command = "stty cols 90 rows 40; '\(tool.path)/rheoscope' \(words)"
    let run = try ProcessRun(
      "/usr/bin/script", ["-qec", command, "/dev/null"], in: folder,
      environment: ["PATH": "/usr/bin:/bin", "TERM": "xterm"].merging(environment) { $1 })
    #expect(run.code == 0, "\(run.output)")
    return run.output.replacing("\r\n", with: "\n")
  }

  @Test func aPipeGetsPlainText() throws {
    try withRun { folder in
      let run = try runTool("show", "a.rheo", in: folder)
      #expect(run.code == 0 && run.errors == "" && !run.output.contains("\u{1B}"))
      #expect(run.output.contains("Training loss · small") && run.output.contains("Gradient flow · small"))
      #expect(run.output.split(separator: "\n").allSatisfy { $0.count <= 100 })
      #expect(run.output.contains { ("\u{2801}"..."\u{28FF}").contains($0) } && run.output.contains("██"))
    }
  }

  @Test func chartsFitTheWindow() throws {
    try withRun { folder in
      let both = try inTerminal([:], "show a.rheo", in: folder)
      #expect((34...39).contains(both.split(separator: "\n", omittingEmptySubsequences: false).count - 1))
      let one = try inTerminal([:], "show a.rheo --chart dashboard", in: folder)
      #expect(one.split(separator: "\n", omittingEmptySubsequences: false).count - 1 <= 39)
    }
  }

  @Test func aTerminalOf256ColoursGetsThem() throws {
    try withRun { folder in
      let text = try inTerminal(["TERM": "xterm-256color"], "show a.rheo", in: folder)
      #expect(text.contains("\u{1B}[38;5;") && !text.contains("\u{1B}[38;2;"))
      #expect(
        try !inTerminal(["TERM": "xterm-256color", "NO_COLOR": "1"], "show a.rheo", in: folder).contains("\u{1B}"))
    }
  }

  @Test func aTerminalGetsTheColoursThatItHas() throws {
    try withRun { folder in
      let plain = try inTerminal([:], "show a.rheo", in: folder)
      #expect(!plain.contains("\u{1B}") && plain.contains("Training loss"))
      #expect(plain.split(separator: "\n").allSatisfy { $0.count <= 90 })
      let colored = try inTerminal(["COLORTERM": "truecolor"], "show a.rheo", in: folder)
      #expect(colored.contains("\u{1B}[38;2;75;140;160m"), "the dark theme's first series")
      let light = try inTerminal(["COLORTERM": "truecolor", "COLORFGBG": "0;15"], "show a.rheo", in: folder)
      #expect(light.contains("\u{1B}[38;2;5;115;230m"), "the light theme's")
      for more in [["NO_COLOR": "1"], ["TERM": "dumb"]] {
        let environment = ["COLORTERM": "truecolor", "TERM_PROGRAM": "WezTerm"].merging(more) { $1 }
        #expect(try !inTerminal(environment, "show a.rheo", in: folder).contains("\u{1B}"), "\(more)")
      }
      #expect(
        try inTerminal(["COLORTERM": "24bit", "NO_COLOR": ""], "show a.rheo", in: folder).contains("\u{1B}[38;2"))
    }
  }

  @Test func picturesGoWhereTheyAreUnderstood() throws {
    try withRun { folder in
      for (environment, mark) in [
        (["TERM": "xterm-kitty"], "\u{1B}_Ga=T,f=100"), (["TERM_PROGRAM": "iTerm.app"], "\u{1B}]1337;File=inline=1"),
        (["TERM": "foot"], "\u{1B}P0;1q\"1;1;"),
      ] {
        let shown = try inTerminal(environment, "show a.rheo", in: folder)
        #expect(shown.components(separatedBy: mark).count >= 3, "two pictures in \(environment)")
        #expect(try !inTerminal(environment, "show a.rheo --images none", in: folder).contains(mark))
      }
      #expect(try runTool("show", "a.rheo", "--images", "sixel", in: folder).output.contains("\u{1B}P0;1q"))
      #expect(
        try runTool("show", "a.rheo", "--images", "sixl", in: folder).errors
          == "rheoscope: --images can't be “sixl”; did you mean “sixel”?\n")
    }
  }

  @Test func whatIsMissingIsSaid() throws {
    try withRun(recordsGradients: false) { folder in
      let run = try runTool("show", "a.rheo", in: folder)
      #expect(run.code == 0 && run.output.contains("Training loss"))
      #expect(run.errors == "rheoscope: gradient-flow is not drawn: no RMS of dL/dy is recorded\n")
      #expect(try runTool("show", "a.rheo", "--chart", "gradient-flow", in: folder).code == 1)
      #expect(try runTool("show", "none.rheo", in: folder).errors.hasPrefix("rheoscope: none.rheo: no such run file"))
    }
  }
}
