import Foundation
import RunFile
import TestSupport
import Testing

/// Run files with random damage to their bytes: each is read, or refused by a `RunFileError` in one line.
@Suite struct RunFileTests {
  private static let librariesWords = [
    "malformed", "constraint", "no such", "datatype", "SQLITE", "Error Domain", "could not be completed", "syntax",
  ]

  @Test func damagedRunFilesAreReadOrRefused() throws {
    try withTemporaryFolder { folder in
      let whole = folder + "/whole.rheo", path = folder + "/a.rheo"
      try writeRun(whole, steps: 8)
      let sample = [UInt8](try Data(contentsOf: URL(filePath: whole)))
      var random = Generator(seed: 9), read = 0, refused = 0
      for number in 0..<cases(2_000, full: 100_000) {
        var bytes = sample
        for _ in 0..<Int.random(in: 1...4, using: &random) {
          // Half of the damage is in pages that hold the schema and the first rows.
          if random.happens(0.5) {
            var page = Array(bytes.prefix(2_000))
            page.damage(from: [sample], &random)
            bytes.replaceSubrange(0..<min(2_000, bytes.count), with: page)
          } else {
            bytes.damage(from: [sample], &random)
          }
        }
        try Data(bytes).write(to: URL(filePath: path))
        let begin = threadSeconds()
        do {
          let run = try Run(path: path)
          _ = try run.layers(LayerQuantity.allCases)
          _ = try (run.weights(WeightQuantity.allCases), run.facts(), run.summary(), run.histograms("activation"))
          for name in try run.measureNames() { _ = try run.measures(name) }
          for name in try run.scalarNames() { _ = try run.scalars(name) }
          _ = try GradientProfile.of(run)
          read += 1
        } catch {
          let text = "\(error)"
          #expect(error is RunFileError && text.hasPrefix(path + ": "), "case \(number): \(text)")
          // The check names columns and tables in the words of the format.
          #expect(!Self.librariesWords.contains { text.contains($0) }, "case \(number): \(text)")
          refused += 1
        }
        do { _ = try RunFileCheck.problems(at: path) } catch {
          #expect(error is RunFileError, "case \(number): \(error)")
        }
        #expect(threadSeconds() - begin < 10, "case \(number)")
      }
      #expect(!isFull || peakMemory() < 2 << 30)
      #expect(read > 100 && refused > 100, "\(read) read, \(refused) refused")
    }
  }
}
