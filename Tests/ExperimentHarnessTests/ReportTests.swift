import ExperimentHarness
import Experiments
import Testing

@Suite struct ReportTests {
  private let variant = Variant("net", "a net") { _ in }

  private func results(_ values: [Double?], _ claims: [Claim] = []) -> Results {
    let experiment = Experiment(
      name: "made-up", question: "What?", settings: [.seeds(values.count)], variants: [variant], claims: claims,
      figures: [])
    let trials = values.enumerated().map { Trial(variant: "net", seed: $0, measured: [MetricNames.finalLoss: $1]) }
    return Results(experiment: experiment, settings: experiment.settings(in: .standard), trials: trials)
  }

  @Test(
    arguments: [
      ([1, 2, 4], "2.00 (1.00 to 4.00)"), ([1, 1], "1.00"), ([.nan, 1, 2], "NaN in 1 of 3, from 1.00"), ([.nan], "NaN"),
      ([nil], "–"), ([nil, 3], "3.00"),
    ] as [([Double?], String)])
  func cellsOfTheTable(_ values: [Double?], _ words: String) {
    #expect(results(values).table == "variant   final loss\nnet       \(words)")
  }

  @Test(
    arguments: [
      (.atMost(2), [1], "✓ it is so (measured 1.00, expected at most 2.00)"),
      (.atMost(2), [3], "✗ it is so (measured 3.00, expected at most 2.00)"),
      (
        .atMost(2), [1, 3],
        "? it is so (not shown, seeds disagree: measured 2.00 (1.00 to 3.00), expected at most 2.00; within range in 1 of 2 seeds)"
      ),
      (.atMost(2), [nil], "– it is so (not judged: net has no final loss)"),
      (.atLeast(2), [3], "✓ it is so (measured 3.00, expected 2.00 or more)"),
      (.exactly(25), [25], "✓ it is so (measured 25.0, expected exactly 25.0)"),
      // As many digits as tell the ends apart.
      (.near(25.2004, within: 1e-5), [25.2004], "✓ it is so (measured 25.20040, expected 25.20039 to 25.20041)"),
    ] as [(ExperimentHarness.Expectation, [Double?], String)])
  func linesOfClaims(_ expected: ExperimentHarness.Expectation, _ values: [Double?], _ line: String) {
    #expect(
      results(values, [Claim(.finding, "it is so", variant, MetricNames.finalLoss, expected, source: "")]).verdicts
        == line)
  }

  @Test func theReportSaysWhatOtherSeedsGave() throws {
    let claim = Claim(.finding, "it is so", variant, MetricNames.finalLoss, .atMost(2), source: "measured")
    let options = RunOptions(output: "out", command: "./rheoscope run made-up")
    let tested = claim.tested(with: 20...39, "within range in 13 of 20, so not shown")
    #expect(try results([1], [claim]).report(options).contains("expected at most 2.00. Source: measured."))
    #expect(
      try results([1], [tested]).report(options).contains(
        """
        expected at most 2.00. With the seeds 20 to 39, run once after the claim was fixed: within range in 13 of 20, so not shown. \
        Source: measured.
        """))
  }

  @Test(
    arguments: [
      (
        [3, 4],
        "≠ it is so (measured 3.50 (3.00 to 4.00); in the literature at most 2.00; within range in 0 of 2 seeds)"
      ),
      (
        [1, 4],
        "≠ it is so (measured 2.50 (1.00 to 4.00); in the literature at most 2.00; within range in 1 of 2 seeds)"
      ),
      ([1], "= it is so (measured 1.00; in the literature at most 2.00)"),
      ([nil], "– it is so (not judged: net has no final loss)"),
    ] as [([Double?], String)])
  func linesOfDisagreements(_ values: [Double?], _ line: String) {
    let claim = Claim(.finding, "it is so", variant, MetricNames.finalLoss, .atMost(2), source: "")
    let experiment = Experiment(
      name: "made-up", question: "What?", settings: [.seeds(values.count)], variants: [variant], claims: [],
      disagreements: [Disagreement(with: claim, reason: "Unknown.")], figures: [])
    let trials = values.enumerated().map { Trial(variant: "net", seed: $0, measured: [MetricNames.finalLoss: $1]) }
    let results = Results(experiment: experiment, settings: experiment.settings(in: .standard), trials: trials)
    #expect(results.verdicts == line)
  }
}
