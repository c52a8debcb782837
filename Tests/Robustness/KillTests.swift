import Autodiff
import ExperimentHarness
import Foundation
import NeuralNetworks
import RunFile
import TestSupport
import Testing

/// Processes that are killed at random moments. No earlier result is lost, and what was recorded can be read.
@Suite(.serialized) struct KillTests {
  private let words = [
    "run", "residual", "--depth", "4", "--width", "8", "--batch", "16", "--steps", "400", "--seeds", "1", "--jobs", "2",
    "--out", "x",
  ]

  private func files(in folder: String, ending: String) -> [String] {
    (FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(ending) }
  }

  /// When rows of a run file were written last, in seconds since 1970.
  private func lastWrite(_ path: String) -> Double {
    [path, path + "-wal"].map { path in
      var status = stat()
      return stat(path, &status) == 0 ? Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) / 1e9 : 0
    }.max()!
  }

  /// The results of the folder are those of one complete run: each file has the hash that the manifest gives.
  private func problems(ofResultsIn folder: String) throws -> [String] {
    let data = try Data(contentsOf: URL(filePath: folder + "/manifest.json"))
    let manifest = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let hashes = try #require(manifest["files"] as? [String: String])
    return hashes.compactMap { file, hash in
      guard let data = FileManager.default.contents(atPath: "\(folder)/\(file)") else { return "\(file) is missing" }
      return digest(of: data) == hash ? nil : "\(file) is another"
    }
  }

  @Test func killedRuns() throws {
    try withTemporaryFolder { folder in
      let first = try LaunchedProgram(words, in: folder), begin = Date()
      #expect(try first.end(within: 60).code == 0)
      let seconds = Date().timeIntervalSince(begin), results = folder + "/x"
      #expect(try problems(ofResultsIn: results) == [])
      var random = Generator(seed: 3), recorded = 0
      // Beside many other tests runs may not come to their first step before they are killed, so there are more then.
      var kills = 0
      while kills < cases(4, full: 100) || recorded == 0 && kills < 40 {
        kills += 1
        let run = try LaunchedProgram(words, in: folder)
        usleep(UInt32(1e6 * Double.random(in: 0...(1.1 * seconds), using: &random)))
        run.kill()
        let killed = Date()
        _ = try run.end()
        // The next command completes what was begun, and moves what was recorded to a visible folder.
        #expect(try LaunchedProgram(["verify", "x", "--data", "/nowhere"], in: folder).end(within: 30).code == 1)
        #expect(try problems(ofResultsIn: results) == [])
        try OutputFolder(path: results).discard()
        for file in files(in: results, ending: ".rheo") where file.hasPrefix("interrupted") {
          // A file that was just begun has no step.
          let written = lastWrite("\(results)/\(file)")
          let run = try Run(path: "\(results)/\(file)"), steps = run.steps.map(\.step)
          if (1..<400).contains(steps.count) {
            // It was training. Other tests take the processor in ./test.
            let lost = killed.timeIntervalSince1970 - written
            #expect(lost < (isFull ? 0.5 : 3), "\(lost) s of steps are lost in \(file)")
          }
          #expect(steps == Array(0..<steps.count))
          recorded += steps.count
        }
        for name in try FileManager.default.contentsOfDirectory(atPath: results) where name.hasPrefix("interrupted") {
          try FileManager.default.removeItem(atPath: "\(results)/\(name)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: results).filter { $0.hasPrefix(".") } == [])
      }
      #expect(recorded > 0)
      #expect(!isFull || peakMemory() < 2 << 30)
    }
  }

  /// A run that is killed again and again, and resumed each time, ends with the results of a run without a break. What is repeated, the steps
  /// since the last checkpoint, is counted by `ResumeTests`.
  @Test func killedAndResumedRuns() throws {
    try withTemporaryFolder { folder in
      let words = self.words + ["--checkpoint", "20"], begin = Date()
      for name in ["whole", "killed"] {
        try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
      }
      #expect(try LaunchedProgram(words, in: folder + "/whole").end(within: 60).code == 0)
      let seconds = Date().timeIntervalSince(begin), killed = folder + "/killed"
      var random = Generator(seed: 5), isBegun = false, resumed = 0
      for number in 0..<cases(8, full: 100) {
        let run = try LaunchedProgram(words + (isBegun ? ["--resume"] : []), in: killed)
        // Early and late moments; a run that is resumed is shorter.
        let share = Double.random(in: number % 2 == 0 ? 0.4...0.95 : 0...0.4, using: &random)
        usleep(UInt32(1e6 * share * seconds))
        run.kill()
        _ = try run.end()
        let results = killed + "/x"
        guard FileManager.default.fileExists(atPath: results) else { continue }
        // As the next command does.
        try OutputFolder(path: results).discard()
        isBegun = FileManager.default.fileExists(atPath: results + "/interrupted/unfinished.json")
        resumed += isBegun ? 1 : 0
        for file in files(in: results, ending: ".checkpoint") {
          let state = try TrainingState.others(in: "\(results)/\(file)").tensors["losses"]?.elementCount ?? 0
          let path = "\(results)/\(file.dropLast(10))rheo"
          guard FileManager.default.fileExists(atPath: path) else { continue }  // a net that is not recorded
          let steps = try Run(path: path).steps.count
          #expect(state > 0 && state <= steps && state % 20 == 0, "the run file has all steps of its checkpoint")
        }
        if FileManager.default.fileExists(atPath: results + "/manifest.json") {
          #expect(try problems(ofResultsIn: results) == [])
          try FileManager.default.removeItem(atPath: results)
          isBegun = false
        }
      }
      let last = try LaunchedProgram(words + (isBegun ? ["--resume"] : []), in: killed).end(within: 120)
      #expect(last.code == 0 && resumed > 0, "\(last.errors)")
      let runs = files(in: folder + "/whole/x", ending: ".rheo")
      #expect(runs.count > 1)
      for file in runs {
        #expect(
          try RunComparison.differences(between: "\(folder)/whole/x/\(file)", and: "\(killed)/x/\(file)") == [])
      }
      for file in ["summary.json", "loss.png"] {
        #expect(
          try Data(contentsOf: URL(filePath: "\(folder)/whole/x/\(file)"))
            == Data(contentsOf: URL(filePath: "\(killed)/x/\(file)")), "\(file)")
      }
    }
  }

  @Test func killedPictures() throws {
    try withTemporaryFolder { folder in
      try writeRun(folder + "/a.rheo")
      let words = ["render", "a.rheo", "--out", "a.png"], begin = Date()
      #expect(try LaunchedProgram(words, in: folder).end().code == 0)
      let seconds = Date().timeIntervalSince(begin), picture = try Data(contentsOf: URL(filePath: folder + "/a.png"))
      var random = Generator(seed: 4)
      for _ in 0..<cases(10, full: 100) {
        let render = try LaunchedProgram(words, in: folder)
        usleep(UInt32(1e6 * Double.random(in: 0...(1.1 * seconds), using: &random)))
        render.kill()
        _ = try render.end()
        #expect(try Data(contentsOf: URL(filePath: folder + "/a.png")) == picture, "whole, the old one or the new one")
      }
    }
  }
}
