import Support

/// A claim with what was measured, and the verdict.
package struct Judgement: Sendable {
  package let kind: Claim.Kind
  package let statement: String
  package let perSeed: [Double]
  /// Median and interval over seeds; nil where nothing was measured.
  package let interval: MedianInterval?
  package let expected: Expectation
  package let source: String
  package let verdict: Verdict
  package let judging: Claim.Judging
  /// What the claim's number is under each of its nulls; empty where the claim is not judged.
  package let rejections: [Rejection]
  /// What the claim gave with other seeds, as a sentence without its full stop; nil where that is not stated.
  package let otherSeeds: String?

  /// In how many of the seeds the claim holds.
  package var held: Int { expected.count(of: perSeed) }
}

/// Whether the trials show what was claimed.
package enum Verdict: Sendable, Equatable {
  /// The claim holds in 19 of 20 seeds or more, and so in all seeds if there are fewer than twenty.
  case holds
  /// The interval for the median over seeds lies outside the expected range.
  case fails
  /// Neither, for this reason: seeds disagree, or a null would fulfil the claim too.
  case notShown(String)
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
    case .notJudged(let reason), .notShown(let reason): reason
    case .holds, .fails: nil
    }
  }

  /// The same verdict, but not shown where it holds and a null is not rejected, or not measured.
  func limited(by rejections: [Rejection]) -> Verdict {
    guard self == .holds, let null = rejections.first(where: { $0.isRejected != true }) else { return self }
    return .notShown(
      (null.isRejected == nil ? "not measured under its null: " : "it would hold for this too: ") + null.null)
  }
}

extension Verdict {
  /// The verdicts on claims that were judged.
  static let kinds: [Verdict] = [.holds, .fails, .notShown("")]
}

extension Claim.Kind {
  /// Several claims of this kind, as a heading.
  var plural: String {
    switch self {
    case .identity: "identities"
    case .theory: "theory"
    case .finding: "findings"
    }
  }

  /// What this kind of claim rests on, as a sentence.
  var meaning: String {
    switch self {
    case .identity: "Identities follow from definitions or arithmetic, and test the program."
    case .theory: "Theory predicts a number, with a tolerance."
    case .finding: "Findings were made by experiment, and may be otherwise with other nets or data."
    }
  }

  /// What the kinds are, in three sentences.
  static let explanation = allCases.map(\.meaning).joined(separator: " ")
}

extension [Judgement] {
  /// Identities, then theory, then findings, each in their own order.
  var inOrderOfKinds: [Judgement] { Claim.Kind.allCases.flatMap { kind in filter { $0.kind == kind } } }
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

  /// In how many of the seeds the number is in the expected range, in words; nil where there is one number.
  var seedsInRange: String? { perSeed.count > 1 ? "within range in \(held) of \(perSeed.count) seeds" : nil }

  /// The same, and for a finding what that shows of all seeds.
  package var shareOfSeeds: String? {
    guard let share = seedsInRange else { return nil }
    guard kind == .finding, judging == .eachSeed, verdict == .holds else { return share }
    let bound = 100 * SeedShare.lowerBound(held: held, of: perSeed.count)
    return "\(share), so in more than \(formatPlain(bound)) % of all seeds (95 % confidence)"
  }

  /// What the number is under each null, in words; nil where there is none.
  package var power: String? {
    guard !rejections.isEmpty else { return nil }
    let parts = rejections.map { rejection in
      let digits = expected.digits, interval = MedianInterval(rejection.perSeed)
      let value = interval.map { formatPlain($0.median, digits: digits) } ?? "not measured"
      return "\(rejection.null): \(value)\(rejection.isRejected == false ? ", which is in range" : "")"
    }
    return parts.joined(separator: "; ")
  }

  /// The claim, what was measured and what was expected, in one line.
  package var line: String {
    let comparison = ["measured \(measured), expected \(expected.text)", seedsInRange].compactMap { $0 }
      .joined(separator: "; ")
    return switch verdict {
    case .holds, .fails: "\(verdict.sign) \(statement) (\(comparison))"
    case .notShown(let reason): "\(verdict.sign) \(statement) (not shown, \(reason): \(comparison))"
    case .notJudged(let reason): "\(verdict.sign) \(statement) (not judged: \(reason))"
    }
  }

  /// A claim of the literature and what was measured instead, in one line.
  var disagreementLine: String {
    if case .notJudged(let reason) = verdict { return "\(verdict.sign) \(statement) (not judged: \(reason))" }
    let parts = ["measured \(measured)", "in the literature \(expected.text)", seedsInRange]
    return "\(isDisagreement ? "≠" : "=") \(statement) (\(parts.compactMap { $0 }.joined(separator: "; ")))"
  }

  /// Whether a claim of the literature was judged and does not hold.
  var isDisagreement: Bool {
    switch verdict {
    case .fails, .notShown: true
    case .holds, .notJudged: false
    }
  }
}
