import ExperimentHarness
import Experiments
import Foundation
import Support
import Testing

@Suite struct ClaimTests {
  private static let first = Variant("first", "one") { _ in }
  private static let second = Variant("second", "another") { _ in }

  /// Results in which the variants measured these numbers as "x", one per seed.
  private func results(_ first: [Double?], _ second: [Double?] = [], settings: [Setting] = []) -> Results {
    let experiment = Experiment(
      name: "made-up", question: "What?", settings: settings + [.seeds(first.count)],
      variants: [Self.first, Self.second], claims: [], figures: [])
    let trials = [("first", first), ("second", second)].flatMap { name, values in
      values.enumerated().map { Trial(variant: name, seed: $0, measured: ["x": $1]) }
    }
    return Results(experiment: experiment, settings: experiment.settings(in: .standard), trials: trials)
  }

  private func verdict(_ expected: ExperimentHarness.Expectation, _ values: [Double?]) -> Verdict {
    Claim(.finding, "x is so", Self.first, "x", expected, source: "").judged(results(values)).verdict
  }

  @Test func aClaimHoldsInNineteenOfTwentySeeds() {
    let nineteen = [Double](repeating: 1, count: 19), eighteen = [Double](repeating: 1, count: 18)
    #expect(verdict(.atMost(2), nineteen + [3]) == .holds)
    #expect(
      verdict(.atMost(2), eighteen + [3, 3]) == .notShown("seeds disagree"),
      "although the interval for the median lies in the range")
    #expect(
      verdict(.atMost(2), eighteen.map { $0 + 2 } + [1, 1]) == .fails, "although it holds in two of twenty seeds")
    let judgement = Claim(.finding, "x is so", Self.first, "x", .atMost(2), source: "").judged(
      results(eighteen + [3, .nan]))
    #expect(judgement.held == 18 && judgement.perSeed.count == 20)
  }

  @Test func allOfFewSeedsDecide() {
    #expect(verdict(.atMost(2), [1, 1.5, 1.9]) == .holds)
    #expect(verdict(.atMost(2), [1, 1.5, 2.1]) == .notShown("seeds disagree"), "one of three seeds disagrees")
    #expect(verdict(.atMost(2), [2.1, 2.5, 3]) == .fails)
    #expect(verdict(.between(1, 2), [0.5, 1.5, 3]) == .notShown("seeds disagree"))
    #expect(verdict(.between(1, 2), [0.5, 3]) == .notShown("seeds disagree"), "the interval contains the range")
    #expect(verdict(.exactly(1), [1, 1]) == .holds)
    #expect(verdict(.exactly(1), [Double(1).nextUp]) == .fails)
  }

  @Test func nanLiesInNoRange() {
    #expect(verdict(.atLeast(0), [.nan, .nan]) == .fails)
    #expect(verdict(.atLeast(0), [1, .nan]) == .notShown("seeds disagree"))
    #expect(verdict(.atMost(0), [1, .nan]) == .fails)
  }

  @Test func claimsThatAreNotJudgedGiveTheReason() {
    #expect(verdict(.atMost(2), [1, nil]) == .notJudged("first has no x"))
    let deep = Claim(
      .finding,
      "x", Self.first, "x", .atMost(2), source: "", appliesTo: Claim.Scope("30 layers or more") { $0.depth >= 30 })
    #expect(deep.judged(results([1], settings: [.depth(29)])).verdict == .notJudged("it applies to 30 layers or more"))
    #expect(deep.judged(results([1], settings: [.depth(30)])).verdict == .holds)
    let odd = Claim(.finding, "x", expected: .atMost(0), source: "") { _ in
      throw NotMeasured(reason: "nothing was timed")
    }
    #expect(odd.judged(results([1])).verdict == .notJudged("nothing was timed"))
  }

  @Test func scopesApplyToSettingsAsTheVariantChangesThem() {
    let shallow = Variant("first", "one", adjust: { $0.depth = 3 }) { _ in }
    let deep = Claim.Scope("30 layers or more") { $0.depth >= 30 }
    let claim = Claim(.finding, "x", shallow, "x", .atMost(2), source: "", appliesTo: deep)
    #expect(claim.judged(results([1], settings: [.depth(40)])).verdict == .notJudged("it applies to 30 layers or more"))
  }

  @Test func seedsArePaired() {
    let better = Claim(.finding, "first is larger", expected: .atLeast(0.5), source: "") {
      try $0["x", Self.first] - $0["x", Self.second]
    }
    let judgement = better.judged(results([1, 5, 9], [0, 4, 8]))
    #expect(judgement.verdict == .holds && judgement.perSeed == [1, 1, 1], "although the two overlap")
  }

  @Test func aSeedIsComparedWithAllSeeds() {
    let distant = Claim(.finding, "no seed is far from the middle", expected: .atMost(2), source: "") { seed in
      let all = seed.allSeeds("x", of: Self.second)
      return abs(try seed["x", Self.first] - all.reduce(0, +) / Double(all.count))
    }
    #expect(distant.judged(results([1, 2, 9], [0, 2, 4])).perSeed == [1, 0, 7])
    #expect(distant.judged(results([1, 2], [4, nil])).perSeed == [3, 2], "of those that were measured")
  }

  @Test func expectations() {
    #expect(ExperimentHarness.Expectation.near(10, within: 1) == .between(9, 11))
    #expect(ExperimentHarness.Expectation.near(-10, withinShare: 0.5) == .between(-15, -5))
    #expect(ExperimentHarness.Expectation.near(4, withinFactor: 2) == .between(2, 8))
  }

  @Test func theToleranceOfAFactorShrinksWithWidth() {
    func tolerance(_ width: Int, _ depth: Int, _ variance: Double = varianceOfReLU) -> Double {
      Settings([.width(width), .depth(depth)]).factorTolerance(variance: variance)
    }
    // 1.25 / 64 + 3 √(1.5 / (64 · 46))
    #expect(abs(tolerance(64, 50) - 0.08725) < 1e-4)
    #expect(tolerance(1024, 50) < 0.02 && tolerance(64, 200) < tolerance(64, 50))
    // A branch as large as the stream: 9/4, and a quarter of it 9/16.
    #expect(varianceOfResidual(branch: 1) == 2.25)
    let residual = 0.5625 / 64 + 3 * (1.2 * 0.5625 / (64 * 46)).squareRoot()
    #expect(abs(tolerance(64, 50, 2.25) - residual) < 1e-12)
  }

  @Test func theToleranceOfALossShrinksWithTheBatch() {
    let settings = Settings([.batch(45)])
    // 20 · 45 = 30²
    #expect(abs(settings.lossTolerance - 0.1) < 1e-12 && abs(settings.learnedLoss - (log(10) - 0.1)) < 1e-12)
    #expect(abs(settings.differenceTolerance - 0.1 * 2.0.squareRoot()) < 1e-12)
  }
}

