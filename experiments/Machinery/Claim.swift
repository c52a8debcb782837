/// Something that should be found, and what decides whether it was.
public struct Claim: Sendable {
  /// What should be found, in words, with these settings.
  package let statement: @Sendable (Settings) -> String
  /// What is measured: a number a seed, NaN where training went astray; nil where there is nothing to measure.
  package let measure: @Sendable (Results) -> [Double]?
  /// Between which values the median over seeds should lie.
  package let expected: @Sendable (Settings) -> ClosedRange<Double>
  /// Where the expectation comes from.
  let source: String
  /// What the settings must be like for the claim to be about them, in words, and whether they are.
  package let scope: Scope

  /// The settings that a claim is about.
  package struct Scope: Sendable {
    package let words: String
    package let includes: @Sendable (Settings) -> Bool
  }

  /// Decides by what the runs show.
  package func judged(_ results: Results) -> Judgement {
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
package struct Judgement: Sendable {
  package let statement: String
  package let measured: Double?
  package let perSeed: [Double]
  package let lowest: Double
  package let highest: Double
  package let source: String
  package let verdict: Verdict
}

/// Whether the runs show what was claimed.
package enum Verdict: Sendable, Equatable {
  case holds
  case fails
  /// The reason why the runs can't tell.
  case notJudged(String)
}

/// The middle value, or the mean of the two in the middle; NaN if any value is.
package func median(_ values: [Double]) -> Double {
  guard !values.isEmpty, !values.contains(where: \.isNaN) else { return .nan }
  let sorted = values.sorted(), middle = sorted.count / 2
  return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
