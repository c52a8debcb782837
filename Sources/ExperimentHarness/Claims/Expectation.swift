import Support

/// The range in which a measured number should lie, both ends included.
public struct Expectation: Sendable, Equatable {
  /// The lowest value, −∞ for none.
  public let lowest: Double
  /// The highest value, ∞ for none.
  public let highest: Double

  /// From `lowest` to `highest`.
  public static func between(_ lowest: Double, _ highest: Double) -> Expectation {
    Expectation(lowest: lowest, highest: highest)
  }

  /// This number alone.
  public static func exactly(_ value: Double) -> Expectation { Expectation(lowest: value, highest: value) }

  /// `lowest` or more.
  public static func atLeast(_ lowest: Double) -> Expectation { Expectation(lowest: lowest, highest: .infinity) }

  /// `highest` or less.
  public static func atMost(_ highest: Double) -> Expectation { Expectation(lowest: -.infinity, highest: highest) }

  /// value ± tolerance.
  public static func near(_ value: Double, within tolerance: Double) -> Expectation {
    Expectation(lowest: value - tolerance, highest: value + tolerance)
  }

  /// value ± share · |value|; a share of 0.01 is one per cent.
  public static func near(_ value: Double, withinShare share: Double) -> Expectation {
    near(value, within: abs(value) * share)
  }

  /// From value / factor to value · factor, for a positive value.
  public static func near(_ value: Double, withinFactor factor: Double) -> Expectation {
    Expectation(lowest: value / factor, highest: value * factor)
  }

  func contains(_ value: Double) -> Bool { value >= lowest && value <= highest }

  /// How many of these values lie in the range. NaN lies in no range.
  func count(of values: [Double]) -> Int { values.count(where: contains) }

  /// The verdict on the values of one or more seeds. The claim holds if 19 of 20 values lie in the range (all of fewer than twenty), or, if
  /// the interval decides, if all of it does. It fails if no part of the interval for the median does.
  func verdict(on values: [Double], by judging: Claim.Judging = .eachSeed) -> Verdict {
    let interval = MedianInterval(values)!
    let holds =
      judging == .interval
      ? contains(interval.low) && contains(interval.high) : 20 * count(of: values) >= 19 * values.count
    if holds { return .holds }
    let isOutside = interval.low.isNaN || interval.low > highest || interval.high < lowest
    return isOutside ? .fails : .notShown(judging == .interval ? "the interval reaches outside" : "seeds disagree")
  }

  /// The digits that it takes to tell the ends apart, from 3 to 7.
  var digits: Int {
    (3...7).first { digits in
      lowest == highest
        ? Double(formatPlain(lowest, digits: digits)) == lowest
        : formatPlain(lowest, digits: digits) != formatPlain(highest, digits: digits)
    } ?? 7
  }

  /// The range as part of a sentence.
  var text: String {
    let (low, high) = (formatPlain(lowest, digits: digits), formatPlain(highest, digits: digits))
    if lowest == highest { return "exactly \(low)" }
    if highest == .infinity { return "\(low) or more" }
    return lowest <= 0 && highest > 0 && lowest != -highest && lowest.isInfinite
      ? "at most \(high)" : "\(low) to \(high)"
  }
}
