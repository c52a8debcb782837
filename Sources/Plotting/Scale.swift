import Foundation

/// What places values along an axis: a kind of spacing and the range it shows.
public struct Scale: Sendable, Hashable {
  /// How values are spaced.
  public enum Kind: Sendable, Hashable {
    /// Evenly.
    case linear
    /// Evenly by their logarithm; what is not above 0 has no place.
    case log
    /// By asinh(value / width): like `linear` within `width` around 0 and like `log` beyond, on both sides.
    case symlog(width: Double)
    /// Evenly, with ticks at whole numbers alone.
    case integer
    /// Names at 0, 1, 2 and so on.
    case categorical([String])
  }

  /// How values are spaced.
  public let kind: Kind
  /// The value at the low end.
  public let lower: Double
  /// The value at the high end, above `lower`.
  public let upper: Double

  /// A scale that shows the range from `lower` to `upper`, widened where it is empty or too narrow for numbers to tell apart.
  public init(_ kind: Kind, from lower: Double, to upper: Double) {
    self.kind = kind
    let low = min(lower, upper), high = max(lower, upper)
    guard low.isFinite, high.isFinite, kind != .log || low > 0 else {
      fatalError("Scale: \(kind) can't show \(lower) to \(upper)")
    }
    let limit = Double.greatestFiniteMagnitude / 4, tiny = 1e-300
    let isTooNarrow = high - low <= max(abs(low), abs(high)) * 1e-9
    switch kind {
    case .log:
      (self.lower, self.upper) =
        isTooNarrow ? (max(low / 3, tiny / 1e7), min(high * 3, limit)) : (low, min(high, limit))
    case .integer where isTooNarrow:
      (self.lower, self.upper) = (low - 0.5, high + 0.5)
    default:
      let reach = max(abs(low) * 0.5, low == 0 ? 0.5 : tiny)
      let (a, b) = isTooNarrow ? (low - reach, high + reach) : (low, high)
      (self.lower, self.upper) = (max(a, -limit), min(b, limit))
    }
  }

  /// Where a value lies, 0 at the low end and 1 at the high end and beyond them outside; nil where it has no place.
  public func fraction(of value: Double) -> Double? {
    guard value.isFinite, kind != .log || value > 0 else { return nil }
    let low = spaced(lower)
    let fraction = (spaced(value) - low) / (spaced(upper) - low)
    return fraction.isFinite ? fraction : nil
  }

  /// The value with a fraction: the inverse of `fraction(of:)`.
  public func value(at fraction: Double) -> Double {
    let low = spaced(lower)
    let place = low + fraction * (spaced(upper) - low)
    switch kind {
    case .log: return exp(place)
    case .symlog(let width): return sinh(place) * width
    default: return place
    }
  }

  private func spaced(_ value: Double) -> Double {
    switch kind {
    case .log: Foundation.log(value)
    case .symlog(let width): asinh(value / width)
    default: value
    }
  }
}
