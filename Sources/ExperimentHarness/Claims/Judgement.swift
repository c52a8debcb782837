import Support

/// A claim with what was measured, and the verdict.
package struct Judgement: Sendable {
  package let statement: String
  package let perSeed: [Double]
  /// Median and interval over seeds; nil where nothing was measured.
  package let interval: MedianInterval?
  package let expected: Expectation
  package let source: String
  package let verdict: Verdict

  /// In how many of the seeds the claim holds.
  package var held: Int { expected.count(of: perSeed) }
}

/// Whether the trials show what was claimed.
package enum Verdict: Sendable, Equatable {
  /// The claim holds in 19 of 20 seeds or more, and so in all seeds if there are fewer than twenty.
  case holds
  /// The interval for the median over seeds lies outside the expected range.
  case fails
  /// Neither: seeds disagree.
  case notShown
  /// The trials can't decide, for this reason.
  case notJudged(String)

  /// The sign in front of a claim.
  var sign: String {
    switch self {
    case .holds: "✓"
    case .fails: "✗"
    case .notShown: "?"
    case .notJudged: "–"
    }
  }

  /// The name in reports and in `summary.json`.
  var name: String {
    switch self {
    case .holds: "holds"
    case .fails: "fails"
    case .notShown: "not shown"
    case .notJudged: "not judged"
    }
  }

  /// Why the claim neither holds nor fails; nil where it does.
  var reason: String? {
    switch self {
    case .notJudged(let reason): reason
    case .notShown: "seeds disagree"
    case .holds, .fails: nil
    }
  }
}

extension Judgement {
  /// The median, and in parentheses the interval over seeds.
  var measured: String {
    guard let interval else { return "nothing" }
    let digits = expected.digits
    let (middle, low, high) = (
      formatPlain(interval.median, digits: digits), formatPlain(interval.low, digits: digits),
      formatPlain(interval.high, digits: digits)
    )
    return low == high ? middle : "\(middle) (\(low) to \(high))"
  }

  /// In how many of the seeds the number is in the expected range, in words; nil where there is one seed.
  var shareOfSeeds: String? { perSeed.count > 1 ? "within range in \(held) of \(perSeed.count) seeds" : nil }

  /// The claim, what was measured and what was expected, in one line.
  var line: String {
    let comparison = ["measured \(measured), expected \(expected.text)", shareOfSeeds].compactMap { $0 }
      .joined(separator: "; ")
    return switch verdict {
    case .holds, .fails: "\(verdict.sign) \(statement) (\(comparison))"
    case .notShown: "\(verdict.sign) \(statement) (not shown, seeds disagree: \(comparison))"
    case .notJudged(let reason): "\(verdict.sign) \(statement) (not judged: \(reason))"
    }
  }

  /// A claim of the literature and what was measured instead, in one line.
  var disagreementLine: String {
    if case .notJudged(let reason) = verdict { return "\(verdict.sign) \(statement) (not judged: \(reason))" }
    let parts = ["measured \(measured)", "in the literature \(expected.text)", shareOfSeeds]
    return "\(isDisagreement ? "≠" : "=") \(statement) (\(parts.compactMap { $0 }.joined(separator: "; ")))"
  }

  /// Whether a claim of the literature was judged and does not hold.
  var isDisagreement: Bool { verdict == .fails || verdict == .notShown }
}
