/// Where a measured number should lie, both ends included.
public struct Expectation: Sendable, Equatable {
  /// The lowest value, −∞ for none.
  public let lowest: Double
  /// The highest value, ∞ for none.
  public let highest: Double

  /// From the lowest to the highest.
  public static func between(_ lowest: Double, _ highest: Double) -> Expectation {
    Expectation(lowest: lowest, highest: highest)
  }

  /// This number and no other.
  public static func exactly(_ value: Double) -> Expectation { Expectation(lowest: value, highest: value) }

  /// No less than this.
  public static func atLeast(_ lowest: Double) -> Expectation { Expectation(lowest: lowest, highest: .infinity) }

  /// No more than this.
  public static func atMost(_ highest: Double) -> Expectation { Expectation(lowest: -.infinity, highest: highest) }

  /// A number give or take a tolerance.
  public static func near(_ value: Double, within tolerance: Double) -> Expectation {
    Expectation(lowest: value - tolerance, highest: value + tolerance)
  }

  /// A number give or take a share of it, such as 0.01 for one per cent.
  public static func near(_ value: Double, withinShare share: Double) -> Expectation {
    near(value, within: abs(value) * share)
  }

  /// From a positive number divided by a factor to that number times it.
  public static func near(_ value: Double, withinFactor factor: Double) -> Expectation {
    Expectation(lowest: value / factor, highest: value * factor)
  }

  func contains(_ value: Double) -> Bool { value >= lowest && value <= highest }

  /// How many of these values lie here. What is not a number lies nowhere.
  func count(of values: [Double]) -> Int { values.count(where: contains) }

  /// What values of so many seeds, at least one, show: that a value lies here, if 19 of 20 do, and so all of fewer than twenty;
  /// that it does not, if none of the interval for their median lies here.
  func verdict(on values: [Double]) -> Verdict {
    if 20 * count(of: values) >= 19 * values.count { return .holds }
    let spread = MedianInterval(values)!
    let isApart = spread.low.isNaN || spread.low > highest || spread.high < lowest
    return isApart ? .fails : .notShown
  }
}
