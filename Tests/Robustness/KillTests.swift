import ExperimentHarness
import Foundation
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
      for _ in 0..<cases(4, full: 100) {
        let run = try LaunchedProgram(words, in: folder)
        usleep(UInt32(1e6 * Double.random(in: 0...(1.1 * seconds), using: &random)))
        run.kill()
        _ = try run.end()
        // The next command completes what was begun, and moves what was recorded to a visible folder.
        #expect(try LaunchedProgram(["verify", "x", "--data", "/nowhere"], in: folder).end(within: 30).code == 1)
        #expect(try problems(ofResultsIn: results) == [])
        try OutputFolder(path: results).discard()
        for file in files(in: results, ending: ".rheo") where file.hasPrefix("interrupted") {
          // A file that was just begun has no step.
          let run = try Run(path: "\(results)/\(file)"), steps = run.steps.map(\.step)
          #expect(steps == Array(0..<steps.count))
          recorded += steps.count
        }
        for name in try FileManager.default.contentsOfDirectory(atPath: results) where name.hasPrefix("interrupted") {
          try FileManager.default.removeItem(atPath: "\(results)/\(name)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: results).filter { $0.hasPrefix(".") } == [])
      }
      #expect(recorded > 0)
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
