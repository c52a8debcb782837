/// Something that should be found, and what decides whether it was.
public struct Claim: Sendable {
  /// What should be found, in words, with these settings.
  package let statement: @Sendable (Settings) -> String
  /// Between which values the measured one should lie.
  package let expected: @Sendable (Settings) -> Expectation
  /// Where the expectation comes from.
  let source: String
  /// What the settings must be like for the claim to be about them.
  package let scope: Scope
  /// What is measured: a number a seed, NaN where training went astray.
  package let measure: @Sendable (OneSeed) throws -> Double

  /// A claim made of its parts; `measure` is called once a seed. It may throw `NotMeasured`, and then the claim is not judged.
  public init(
    _ statement: String, expected: Expectation, source: String, about scope: Scope = .anything,
    measure: @escaping @Sendable (OneSeed) throws -> Double
  ) {
    self.init(
      source: source, about: scope, statement: { _ in statement }, expected: { _ in expected }, measure: measure)
  }

  /// A claim whose words and expectation depend on the settings.
  public init(
    source: String, about scope: Scope = .anything, statement: @escaping @Sendable (Settings) -> String,
    expected: @escaping @Sendable (Settings) -> Expectation, measure: @escaping @Sendable (OneSeed) throws -> Double
  ) {
    self.statement = statement
    self.expected = expected
    self.source = source
    self.scope = scope
    self.measure = measure
  }

  /// The settings that a claim is about.
  public struct Scope: Sendable {
    package let words: String
    package let includes: @Sendable (Settings) -> Bool

    /// Settings that a condition includes; `words` go on a sentence that begins with “it is about”.
    public init(_ words: String, includes: @escaping @Sendable (Settings) -> Bool) {
      self.words = words
      self.includes = includes
    }

    /// All settings.
    public static let anything = Scope("all settings") { _ in true }
  }

  /// Decides by what the trials show.
  package func judged(_ results: Results) -> Judgement {
    let settings = results.settings
    let expected = expected(settings)
    var values: [Double] = []
    var verdict: Verdict?
    if !scope.includes(settings) { verdict = .notJudged("it is about \(scope.words)") }
    do {
      for seed in 0..<settings.seeds { values.append(try measure(OneSeed(seed, results))) }
    } catch {
      verdict = verdict ?? .notJudged((error as? NotMeasured)?.reason ?? "\(error)")
      values = []
    }
    let spread = MedianInterval(values)
    return Judgement(
      statement: statement(settings), perSeed: values, spread: spread, expected: expected, source: source,
      verdict: verdict ?? expected.verdict(on: values))
  }
}

/// What became of a claim.
package struct Judgement: Sendable {
  package let statement: String
  package let perSeed: [Double]
  /// Nil where nothing was measured.
  package let spread: MedianInterval?
  package let expected: Expectation
  package let source: String
  package let verdict: Verdict

  /// In how many of the seeds it is so.
  package var held: Int { expected.count(of: perSeed) }
}

/// Whether the trials show what was claimed.
package enum Verdict: Sendable, Equatable {
  /// It is so in 19 of 20 seeds or more, and so in all of fewer than twenty.
  case holds
  /// None of the interval for the median over seeds lies where it should.
  case fails
  /// Seeds disagree.
  case notShown
  /// The reason why the trials can't tell.
  case notJudged(String)
}
