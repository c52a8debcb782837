import ExperimentHarness
import Testing

@Suite struct NullTests {
  private static let first = Variant("first", "one") { _ in }
  private static let second = Variant("second", "another") { _ in }

  /// The judgement of a claim on results in which the variants measured these numbers as "x", from a first seed on.
  private func judgement(
    _ claim: Claim, _ first: [Double?], _ second: [Double?] = [], firstSeed: Int = 0
  ) -> Judgement {
    let experiment = Experiment(
      name: "made-up", question: "What?", settings: [.seeds(first.count)], variants: [Self.first, Self.second],
      claims: [], figures: [])
    let trials = [("first", first), ("second", second)].flatMap { name, values in
      values.enumerated().map { Trial(variant: name, seed: firstSeed + $0, measured: ["x": $1]) }
    }
    var settings = experiment.settings(in: .standard)
    settings.firstSeed = firstSeed
    return claim.judged(Results(experiment: experiment, settings: settings, trials: trials))
  }

  private func claim(_ nulls: [Null], _ kind: Claim.Kind = .finding) -> Claim {
    Claim(kind, "x is at least 2", Self.first, "x", .atLeast(2), source: "", rejects: nulls)
  }

  @Test func aClaimThatANullFulfilsIsNotShown() {
    let swap = Null.swapping(Self.first, for: Self.second)
    #expect(judgement(claim([swap]), [3, 4], [1, 0]).verdict == .holds)
    let weak = judgement(claim([swap]), [3, 4], [5, 1])
    #expect(weak.verdict == .notShown("it would hold for this too: second in place of first"), "in one of two seeds")
    #expect(weak.line.contains("not shown, it would hold for this too"))
    #expect(weak.power == "second in place of first: 3.00, which is in range")
    #expect(judgement(claim([swap]), [1, 1], [5, 5]).verdict == .fails, "a claim that fails stays so")
  }

  @Test func nullsAreComputedFromTheSameSeed() {
    let half = Null.value("half of it") { try $0["x", Self.first] / 2 }
    #expect(judgement(claim([half]), [3, 3.5]).verdict == .holds)
    #expect(judgement(claim([half]), [3, 4]).rejections[0].perSeed == [1.5, 2])
    let missing = Null.swapping(Self.first, for: Self.second)
    let unmeasured = judgement(claim([missing]), [3], [nil])
    #expect(unmeasured.verdict == .notShown("not measured under its null: second in place of first"))
    #expect(unmeasured.power == "second in place of first: not measured")
  }

  @Test func swappingReachesAllSeeds() {
    let mean = Claim(
      .finding, "the mean is at least 2", expected: .atLeast(2), source: "",
      rejects: [.swapping(Self.first, for: Self.second)]
    ) { seed in
      let all = seed.allSeeds("x", of: Self.first)
      return all.reduce(0, +) / Double(all.count)
    }.overAllSeeds()
    let result = judgement(mean, [1, 4], [1, 2])
    #expect(result.perSeed == [2.5] && result.verdict == .holds && result.rejections[0].perSeed == [1.5])
    #expect(result.shareOfSeeds == nil)
  }

  @Test func equivalenceIsJudgedByTheInterval() {
    let equal = Claim(.finding, "x is about 0", Self.first, "x", .near(0, within: 1), source: "").judgedByInterval()
    let inside = [Double?](repeating: 0.5, count: 16) + [3, 3, -3, -3]
    #expect(judgement(equal, inside).verdict == .holds, "although four of twenty seeds lie outside")
    let wide = (0..<20).map { Optional(Double($0) / 4 - 2) }
    #expect(judgement(equal, wide).verdict == .notShown("the interval reaches outside"))
    #expect(judgement(equal, [4, 5, 6]).verdict == .fails)
    #expect(judgement(equal, [0, 0.5, 2]).verdict != .holds, "of few seeds the interval has all")
  }

  @Test func aFindingSaysWhatItsSeedsShow() {
    #expect(abs(SeedShare.lowerBound(held: 3, of: 3) - 0.3684) < 1e-4)
    #expect(abs(SeedShare.lowerBound(held: 20, of: 20) - 0.8609) < 1e-4)
    // R: binom.test(19, 20, alternative = "greater")$conf.int
    #expect(abs(SeedShare.lowerBound(held: 19, of: 20) - 0.7839) < 1e-4)
    #expect(SeedShare.lowerBound(held: 0, of: 20) == 0)
    let three = judgement(claim([]), [3, 3, 3])
    #expect(three.shareOfSeeds == "within range in 3 of 3 seeds, so in more than 36.8 % of all seeds (95 % confidence)")
    #expect(judgement(claim([], .theory), [3, 3, 3]).shareOfSeeds == "within range in 3 of 3 seeds")
    #expect(judgement(claim([]), [1, 3, 3]).shareOfSeeds == "within range in 2 of 3 seeds")
  }

  @Test func seedsBeginWithTheFirst() {
    let other = judgement(claim([.swapping(Self.first, for: Self.second)]), [3, 4], [1, 0], firstSeed: 20)
    #expect(other.perSeed == [3, 4] && other.rejections[0].perSeed == [1, 0] && other.verdict == .holds)
  }
}
