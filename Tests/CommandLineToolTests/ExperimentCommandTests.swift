import CommandLineTool
import ExperimentHarness
import Experiments
import Foundation
import TestSupport
import Testing

/// `verify`, `new` and settings files.
@Suite struct ExperimentCommandTests {
  private func write(_ text: String, _ path: String) throws {
    try Data(text.utf8).write(to: URL(filePath: path))
  }

  @Test func verifyFindsWhatIsNotAsItWas() throws {
    try withTemporaryFolder { folder in
      #expect(try runTool(words: ["run", "vanishing-product", "--seeds", "2", "--out", "x"], in: folder).code == 0)
      let same = try runTool("verify", "x", in: folder)
      #expect(same.code == 0 && same.errors == "")
      #expect(same.output == "x: reproduced; 6 numbers and all verdicts compared\n")

      let summary = folder + "/x/summary.json"
      let text = try String(contentsOfFile: summary, encoding: .utf8)
      let number = try #require(text.firstMatch(of: /"perSeed" : \[\s+(0\.0051\d+)/))
      try write(text.replacing(number.output.1, with: "0.00519"), summary)
      try FileManager.default.removeItem(atPath: folder + "/x/gradient.png")
      let other = try runTool("verify", "x", in: folder)
      #expect(other.code == 1 && other.errors == "rheoscope: x: not reproduced\n")
      let lines = other.output.split(separator: "\n")
      #expect(lines[0] == "x: differs" && lines[1] == "  ✗ summary.json: changed since it was written")
      #expect(lines[2] == "  ✗ gradient.png: missing")
      #expect(
        lines.dropFirst(3).contains {
          $0.hasPrefix("  ✗ stretch-0.9, seed ") && $0.contains("first / last gradient: recorded 0.00519, now 0.0051")
        })
    }
  }

  @Test func onlyVerdictsAreComparedAcrossMachines() throws {
    try withTemporaryFolder { folder in
      #expect(try runTool(words: ["run", "chain-rule", "--out", "x"], in: folder).code == 0)
      let manifest = folder + "/x/manifest.json"
      let text = try String(contentsOfFile: manifest, encoding: .utf8)
      try write(text.replacing(/"version" : ".*?"/, with: "\"version\" : \"0.0.1\""), manifest)
      let run = try runTool("verify", "x", in: folder)
      #expect(run.code == 0 && run.output.contains("from another version (0.0.1)"))
      try write(text.replacing("\"chain-rule\"", with: "\"chain-rules\""), manifest)
      #expect(
        try runTool("verify", "x", in: folder).errors
          == "rheoscope: x/manifest.json: there is no experiment “chain-rules”, so it was written by another version; "
          + "run the experiment again\n")
      try write("{}", manifest)
      #expect(
        try runTool("verify", "x", in: folder).errors
          == "rheoscope: x/manifest.json: line 1, column 1: found an object without “experiment”, expected the key “experiment”; "
          + "run the experiment again\n")
      #expect(
        try runTool("verify", "y", in: folder).errors
          == "rheoscope: y/manifest.json: no such file; name a folder with the results of an experiment\n")
    }
  }

  @Test(
    arguments: [
      ("{\"depth\": 7, \"width\": 4}", nil),
      ("{\"depht\": 7}", "s.json: there is no setting “depht”; did you mean “depth”?"),
      ("{\"depth\": 1}", "s.json: depth is at least 2, not 1"),
      ("{\"depth\": 7.5}", "s.json: depth is a whole number from 2 to 20000, not “7.5”"),
      ("{\"depth\": \"ten\"}", mistake(1, 11, "“\"”", "a number")),
      ("{\"depth\": true}", mistake(1, 11, "“true”", "a number")),
      (
        "{\"depth\": 7, \"width\": 4, \"\\u0064epth\": 7}",
        mistake(1, 26, "“depth” again", "a key that the object does not have yet")
      ),
      ("[7]", mistake(1, 1, "“[”", "an object")), ("", mistake(1, 1, "the end", "a value")),
      ("{\"depth\": 7,\n  \"width\" 4}", mistake(2, 11, "“4”", "“:”")),
      ("{\"depth\": 7,\n}", mistake(2, 1, "“}”", "a key in double quotes")),
      ("{\"depth\": [7]}", mistake(1, 11, "“[”", "a number")),
    ])
  func settingsFile(_ text: String, _ answer: String?) throws {
    try withTemporaryFolder { folder in
      try write(text, folder + "/s.json")
      let words = ["run", "vanishing-product", "--settings", "s.json", "--width", "5", "--out", "x", "--quick"]
      let run = try runTool(words: words, in: folder)
      if let answer {
        #expect(run.code == 2 && run.errors == "rheoscope: \(answer)\n")
      } else {
        #expect(run.code == 0 && run.output.contains("depth 7, width 5, seeds 3"), "flags count for more")
      }
    }
  }

  @Test func quickResultsDoNotReplaceThoseThatAreKept() throws {
    try withTemporaryFolder { folder in
      for flag in ["--jobs=1", "--quick", "--full"] {
        let run = try runTool("run", "chain-rule", flag, in: folder)
        #expect(run.code == 0)
      }
      let places = ["chain-rule", "full/chain-rule", "quick/chain-rule"]
      for place in places {
        #expect(FileManager.default.fileExists(atPath: "\(folder)/output/\(place)/summary.json"), "\(place)")
      }
    }
  }

  @Test func anIndexIsKeptTrue() throws {
    try withTemporaryFolder { folder in
      #expect(try runTool(words: ["run", "chain-rule"], in: folder).code == 0)
      let index = folder + "/output/index.md"
      #expect(!FileManager.default.fileExists(atPath: index))
      try write("old", index)
      #expect(try runTool(words: ["run", "chain-rule"], in: folder).code == 0)
      #expect(try String(contentsOfFile: index, encoding: .utf8).contains("| [chain-rule](chain-rule/report.md) | "))
    }
  }

  @Test func tallyCountsSeeds() throws {
    try withTemporaryFolder { folder in
      #expect(try runTool(words: ["run", "chain-rule"], in: folder).code == 0)
      let run = try runTool(words: ["tally", "output/chain-rule", "--out", "t.md"], in: folder)
      #expect(run.code == 0 && run.output == "wrote t.md\n")
      let page = try String(contentsOfFile: folder + "/t.md", encoding: .utf8)
      #expect(
        page.contains("`./rheoscope tally output/chain-rule --out t.md`")
          && page.contains("| by-hand: c is 25 | identity | 1 of 1 |"))
      #expect(try runTool(words: ["tally", "output/chain-rule", "--out", "t.md/t.md"], in: folder).code == 1)
    }
  }

  @Test func aClaimThatFailsIsAnError() throws {
    try withTemporaryFolder { folder in
      // Of ten layers of width 1 the weights are ±1 times the gain: no matrix turns anything about, but all is as claimed.
      #expect(try runTool(words: ["run", "vanishing-product", "--width", "1", "--out", "x"], in: folder).code == 0)
      // Far too large a rate: the residual net does not learn.
      let words = [
        "run", "residual", "--width", "8", "--depth", "30", "--steps", "300", "--seeds", "1", "--batch", "8",
      ]
      let run = try runTool(words: words + ["--learning-rate", "1000", "--out", "y"], in: folder)
      #expect(run.code == 1 && run.output.contains("✗ residual learns"))
      #expect(run.errors.hasSuffix(" claims fail; they are marked ✗\n"))
    }
  }

  @Test func newWritesAnExperimentAndItsLine() throws {
    try withTemporaryFolder { folder in
      try FileManager.default.createDirectory(atPath: folder + "/experiments", withIntermediateDirectories: false)
      let list = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../experiments/AllExperiments.swift").standardizedFileURL.path
      try FileManager.default.copyItem(atPath: list, toPath: folder + "/experiments/AllExperiments.swift")
      let run = try runTool("new", "template-in-tests", in: folder)
      #expect(
        run.output == "wrote experiments/TemplateInTests.swift, and its line in experiments/AllExperiments.swift; "
          + "try it: ./rheoscope run template-in-tests\n")
      let lines = try String(contentsOfFile: folder + "/experiments/AllExperiments.swift", encoding: .utf8)
      #expect(lines.hasSuffix(",\n    .templateInTests,\n  ]\n}\n"))
      let text = try String(contentsOfFile: folder + "/experiments/TemplateInTests.swift", encoding: .utf8)
      #expect(text == ExperimentTemplate(name: "template-in-tests").text)
      #expect(
        try runTool("new", "template-in-tests", in: folder).errors
          == "rheoscope: experiments/TemplateInTests.swift: this file exists, and file names must differ; "
          + "choose another name\n")
      try FileManager.default.createDirectory(
        atPath: folder + "/experiments/Nets", withIntermediateDirectories: false)
      try write("", folder + "/experiments/Nets/DeepNet.swift")
      #expect(
        try runTool("new", "deep-net", in: folder).errors.hasPrefix("rheoscope: experiments/Nets/DeepNet.swift: "))
    }
  }

  @Test(
    arguments: [
      ("My", noName("My")), ("123", noName("123")), ("my--net", noName("my--net")),
      ("residual", "there is an experiment “residual” already; choose another name"),
      ("all", "there is an experiment “all” already; choose another name"),
      ("default", "“default” is a keyword of Swift; choose another name, such as my-default"),
      (
        "mine",
        "experiments/AllExperiments.swift: no such file; go to the folder of your clone of Rheoscope"
      ),
    ])
  func whatNewRefuses(_ name: String, _ answer: String) throws {
    try withTemporaryFolder { folder in
      let run = try runTool("new", name, in: folder)
      #expect(run.code == 1 && run.errors == "rheoscope: \(answer)\n")
    }
  }

  /// TemplateInTests.swift beside this file is the template, so it builds.
  @Test func theTemplateBuildsAndRuns() throws {
    let source = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "TemplateInTests.swift")
    let text = try String(contentsOf: source, encoding: .utf8)
    #expect(text == ExperimentTemplate(name: "template-in-tests").text)
    try withTemporaryFolder { folder in
      var settings = Experiment.templateInTests.settings(in: .quick)
      (settings.steps, settings.seeds) = (10, 1)
      let options = RunOptions(profile: .quick, output: folder, command: "")
      try Experiment.templateInTests.run(settings, options, console: Console(isQuiet: true))
      #expect(FileManager.default.fileExists(atPath: folder + "/report.md"))
    }
  }
}

private func mistake(_ line: Int, _ column: Int, _ found: String, _ expected: String) -> String {
  "s.json, line \(line), column \(column): found \(found), expected \(expected); a settings file is a JSON object such as "
    + "{\"depth\": 30, \"learning-rate\": 0.1}"
}

private func noName(_ name: String) -> String {
  "“\(name)” can't be the name of an experiment; begin with a small letter, then use small letters, digits and single hyphens, "
    + "such as my-experiment"
}