@Suite struct MedianIntervalTests {
  @Test func medianAndIntervalOfFewSeeds() throws {
    let three = try #require(MedianInterval([3, 1, 2]))
    #expect(three.median == 2 && three.low == 1 && three.high == 3 && three.coverage == 0.75)
    let one = try #require(MedianInterval([7]))
    #expect(one.median == 7 && one.low == 7 && one.high == 7 && one.coverage == 0)
    #expect(try #require(MedianInterval([4, 1, 2, 3])).median == 2.5)
    #expect(MedianInterval([]) == nil)
  }

  /// Conover 1999, table A3: of 20 the 6th lowest to the 6th highest contain the median with 0.9586, the 7th with 0.8847.
  @Test func intervalsOfManySeedsLeaveOutTheEnds() throws {
    let twenty = try #require(MedianInterval((1...20).map(Double.init)))
    #expect(twenty.low == 6 && twenty.high == 15 && abs(twenty.coverage - 0.9586) < 1e-4)
    let five = try #require(MedianInterval((1...5).map(Double.init)))
    #expect(five.low == 1 && five.high == 5 && five.coverage == 0.9375)
  }

  @Test func nanSortsAboveAllNumbers() throws {
    let spread = try #require(MedianInterval([.nan, 1, 2]))
    #expect(spread.median == 2 && spread.low == 1 && spread.high.isNaN && spread.undefined == 1)
  }
}
