/// A statement about the results, with the range in which a measured number must lie for it to hold.
public struct Claim: Sendable {
  /// The statement, with these settings.
  package let statement: @Sendable (Settings) -> String
  /// The range of the measured number, with these settings.
  package let expected: @Sendable (Settings) -> Expectation
  /// Where the expectation comes from.
  let source: String
  /// The settings that the claim applies to.
  package let scope: Scope
  /// What is measured: one number per seed, NaN where training diverged.
  package let measure: @Sendable (SeedResults) throws -> Double

  /// A claim with a fixed statement and range. `measure` is called once per seed; where it throws `NotMeasured`, the claim is not
  /// judged. By default the claim applies to all settings.
  public init(
    _ statement: String, expected: Expectation, source: String, appliesTo scope: Scope = .all,
    measure: @escaping @Sendable (SeedResults) throws -> Double
  ) {
    self.init(
      source: source, appliesTo: scope, statement: { _ in statement }, expected: { _ in expected }, measure: measure)
  }

  /// A claim whose statement and range depend on the settings. `measure` is called once per seed; where it throws `NotMeasured`, the
  /// claim is not judged. By default the claim applies to all settings.
  public init(
    source: String, appliesTo scope: Scope = .all, statement: @escaping @Sendable (Settings) -> String,
    expected: @escaping @Sendable (Settings) -> Expectation,
    measure: @escaping @Sendable (SeedResults) throws -> Double
  ) {
    self.statement = statement
    self.expected = expected
    self.source = source
    self.scope = scope
    self.measure = measure
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
    do {
      for seed in 0..<settings.seeds { values.append(try measure(SeedResults(seed, results))) }
    } catch {
      verdict = verdict ?? .notJudged((error as? NotMeasured)?.reason ?? "\(error)")
      values = []
    }
    return Judgement(
      statement: statement(settings), perSeed: values, interval: MedianInterval(values), expected: expected,
      source: source, verdict: verdict ?? expected.verdict(on: values))
  }
}
