import Support

/// A statement about the results, with the range in which a measured number must lie for it to hold.
public struct Claim: Sendable {
  /// What kind of statement it is.
  package let kind: Kind
  /// The statement, with these settings.
  package let statement: @Sendable (Settings) -> String
  /// The range of the measured number, with these settings.
  package let expected: @Sendable (Settings) -> Expectation
  /// Where the expectation comes from.
  let source: String
  /// The settings that the claim applies to.
  package let scope: Scope
  /// What must not fulfil the claim.
  package let nulls: [Null]
  /// What is measured: one number per seed, NaN where training diverged.
  package let measure: @Sendable (SeedResults) throws -> Double
  /// How the numbers of the seeds decide.
  package private(set) var judging = Judging.eachSeed
  /// What the claim gave with other seeds, as a sentence without its full stop; nil where that is not stated.
  private var otherSeeds: String?

  /// What a claim rests on, which decides what it shows.
  public enum Kind: String, Sendable, CaseIterable {
    /// It follows from definitions or from arithmetic: it tests the program, not the world.
    case identity
    /// A theory predicts a number, with a tolerance.
    case theory
    /// It was found by experiment, and may be otherwise with other nets or data.
    case finding
  }

  /// How a claim is judged by the numbers of several seeds.
  package enum Judging: Sendable {
    /// It must hold in 19 of 20 seeds, in all of fewer than 20.
    case eachSeed
    /// The whole interval for the median must lie in the range.
    case interval
    /// One number is made of all seeds.
    case allSeeds
  }

  /// A claim with a fixed statement and range. `measure` is called once per seed; where it throws `NotMeasured`, the claim is not
  /// judged. By default the claim applies to all settings. `nulls` are what the claim must reject; theory and findings need one.
  public init(
    _ kind: Kind, _ statement: String, expected: Expectation, source: String, appliesTo scope: Scope = .all,
    rejects nulls: [Null] = [], measure: @escaping @Sendable (SeedResults) throws -> Double
  ) {
    self.init(
      kind, source: source, appliesTo: scope, rejects: nulls, statement: { _ in statement },
      expected: { _ in expected },
      measure: measure)
  }

  /// A claim whose statement and range depend on the settings. `measure` is called once per seed; where it throws `NotMeasured`, the
  /// claim is not judged. By default the claim applies to all settings. `nulls` are what the claim must reject; theory and findings need
  /// one.
  public init(
    _ kind: Kind, source: String, appliesTo scope: Scope = .all, rejects nulls: [Null] = [],
    statement: @escaping @Sendable (Settings) -> String, expected: @escaping @Sendable (Settings) -> Expectation,
    measure: @escaping @Sendable (SeedResults) throws -> Double
  ) {
    self.kind = kind
    self.statement = statement
    self.expected = expected
    self.source = source
    self.scope = scope
    self.nulls = nulls
    self.measure = measure
  }

  /// The same claim, which holds if the whole interval for the median over seeds lies in the range: for paired differences, and for
  /// equivalence within a margin. Single seeds may lie outside.
  public func judgedByInterval() -> Claim { judged(by: .interval) }

  /// The same claim, whose measurement makes one number of all seeds by `SeedResults.allSeeds`. It is called once.
  public func overAllSeeds() -> Claim { judged(by: .allSeeds) }

  /// The same claim, with what it gave when it was run once with other seeds, after the claim and its range had been fixed. The report
  /// states this `result` beside the claim; nil leaves it as it is.
  public func tested(with seeds: ClosedRange<Int>, _ result: String?) -> Claim {
    guard let result else { return self }
    var claim = self
    claim.otherSeeds =
      "With the seeds \(seeds.lowerBound) to \(seeds.upperBound), run once after the claim was fixed: \(result)"
    return claim
  }

  private func judged(by judging: Judging) -> Claim {
    var claim = self
    claim.judging = judging
    return claim
  }

  /// The settings that a claim applies to.
  public struct Scope: Sendable {
    package let description: String
    package let includes: @Sendable (Settings) -> Bool

    /// The settings for which `includes` returns true. `description` completes the sentence “it applies to …”.
    public init(_ description: String, includes: @escaping @Sendable (Settings) -> Bool) {
      self.description = description
      self.includes = includes
    }

    /// All settings.
    public static let all = Scope("all settings") { _ in true }

    /// Settings of all profiles but the quick one: times depend on what else the machine does, so checks that must pass everywhere
    /// don't judge them.
    public static let times = Scope("times, which the quick profile does not judge") { $0.profile != .quick }
  }

  /// Judges the claim by the results of all seeds.
  package func judged(_ results: Results) -> Judgement {
    let settings = results.settings
    let expected = expected(settings)
    var values: [Double] = []
    var verdict: Verdict?
    if !scope.includes(settings) { verdict = .notJudged("it applies to \(scope.description)") }
    do { values = try measured(measure, in: results) } catch {
      verdict = verdict ?? .notJudged((error as? NotMeasured)?.reason ?? "\(error)")
    }
    let rejections = verdict == nil ? nulls.map { rejection($0, expected, results) } : []
    let verdictOfSeeds = verdict ?? expected.verdict(on: values, by: judging)
    return Judgement(
      kind: kind, statement: statement(settings), perSeed: values, interval: MedianInterval(values), expected: expected,
      source: source, verdict: verdictOfSeeds.limited(by: rejections), judging: judging, rejections: rejections,
      otherSeeds: otherSeeds)
  }

  /// The numbers of all seeds, or the one that is made of them.
  private func measured(_ measure: (SeedResults) throws -> Double, in results: Results) throws -> [Double] {
    let seeds = judging == .allSeeds ? results.settings.seedNumbers.prefix(1) : results.settings.seedNumbers
    return try seeds.map { try measure(SeedResults($0, results)) }
  }

  private func rejection(_ null: Null, _ expected: Expectation, _ results: Results) -> Rejection {
    let values = try? measured({ try null.measure($0, measure) }, in: results)
    return Rejection(
      null: null.name, perSeed: values ?? [],
      isRejected: values.map { 2 * expected.count(of: $0) < $0.count })
  }
}
