import ExperimentHarness
import Experiments
import Foundation
import Rheoscope
import TestSupport
import Testing

/// An experiment without training: a grid, curves, tables and a timing.
@Suite struct RunningTests {
  private static func cell(_ base: Double) -> Variant {
    Variant("base-\(Int(base))", "powers of \(Int(base))", adjust: { $0["factor"] = base }) { context in
      let settings = context.settings
      let powers = (0..<settings.whole("terms")).map { pow(settings["factor"], Double($0)) }
      context.report("sum", powers.reduce(0, +) + Double(context.seed))
      context.report("seconds", context.seconds(ofBest: 2) {}, .never)
      context.report("nothing", nil)
      context.report("powers", powers, over: powers.indices.map(Double.init))
      context.report("table", rows: [powers, powers])
    }
  }

  private let experiment = Experiment(
    name: "powers", question: "How fast do powers grow?",
    settings: [
      .whole("terms", 3, quick: 2, in: 1...10, "terms of the sum"), .number("factor", 1, in: 0...9, "base"), .seeds(3),
    ],
    claims: [
      Claim(.finding, "1 + 2 + 4 is 7", cell(2), "sum", .between(7, 9), source: "arithmetic"),
      Claim(.finding, "curves are there", expected: .exactly(1), source: "") {
        try $0.series("powers", of: cell(2)).y[0]
      },
      Claim(.finding, "tables too", expected: .exactly(2), source: "") {
        try Double($0.table("table", of: cell(3)).count)
      },
      Claim(.finding, "this is wrong", cell(3), "sum", .exactly(0), source: ""),
    ],
    disagreements: [
      Disagreement(
        with: Claim(.finding, "powers of 3 are even", cell(3), "sum", .exactly(12), source: "a book"),
        reason: "They are odd."),
      Disagreement(
        with: Claim(.finding, "1 + 3 + 9 is 13", cell(3), "sum", .between(13, 15), source: "a book"), reason: "Why not?"
      ),
    ],
    figures: [.curves("powers", "Powers over exponents", of: "powers", x: Axis(.integer), y: Axis(.log))]
  ) { settings in (1...3).map { cell(Double($0)) } }

  @Test func leavesAReportAndRecords() throws {
    try withTemporaryFolder { folder in
      let options = RunOptions(
        output: folder + "/x", command: "./rheoscope run powers", date: Date(timeIntervalSince1970: 0))
      let outcome = try experiment.run(experiment.settings(in: .standard), options, console: Console(isQuiet: true))
      #expect(outcome.failed == ["this is wrong"])
      let files = try FileManager.default.contentsOfDirectory(atPath: folder + "/x").sorted()
      #expect(files == ["manifest.json", "powers.png", "report.md", "summary.json"])
      let report = try String(contentsOfFile: folder + "/x/report.md", encoding: .utf8)
      for line in [
        "# How fast do powers grow?", "Experiment `powers` with terms 3, factor 1, seeds 3.",
        "- **base-2**: powers of 2", "| base-3 | 14.0 (13.0 to 15.0) |",
        "Each number is what a trial measured, the median of 3 seeds; the interval contains the median over all seeds with a "
          + "probability of 75 %.",
        "- ✓ **holds**: 1 + 2 + 4 is 7. Measured 8.00 (7.00 to 9.00), expected 7.00 to 9.00; within range in 3 of 3 seeds, so in more "
          + "than 36.8 % of all seeds (95 % confidence). Source: arithmetic.",
        "## Claims\n\nFindings were made by experiment",
        "## Differences from the literature",
        "- ≠ powers of 3 are even (measured 14.0 (13.0 to 15.0); in the literature exactly 12.0; within range in 0 of 3 seeds). "
          + "Source: a book. They are odd.",
        "- = 1 + 3 + 9 is 13 (measured 14.0 (13.0 to 15.0); in the literature 13.0 to 15.0; within range in 3 of 3 seeds). "
          + "Source: a book. Why not?\n\n= marks claims that hold here, but not with many other seeds or settings.",
        "![Powers over exponents](powers.png)", "    ./rheoscope run powers",
      ] { #expect(report.contains(line), "\(line)") }

      let summary = try json(folder + "/x/summary.json"), manifest = try json(folder + "/x/manifest.json")
      #expect((summary["settings"] as? [String: Double]) == ["terms": 3, "factor": 1, "seeds": 3, "first-seed": 0])
      let claims = try #require(summary["claims"] as? [[String: Any]])
      #expect(claims.map { $0["held"] as? Int } == [3, 3, 3, 0])
      let disagreements = try #require(summary["disagreements"] as? [[String: Any]])
      #expect(disagreements.map { $0["why"] as? String } == ["They are odd.", "Why not?"])
      let measured = try #require((summary["variants"] as? [[String: Any]])?[1]["measured"] as? [[String: Any]])
      #expect(measured[0]["perSeed"] as? [Double] == [7, 8, 9] && measured[0]["low"] as? Double == 7)
      #expect(measured[1]["repeats"] as? String == "never" && measured[0]["repeats"] as? String == "exactly")
      let hashes = try #require(manifest["files"] as? [String: String])
      let figure = try Data(contentsOf: URL(filePath: folder + "/x/powers.png"))
      #expect(hashes["powers.png"] == digest(of: figure) && hashes.count == 3)
      #expect(manifest["dataHash"] == nil, "no data set was read")
      #expect(manifest["seeds"] as? [Int] == [0, 1, 2] && manifest["date"] as? String == "1970-01-01T00:00:00Z")
    }
  }

  @Test func theIndexLinksReports() throws {
    try withTemporaryFolder { folder in
      let options = RunOptions(profile: .quick, output: folder + "/powers", command: "")
      try experiment.run(experiment.settings(in: .quick), options, console: Console(isQuiet: true))
      try writeIndex(of: [experiment, .chainRule], in: folder)
      let page = try String(contentsOfFile: folder + "/index.md", encoding: .utf8)
      #expect(page.contains("| [powers](powers/report.md) | How fast do powers grow? |  |  | 2 of 4 | 2 |  |  | 2 |"))
      #expect(
        page.contains("![Powers over exponents](powers/powers.png)") && page.contains("\n- ≠ powers of 3 are even ("))
      #expect(!page.contains("twenty-seeds") && !page.contains("chain-rule"))
      try Data().write(to: URL(filePath: folder + "/twenty-seeds.md"))
      try writeIndex(of: [experiment], in: folder)
      #expect(try String(contentsOfFile: folder + "/index.md", encoding: .utf8).contains("(twenty-seeds.md)"))
    }
  }

