/// Where values lie along an axis.
public struct Scale: Sendable {
  /// How values are spread.
  public enum Kind: Sendable, Hashable {
    case linear
    /// Base 10; values at or below 0 have no place.
    case log
  }

  /// How values are spread.
  public let kind: Kind
  /// The value at the lower end.
  public let lower: Double
  /// The value at the upper end.
  public let upper: Double

  /// A scale over `range`; a range without width, or that is not finite, is widened to one that can be drawn.
  public init(_ kind: Kind, from lower: Double, to upper: Double) {
    self.kind = kind
    var (low, high) = lower <= upper ? (lower, upper) : (upper, lower)
    if !low.isFinite || !high.isFinite { (low, high) = kind == .log ? (0.1, 1) : (0, 1) }
    switch kind {
    case .linear:
      if high - low <= abs(high) * 1e-12 {
        (low, high) = (low - max(abs(low) * 0.05, 0.5), high + max(abs(high) * 0.05, 0.5))
      }
    case .log:
      low = max(low, .leastNormalMagnitude)
      high = max(high, low)
      if high / low < 1.0001 { (low, high) = (low / 3, min(high * 3, 1e308)) }
    }
    self.lower = low
    self.upper = high
  }

  /// The place of a value, 0 at the lower end and 1 at the upper, and at most a million lengths away; nil for what has none.
  public func place(of value: Double) -> Double? {
    guard value.isFinite, kind == .linear || value > 0 else { return nil }
    let place: Double
    switch kind {
    // Halves, since the difference of two finite numbers may not be finite.
    case .linear: place = (value / 2 - lower / 2) / (upper / 2 - lower / 2)
    case .log:
      let low = decimalLogarithm(lower)
      place = (decimalLogarithm(value) - low) / (decimalLogarithm(upper) - low)
    }
    return place.isNaN ? nil : min(max(place, -1e6), 1e6)
  }

  /// The smallest scale that holds all values that have a place on one, widened by `margin` of its length at both ends.
  public static func holding(_ values: some Sequence<Double>, kind: Kind, margin: Double = 0.04) -> Scale {
    var low = Double.infinity, high = -Double.infinity
    for value in values where value.isFinite && (kind == .linear || value > 0) {
      low = min(low, value)
      high = max(high, value)
    }
    guard low <= high else { return Scale(kind, from: .nan, to: .nan) }
    switch kind {
    case .linear: return Scale(kind, from: low - margin * (high - low), to: high + margin * (high - low))
    case .log:
      let length = decimalLogarithm(high) - decimalLogarithm(low)
      return Scale(kind, from: low * power(10, -margin * length), to: min(high * power(10, margin * length), 1e308))
    }
  }
}
