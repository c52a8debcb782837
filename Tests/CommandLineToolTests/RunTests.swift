import Foundation
import RunFile
import TestSupport
import Testing

@Suite struct RunTests {
  private let small = ["--depth", "4", "--width", "8", "--batch", "16", "--steps", "6", "--seeds", "2"]

  private func files(in folder: String) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: folder).sorted()
  }

  @Test func writesAllThatItNames() throws {
    try withTemporaryFolder { folder in
      let run = try runTool(words: ["run", "residual"] + small, in: folder)
      #expect(run.code == 0)
      #expect(run.errors == "", "no progress where there is no terminal")
      #expect(
        try files(in: folder + "/output/residual") == [
          "depth.png", "final-losses.png", "gradient-flow.png", "gradient-profile.png", "he-scaled",
          "he-scaled/seed-0.rheo",
          "he-scaled/seed-1.rheo",
          "he-unscaled", "he-unscaled/seed-0.rheo", "he-unscaled/seed-1.rheo", "loss.png", "manifest.json", "plain",
          "plain-he", "plain-he/seed-0.rheo", "plain-he/seed-1.rheo", "plain/seed-0.rheo", "plain/seed-1.rheo",
          "report.md", "residual", "residual/seed-0.rheo",
          "residual/seed-1.rheo", "rezero", "rezero/seed-0.rheo", "rezero/seed-1.rheo", "summary.json",
        ])
      let lines = run.output.split(separator: "\n", omittingEmptySubsequences: false)
      #expect(lines[0] == "What do skip connections change, if everything else is the same?")
      #expect(
        lines[1] == "depth 4, width 8, batch 16, steps 6, seeds 2, learning-rate 0.05")
      #expect(lines[3].hasPrefix("variant"))
      #expect(lines[4].hasPrefix("plain ") && lines[5].hasPrefix("residual "))
      #expect(
        run.output.contains(
          "– residual learns: its final loss is clearly below ln 10 = 2.303, the loss of guessing (not judged: it applies to nets of 30 layers"
        ))
      #expect(run.output.hasSuffix("report.md, summary.json, manifest.json, VARIANT/seed-N.rheo\n"))

      let recorded = try Run(path: folder + "/output/residual/plain/seed-1.rheo")
      #expect(recorded.steps.count == 6 && recorded.steps.allSatisfy { $0.accuracy != nil })
      #expect(recorded.experiment == "residual" && recorded.variant == "plain" && recorded.seed == 1)
      #expect(recorded.meta["command"] == "./rheoscope run residual " + small.joined(separator: " "))
      for key in ["version", "classes", "data_hash", "learning_rate", "processor", "test_accuracy"] {
        #expect(recorded.meta[MetaKey(rawValue: key)] != nil, "\(key)")
      }
      #expect(recorded.sites.count { $0.kind == "Linear" } == 4)
    }
  }

  @Test func anotherRunReplacesTheFirstWhole() throws {
    try withTemporaryFolder { folder in
      try "mine".write(toFile: folder + "/notes.txt", atomically: true, encoding: .utf8)
      #expect(try runTool(words: ["run", "residual"] + small + ["--out", "."], in: folder).code == 0)
      #expect(try runTool(words: ["run", "residual"] + small.dropLast(1) + ["1", "--out", "."], in: folder).code == 0)
      let left = try files(in: folder)
      #expect(left.contains("notes.txt") && left.contains("plain/seed-0.rheo") && !left.contains("plain/seed-1.rheo"))
      #expect(!left.contains { $0.contains("unfinished") })
    }
  }

  @Test func numbersDoNotDependOnJobs() throws {
    try withTemporaryFolder { folder in
      for jobs in ["1", "2"] {
        let words = ["run", "activations"] + small + ["--jobs", jobs, "--out", folder + "/" + jobs]
        #expect(try runTool(words: words).code == 0)
      }
      for file in try files(in: folder + "/1") where file.hasSuffix(".rheo") {
        let runs = try ["1", "2"].map { try Run(path: "\(folder)/\($0)/\(file)") }
        #expect(runs[0].steps.map(\.loss) == runs[1].steps.map(\.loss))
        for quantity in LayerQuantity.allCases {
          let numbers = try runs.map { run in try run.sites.indices.flatMap { try run.layers(quantity).row($0) } }
          #expect(numbers[0].map { $0?.bitPattern } == numbers[1].map { $0?.bitPattern }, "\(file) \(quantity)")
        }
      }
    }
  }

  @Test func variantsArePaired() throws {
    try withTemporaryFolder { folder in
      #expect(try runTool(words: ["run", "residual"] + small + ["--out", folder]).code == 0)
      let stems = try ["plain", "residual"].map { name in
        let run = try Run(path: "\(folder)/\(name)/seed-0.rheo")
        let stem = run.sites.firstIndex { $0.path == "stem" }!
        return [try run.layers(.activationRMS)[stem, 0], try run.weights(.norm)[0, 0]]
      }
      #expect(stems[0] == stems[1], "same first weights, same first images")
    }
  }

  @Test func recordingGoesOnPastNaN() throws {
    try withTemporaryFolder { folder in
      let words = ["run", "residual", "--depth", "4", "--width", "8", "--steps", "20", "--seeds", "1"]
      let run = try runTool(words: words + ["--learning-rate", "1000", "--out", folder])
      #expect(run.code == 0)
      let notices = run.errors.split(separator: "\n")
      #expect(notices.count { $0.hasPrefix("rheoscope: plain, seed 0: ") } == 1, "once: \(run.errors)")
      #expect(notices.allSatisfy { $0.contains("not finite at step ") && $0.hasSuffix("recording continues") })
      #expect(run.output.contains("NaN"))
      #expect(try Run(path: folder + "/plain/seed-0.rheo").steps.count == 20)
      #expect(try String(contentsOfFile: folder + "/summary.json", encoding: .utf8).contains("\"NaN\""))
    }
  }
}