  @Test func aClaimSummaryCountsSeeds() throws {
    try withTemporaryFolder { folder in
      let options = RunOptions(
        output: folder + "/x", command: "./rheoscope run powers", date: Date(timeIntervalSince1970: 0))
      try experiment.run(experiment.settings(in: .standard), options, console: Console(isQuiet: true))
      try ClaimSummary(ofResultsIn: [folder + "/x"], of: [], command: "./rheoscope tally x").write(
        to: folder + "/tally.md")
      let page = try String(contentsOfFile: folder + "/tally.md", encoding: .utf8)
      for line in [
        "Written by `./rheoscope tally x` from", "version. Each claim is counted once.", "| findings | 4 | 3 | 1 | 0 |",
        "| theory | 0 | 0 | 0 | 0 |",
        "## powers\n\n`./rheoscope run powers` on ", ", 1970-01-01T00:00:00Z, 0 seconds.",
        "| 1 + 2 + 4 is 7 | finding | 3 of 3 | 8.00 (7.00 to 9.00) | 7.00 to 9.00 |  |",
        "| this is wrong | finding | **0 of 3** | 14.0 (13.0 to 15.0) | exactly 0.00 |",
        "| ≠ powers of 3 are even | finding | 0 of 3 | 14.0 (13.0 to 15.0) | exactly 12.0 |",
      ] { #expect(page.contains(line), "\(line)") }
      #expect(throws: ExperimentError.noRecord(path: folder + "/y/manifest.json")) {
        try ClaimSummary(ofResultsIn: [folder + "/y"], of: [], command: "")
      }
    }
  }

  /// Whatever the recorded statement of a claim, and also where a recorded number has another name.
  @Test func aClaimSummaryJudgesAgain() throws {
    try withTemporaryFolder { folder in
      var settings = Experiment.vanishingProduct.settings(in: .standard)
      settings.seeds = 2
      let options = RunOptions(output: folder + "/x", command: "")
      try Experiment.vanishingProduct.run(settings, options, console: Console(isQuiet: true))
      let path = folder + "/x/summary.json"
      let text = try String(contentsOfFile: path, encoding: .utf8)
      func page(_ text: String) throws -> String {
        try Data(text.utf8).write(to: URL(filePath: path))
        return try ClaimSummary(ofResultsIn: [folder + "/x"], of: Experiment.all, command: "").page
      }
      let row = "| after 50 layers the gradient is multiplied by 1 to the power of 50 | identity | 2 of 2 |"
      #expect(try page(text).contains(row))
      #expect(try page(text.replacing("the gradient is multiplied by 1 to", with: "it is 1 to")).contains(row))
      let renamed = text.replacing("\"first / last gradient\"", with: "\"another\"")
      #expect(try page(renamed).contains(row), "the recorded verdict")
      let unknown = try page(renamed.replacing("the gradient is multiplied by 1 to", with: "it is 1 to"))
      #expect(
        unknown.contains("by 1 to the power of 50 | identity | not judged: stretch-1 has no first / last gradient |"))
    }
  }

  @Test func aNameIsReportedOnce() async {
    await #expect(processExitsWith: .failure) {
      let twice = Variant("v", "") { context in
        context.report("x", 1)
        context.report("x", 2)
      }
      let experiment = Experiment(
        name: "x", question: "?", settings: [], variants: [twice], claims: [], figures: [])
      let options = RunOptions(output: NSTemporaryDirectory() + UUID().uuidString, command: "")
      try experiment.run(experiment.settings(in: .quick), options, console: Console(isQuiet: true))
    }
  }

  private func json(_ path: String) throws -> [String: Any] {
    let object = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: path)))
    return try #require(object as? [String: Any])
  }
}
