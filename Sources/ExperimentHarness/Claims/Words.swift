import Foundation

/// A number with so many significant digits, or the word for what is none.
package func significant(_ number: Double, digits: Int = 3) -> String {
  guard number.isFinite else { return number.isNaN ? "NaN" : number > 0 ? "∞" : "−∞" }
  let scientific = String(format: "%.\(digits - 1)e", number)
  // Of the rounded number, which may have a digit more in front than the exact one.
  let exponent = number == 0 ? 0 : Int(scientific.drop { $0 != "e" }.dropFirst())!
  guard (-3..<max(digits, 4)).contains(exponent) else { return scientific }
  return String(format: "%.\(max(0, digits - 1 - exponent))f", number)
}

/// A setting's value with no more digits than it has.
package func shortest(_ number: Double) -> String {
  number == number.rounded() && abs(number) < 1e15 ? String(format: "%.0f", number) : "\(number)"
}

/// Rows in columns of even width, the first row being their heads.
func columns(_ rows: [[String]]) -> String {
  let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max()! }
  return rows.map { row in
    let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
    return cells.joined(separator: "   ").trimmingCharacters(in: .whitespaces)
  }.joined(separator: "\n")
}

extension Settings {
  /// What they are, as a line.
  package var sentence: String {
    names.isEmpty ? "nothing to set" : names.map { "\($0) \(shortest(self[$0]))" }.joined(separator: ", ")
  }
}

extension MedianInterval {
  /// The median, and in parentheses the interval.
  var words: String {
    guard undefined < count else { return "NaN" }
    let (middle, lowest, highest) = (significant(median), significant(low), significant(high))
    guard undefined == 0 else { return "NaN in \(undefined) of \(count), from \(lowest)" }
    return lowest == highest ? middle : "\(middle) (\(lowest) to \(highest))"
  }

  /// What the interval is.
  var meaning: String {
    "the interval contains the median over all seeds with a probability of \(Int((100 * coverage).rounded())) %"
  }
}

extension Expectation {
  /// As many digits as it takes to tell its ends apart, 3 at least.
  var digits: Int {
    (3...7).first { digits in
      lowest == highest
        ? Double(significant(lowest, digits: digits)) == lowest
        : significant(lowest, digits: digits) != significant(highest, digits: digits)
    } ?? 7
  }

  var words: String {
    let (low, high) = (significant(lowest, digits: digits), significant(highest, digits: digits))
    if lowest == highest { return "exactly \(low)" }
    if highest == .infinity { return "\(low) or more" }
    return lowest <= 0 && highest > 0 && lowest != -highest && lowest.isInfinite
      ? "at most \(high)" : "\(low) to \(high)"
  }
}

extension Verdict {
  /// The sign in front of a claim.
  var sign: String {
    switch self {
    case .holds: "✓"
    case .fails: "✗"
    case .notShown: "?"
    case .notJudged: "–"
    }
  }

  /// What it is called in reports and summaries.
  var name: String {
    switch self {
    case .holds: "holds"
    case .fails: "fails"
    case .notShown: "not shown"
    case .notJudged: "not judged"
    }
  }

  /// Why there is no judgement.
  var reason: String? {
    switch self {
    case .notJudged(let reason): reason
    case .notShown: "seeds disagree"
    case .holds, .fails: nil
    }
  }
}

extension Judgement {
  /// What was measured, and between what over seeds.
  var found: String {
    guard let spread else { return "nothing" }
    let digits = expected.digits
    let (middle, low, high) = (
      significant(spread.median, digits: digits), significant(spread.low, digits: digits),
      significant(spread.high, digits: digits)
    )
    return low == high ? middle : "\(middle) (\(low) to \(high))"
  }

  /// In how many seeds it is so; nothing where there is only one.
  var inSeeds: String? { perSeed.count > 1 ? "in \(held) of \(perSeed.count) seeds" : nil }

  /// The claim, what was measured, and what was expected, in a line.
  var line: String {
    let comparison = ["measured \(found), expected \(expected.words)", inSeeds].compactMap { $0 }.joined(
      separator: "; ")
    return switch verdict {
    case .holds, .fails: "\(verdict.sign) \(statement) (\(comparison))"
    case .notShown: "\(verdict.sign) \(statement) (not shown, since seeds disagree: \(comparison))"
    case .notJudged(let reason): "\(verdict.sign) \(statement) (not judged: \(reason))"
    }
  }

  /// What the literature claims, and what was measured instead, in a line.
  var disagreementLine: String {
    if case .notJudged(let reason) = verdict { return "\(verdict.sign) \(statement) (not judged: \(reason))" }
    let parts = ["measured \(found)", "in the literature \(expected.words)", inSeeds.map { "as there \($0)" }]
    return "\(isDisagreement ? "≠" : "=") \(statement) (\(parts.compactMap { $0 }.joined(separator: "; ")))"
  }

  /// Whether a claim of the literature's was judged and is not so.
  var isDisagreement: Bool { verdict == .fails || verdict == .notShown }
}