@Suite struct FailureTests {
  private func expectFailure(_ words: [String], in folder: String = NSTemporaryDirectory(), _ answer: String) throws {
    let run = try runTool(words: words, in: folder)
    #expect(run.code == 1)
    #expect(run.errors == "rheoscope: \(answer)\n")
  }

  @Test func missingDataLeaveNothingBehind() throws {
    try withTemporaryFolder { folder in
      try expectFailure(
        ["run", "activations", "--data", "/nowhere"], in: folder,
        "/nowhere/train-labels-idx1-ubyte.gz: no such file; apt-get install dataset-fashion-mnist, or name another folder (--data DIR)"
      )
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/output") == [])
    }
  }

  @Test func folderThatCannotBeWrittenIsFoundBeforeTraining() throws {
    try withTemporaryFolder { folder in
      try "".write(toFile: folder + "/file", atomically: true, encoding: .utf8)
      try expectFailure(
        ["run", "activations", "--out", "file"], in: folder,
        "file: can't write there (“file” is a file, not a folder); choose another output folder (--out DIR)")
      try expectFailure(
        ["run", "activations", "--out", "/proc/output"],
        "/proc/output: can't write there (no such file); choose another output folder (--out DIR)")
    }
  }

  @Test func whatIsNoRunFile() throws {
    try withTemporaryFolder { folder in
      try "text".write(toFile: folder + "/text.rheo", atomically: true, encoding: .utf8)
      for words in [["render", "text.rheo", "--chart", "loss", "--out", "a.png"], ["diagnose", "text.rheo"]] {
        let run = try runTool(words: words, in: folder)
        #expect(run.code == 1 && run.output == "")
        #expect(run.errors.hasPrefix("rheoscope: text.rheo: not a run file"))
        #expect(run.errors.split(separator: "\n").count == 1)
      }
      #expect(!FileManager.default.fileExists(atPath: folder + "/a.png"))
      let missing = try runTool(words: ["render", "none.rheo", "--chart", "loss", "--out", "a.png"], in: folder)
      #expect(missing.code == 1 && missing.errors.hasPrefix("rheoscope: none.rheo: no such run file"))
    }
  }

  @Test func rendersWhatWasRecorded() throws {
    try withTemporaryFolder { folder in
      let words = ["--depth", "4", "--width", "8", "--steps", "4", "--seeds", "1"]
      #expect(try runTool(words: ["run", "residual"] + words, in: folder).code == 0)
      let runs = ["plain", "residual"].map { "output/residual/\($0)/seed-0.rheo" }
      for kind in ["loss", "gradient-flow", "gradient-profile"] {
        let run = try runTool(words: ["render"] + runs + ["--chart", kind, "--out", "new/\(kind).png"], in: folder)
        #expect(run.code == 0 && run.output == "wrote new/\(kind).png\n")
        let picture = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/new/\(kind).png"))
        #expect(picture.starts(with: [0x89, 0x50, 0x4e, 0x47]))
      }
      #expect(try runTool(words: ["diagnose"] + runs, in: folder).code == 0)
    }
  }
}
