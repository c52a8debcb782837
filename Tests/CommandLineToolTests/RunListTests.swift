import Foundation
import RunFile
import TestSupport
import Testing

/// Commands that list, describe and compare runs.
@Suite struct RunListTests {
  private func data(_ run: ProcessRun) throws -> [String: Any] {
    let answer = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    return try #require(answer["data"] as? [String: Any])
  }

  private func write(_ path: String, _ meta: [MetaKey: String], losses: [Double]) throws {
    let writer = try RunWriter(path: path, meta: meta)
    for (step, loss) in losses.enumerated() {
      try writer.append(step: StepRow(step: step, loss: loss, learningRate: 0.1, seconds: Double(step)))
    }
    _ = try writer.finish()
  }

  @Test func runsOfFoldersAreListedInOrder() throws {
    try withTemporaryFolder { folder in
      try FileManager.default.createDirectory(atPath: folder + "/b/c", withIntermediateDirectories: true)
      try writeSmallRun(folder + "/b/c/small.rheo")
      try write(folder + "/b/nan.rheo", [.variant: "beta", .seed: "10"], losses: [1, .nan])
      try write(folder + "/a.rheo", [.variant: "alpha", .seed: "9"], losses: [3, 3])
      let lines = try runTool("runs", "a.rheo", "b", in: folder).output.split(separator: "\n").map(String.init)
      #expect(lines.count == 4 && lines[0].hasPrefix("run "))
      #expect(
        lines[1].hasPrefix("a.rheo ") && lines[2].hasPrefix("b/c/small.rheo ") && lines[3].hasPrefix("b/nan.rheo "))
      #expect(lines[2].contains("small") && lines[2].contains("alpha") && lines[2].contains("0.100"))
      // Numbers are sorted as numbers, and NaN comes last, from either end.
      for (flags, expected) in [
        (["--sort", "seed"], ["b/c/small.rheo", "a.rheo", "b/nan.rheo"]),
        (["--sort", "loss"], ["b/c/small.rheo", "a.rheo", "b/nan.rheo"]),
        (["--sort", "loss", "--reverse"], ["a.rheo", "b/c/small.rheo", "b/nan.rheo"]),
        (["--sort", "steps", "--reverse"], ["b/c/small.rheo", "a.rheo", "b/nan.rheo"]),
      ] {
        let run = try runTool(words: ["runs", "a.rheo", "b", "--json"] + flags, in: folder)
        let runs = try #require(try data(run)["runs"] as? [[String: Any]])
        #expect(runs.map { $0["path"] as? String } == expected, "\(flags)")
      }
    }
  }

  @Test func whatCannotBeReadIsNamedAfterTheOthers() throws {
    try withTemporaryFolder { folder in
      try writeSmallRun(folder + "/a.rheo")
      try FileManager.default.createDirectory(atPath: folder + "/empty", withIntermediateDirectories: true)
      try Data("no database".utf8).write(to: URL(fileURLWithPath: folder + "/text.rheo"))
      for command in ["runs", "info"] {
        let run = try runTool(command, "a.rheo", "text.rheo", in: folder)
        #expect(run.code == 1 && run.output.contains("a.rheo") && run.errors.contains("text.rheo"))
        #expect(run.errors.split(separator: "\n").count == 1)
      }
      let empty = try runTool("runs", "empty", in: folder)
      #expect(empty.code == 1 && empty.errors == "rheoscope: empty: no file in it ends in .rheo, as run files do\n")
      let missing = try runTool("runs", "none", in: folder)
      #expect(missing.code == 1 && missing.errors.hasPrefix("rheoscope: none: no such run file"))
    }
  }

  @Test func aRunIsDescribed() throws {
    try withTemporaryFolder { folder in
      try writeSmallRun(folder + "/a.rheo", variant: "x\u{1B}[2J\u{202E}")
      let run = try runTool("info", "a.rheo", in: folder)
      #expect(run.code == 0 && run.errors == "")
      for words in [
        "a.rheo\n", "small · x", "seed 0, finished", "format 2", "40 (0 to 39), final loss 0.", "3 layers, 3 sites",
        "gradient_rms", "effective_rank, update_size", "val/loss", "facts",
      ] { #expect(run.output.contains(words), "\(words)") }
      #expect(!run.output.contains("\u{1B}") && !run.output.contains("\u{202E}"))
      #expect(run.output.contains("not checked: "))
      let runs = try #require(try data(try runTool("info", "a.rheo", "--json", in: folder))["runs"] as? [[String: Any]])
      #expect(runs[0]["layers"] as? Int == 3 && runs[0]["lastStep"] as? Int == 39)
      #expect(runs[0]["perLayer"] as? [String] == ["gradient_rms"] && runs[0]["scalars"] as? [String] == ["val/loss"])
    }
  }

  @Test func variantsAreComparedOverSeeds() throws {
    try withTemporaryFolder { folder in
      for seed in 0..<3 {
        for (variant, rate) in [("fast", "0.1"), ("slow", "0.001")] {
          try write(
            folder + "/\(variant)-\(seed).rheo",
            [
              .experiment: "rates", .variant: variant, .seed: "\(seed)", .learningRate: rate, .width: "64",
              .testAccuracy: "0.\(seed + 5)",
            ], losses: (0..<40).map { variant == "fast" ? 2 / Double($0 + 1) + Double(seed) : 2.3 })
        }
      }
      let run = try runTool("compare", ".", in: folder)
      #expect(run.code == 0 && run.errors == "")
      let lines = run.output.split(separator: "\n").map(String.init)
      let fast = try #require(lines.first { $0.hasPrefix("fast ") }),
        slow = try #require(lines.first { $0.hasPrefix("slow ") })
      #expect(fast.contains(" 3 ") && fast.contains("0.600 (0.500 to 0.700)"))
      #expect(slow.contains(" 2.30  ") && !slow.contains("2.30 ("))
      #expect(lines.contains { $0.hasPrefix("learning_rate") && $0.contains("0.1") && $0.contains("0.001") })
      #expect(!lines.contains { $0.hasPrefix("width") }, "it does not differ")
      let contents = try data(try runTool("compare", ".", "--json", in: folder))
      #expect(
        contents["differences"] as? [String: [String: String]] == ["learning_rate": ["fast": "0.1", "slow": "0.001"]])
      let alone = try runTool("compare", "fast-0.rheo", "fast-1.rheo", in: folder)
      #expect(
        alone.code == 1 && alone.errors.hasPrefix("rheoscope: there is nothing to compare: all runs are of one variant")
      )
    }
  }

  /// Such as a sweep's, which differ in a setting alone.
  @Test func runsOfOneNameAreToldApart() throws {
    try withTemporaryFolder { folder in
      for (file, experiment, rate) in [("a", "one", "0.1"), ("b", "one", "0.2"), ("c", "two", "0.1")] {
        try write(
          "\(folder)/\(file).rheo", [.experiment: experiment, .variant: "net", .seed: "0", .learningRate: rate],
          losses: [2, 1])
      }
      let contents = try data(try runTool("compare", ".", "--json", in: folder))
      let runs = try #require(contents["runs"] as? [[String: Any]])
      #expect(runs.map { $0["name"] as? String } == ["net (./a.rheo)", "net (./b.rheo)", "two · net"])
      let differences = try #require(contents["differences"] as? [String: [String: String]])
      #expect(differences["learning_rate"]?.count == 3)
    }
  }

  /// In a real bash, with the function that the script defines.
  @Test(arguments: [
    ("rheoscope di", "diagnose"), ("rheoscope run resi", "residual"), ("rheoscope run residual --dep", "--depth"),
    ("rheoscope predict activations --wi", "--width"), ("rheoscope render --chart compa", "comparison"),
    ("rheoscope render --o", "--out"), ("rheoscope info a.r", "a.rheo"), ("rheoscope completions z", "zsh"),
    ("rheoscope diagnose --fail-on w", "warning"), ("rheoscope check b\\ c", "b c.rheo"),
  ]) func bashCompletes(_ line: String, _ expected: String) throws {
    try withTemporaryFolder { folder in
      for name in ["a.rheo", "b c.rheo"] { try Data().write(to: URL(fileURLWithPath: folder + "/" + name)) }
      let script = try runTool("completions", "bash").output
      try Data(script.utf8).write(to: URL(fileURLWithPath: folder + "/complete.bash"))
      let words = line.replacingOccurrences(of: "\\ ", with: "\u{A0}").split(separator: " ")
        .map { "'\($0.replacingOccurrences(of: "\u{A0}", with: " "))'" }
      let program = """
        set -u
        source ./complete.bash
        COMP_WORDS=(\(words.joined(separator: " "))) COMP_CWORD=\(words.count - 1)
        _rheoscope
        printf '%s\\n' "${COMPREPLY[@]}"
        """
      let run = try ProcessRun("/bin/bash", ["--norc", "-c", program], in: folder)
      #expect(run.output.split(separator: "\n").map(String.init) == [expected] && run.errors == "")
      #expect(try ProcessRun("/bin/bash", ["-n", "complete.bash"], in: folder).code == 0)
    }
  }

  @Test func commandsAreListedForPrograms() throws {
    let commands = try #require(try data(try runTool("help", "--json"))["commands"] as? [[String: Any]])
    #expect(commands.count == 16 && commands[1]["name"] as? String == "run")
    let one = try #require(try data(try runTool("help", "diagnose", "--json"))["commands"] as? [[String: Any]])
    let flags = try #require(one[0]["flags"] as? [[String: Any]])
    #expect(one.count == 1 && flags[0]["choices"] as? [String] == ["warning", "failure"])
    #expect(flags[1]["value"] as? String == "")
  }
}
