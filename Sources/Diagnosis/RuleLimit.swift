import Support

/// A number that a rule compares with.
public struct RuleLimit: Sendable, Hashable, CustomStringConvertible {
  /// On which side of the limit a value lies where the rule fires.
  public enum Side: String, Sendable {
    /// Above it.
    case above
    /// Below it.
    case below
    /// At it or above.
    case atLeast = "at least"
    /// At it or below.
    case atMost = "at most"
  }

  /// What is compared, as a phrase: "clipped steps".
  public let name: String
  /// The side on which the rule fires.
  public let side: Side
  /// The limit.
  public let value: Double
  /// The unit, such as `×` for a ratio or `of the steps`; empty for a plain number.
  public let unit: String

  /// A limit; its unit is empty by default.
  public init(_ name: String, _ side: Side, _ value: Double, _ unit: String = "") {
    (self.name, self.side, self.value, self.unit) = (name, side, value, unit)
  }

  /// The limit as text: "clipped steps: above 0.95 of the steps".
  public var description: String {
    "\(name): \(side.rawValue) \(formatShortest(value))" + (unit.isEmpty || unit.hasPrefix("×") ? unit : " \(unit)")
  }
}
