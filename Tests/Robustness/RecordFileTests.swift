import ExperimentHarness
import Foundation
import TestSupport
import Testing

/// The JSON files of results and of interrupted runs with random damage: each is used, or refused by an error of its own that names the
/// file, and nothing is lost.
@Suite struct RecordFileTests {
  private struct Failure: Error {}

  /// An experiment whose second variant fails while there is a file at `obstacle`.
  private static func experiment(_ obstacle: String) -> Experiment {
    func variant(_ name: String) -> Variant {
      Variant(name, "a sum") { context in
        context.report("sum", Double(context.settings.whole("terms")) + context.settings["factor"])
        context.report("curve", [1, .nan], over: [0, 1])
        context.report("table", rows: [[1, 2], [3]])
        if name == "b", access(obstacle, F_OK) == 0 { throw Failure() }
      }
    }
    let net = variant("a")
    return Experiment(
      name: "sums", question: "What?",
      settings: [.whole("terms", 3, in: 1...10, "terms"), .number("factor", 1, in: 0...9, "base"), .seeds(1)],
      variants: [net, variant("b")],
      claims: [Claim(.finding, "the sum is 4", net, "sum", .exactly(4), source: "arithmetic")],
      figures: [])
  }

  /// Runs the experiment, or goes on with it.
  private static func run(_ experiment: Experiment, in folder: String, resumes: Bool) throws {
    var options = RunOptions(output: folder, command: "")
    options.jobs = 1
    options.checkpointInterval = 10
    options.resuming = resumes ? ResumeRequest() : nil
    try experiment.run(experiment.settings(in: .standard), options, console: Console(isQuiet: true))
  }

  private static let values = [
    "-1", "0", "1.5", "99999", "1e308", "1e-320", "9223372036854775808", "\"NaN\"", "\"\"", "null", "true", "[]", "{}",
  ]

  /// Damages bytes, or replaces a value by another one.
  private func damaged(_ text: [UInt8], _ random: inout Generator) -> [UInt8] {
    var bytes = text
    if random.happens(0.4) {
      for _ in 0..<Int.random(in: 1...3, using: &random) { bytes.damage(from: [text], &random) }
      return bytes
    }
    let string = String(decoding: text, as: UTF8.self)
    let places = string.matches(of: /("(?:[^"\\]|\\.)*"|-?[0-9][0-9.e+-]*|true|false|null)(?! :)/).map(\.range)
    guard let place = places.randomElement(using: &random) else { return bytes }
    bytes = Array(string.replacingCharacters(in: place, with: random.choice(Self.values)).utf8)
    return bytes
  }

  @Test(arguments: ["unfinished.json", "a/seed-0.results.json", "manifest.json", "summary.json"])
  func damagedRecordsAreUsedOrRefused(_ file: String) throws {
    try withTemporaryFolder { folder in
      let obstacle = folder + "/obstacle", experiment = Self.experiment(obstacle), results = folder + "/x"
      let isOfUnfinishedRun = !["manifest.json", "summary.json"].contains(file)
      if isOfUnfinishedRun {
        try Data().write(to: URL(filePath: obstacle))
        #expect(throws: Failure.self) { try Self.run(experiment, in: results, resumes: false) }
        unlink(obstacle)
      } else {
        try Self.run(experiment, in: results, resumes: false)
      }
      let kept = results + (isOfUnfinishedRun ? "/interrupted" : "")
      let text = [UInt8](try Data(contentsOf: URL(filePath: "\(kept)/\(file)")))
      var random = Generator(seed: 12), used = 0, refused = 0
      for number in 0..<cases(500, full: 25_000) {
        let bytes = damaged(text, &random), copy = folder + "/y", path = "\(copy)/\(file)"
        let begin = threadSeconds()
        do {
          if isOfUnfinishedRun {
            try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: kept, toPath: copy + "/interrupted")
            try Data(bytes).write(to: URL(filePath: copy + "/interrupted/" + file))
            try Self.run(experiment, in: copy, resumes: true)
          } else {
            try FileManager.default.copyItem(atPath: results, toPath: copy)
            try Data(bytes).write(to: URL(filePath: path))
            _ = try ClaimSummary(ofResultsIn: [copy], of: [experiment], command: "").page
          }
          used += 1
        } catch let error as ExperimentError {
          #expect("\(error)".hasPrefix(copy), "case \(number): \(error)")
          if isOfUnfinishedRun {
            #expect(
              try Data(contentsOf: URL(filePath: copy + "/interrupted/" + file)) == Data(bytes),
              "case \(number): it is kept")
          }
          refused += 1
        }
        #expect(threadSeconds() - begin < 10, "case \(number)")
        try FileManager.default.removeItem(atPath: copy)
      }
      #expect(!isFull || peakMemory() < 2 << 30)
      #expect(used > 0, "\(used) used, \(refused) refused")
      // A trial whose results can't be read begins again.
      #expect(refused > 10 || file.hasSuffix(".results.json"), "\(used) used, \(refused) refused")
    }
  }
}
