/// Something that should be found, and what decides whether it was.
public struct Claim: Sendable {
  /// What should be found, in words, with these settings.
  let statement: @Sendable (Settings) -> String
  /// What is measured: a number a seed, NaN where training went astray; nil where there is nothing to measure.
  let measure: @Sendable (Results) -> [Double]?
  /// Between which values the median over seeds should lie.
  let expected: @Sendable (Settings) -> ClosedRange<Double>
  /// Where the expectation comes from.
  let source: String
  /// What the settings must be like for the claim to be about them, in words, and whether they are.
  let scope: Scope

  /// The settings that a claim is about.
  struct Scope: Sendable {
    let words: String
    let includes: @Sendable (Settings) -> Bool

    static let anySettings = Scope(words: "any settings") { _ in true }
  }

  /// Decides by what the runs show.
  func judged(_ results: Results) -> Judgement {
    let settings = results.settings
    let range = expected(settings)
    let values = measure(results)
    let middle = values.map(median)
    let verdict: Verdict
    if !scope.includes(settings) {
      verdict = .notJudged("it is about \(scope.words)")
    } else if let middle {
      verdict = range.contains(middle) ? .holds : .fails
    } else {
      verdict = .notJudged("there is nothing to measure")
    }
    return Judgement(
      statement: statement(settings), measured: middle, perSeed: values ?? [], lowest: range.lowerBound,
      highest: range.upperBound, source: source, verdict: verdict)
  }
}

/// What became of a claim.
struct Judgement: Sendable {
  let statement: String
  let measured: Double?
  let perSeed: [Double]
  let lowest: Double
  let highest: Double
  let source: String
  let verdict: Verdict
}

/// Whether the runs show what was claimed.
enum Verdict: Sendable, Equatable {
  case holds
  case fails
  /// The reason why the runs can't tell.
  case notJudged(String)
}

/// The middle value, or the mean of the two in the middle; NaN if any value is.
func median(_ values: [Double]) -> Double {
  guard !values.isEmpty, !values.contains(where: \.isNaN) else { return .nan }
  let sorted = values.sorted(), middle = sorted.count / 2
  return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
