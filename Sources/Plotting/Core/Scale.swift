import Foundation
import Support

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
  private let spacing: Spacing
  private let origin, length: Double

  /// A scale that shows the range from `lower` to `upper`, widened where it is empty or too narrow for numbers to tell apart.
  public init(_ kind: Kind, from lower: Double, to upper: Double) {
    self.kind = kind
    guard lower.isFinite, upper.isFinite, kind != .log || min(lower, upper) > 0 else {
      stop("Scale", "\(kind) can't show \(lower) to \(upper)")
    }
    // Where differences stay finite.
    let limit = Double.greatestFiniteMagnitude / 8, tiny = 1e-300
    let low = min(max(min(lower, upper), -limit), limit), high = min(max(max(lower, upper), -limit), limit)
    let isTooNarrow = high - low <= max(abs(low), abs(high)) * 1e-9
    switch kind {
    case .log:
      (self.lower, self.upper) =
        isTooNarrow ? (max(low / 3, tiny / 1e7), max(high * 3, tiny)) : (low, high)
    case .integer where isTooNarrow:
      let reach = max(0.5, abs(low) * 1e-6)
      (self.lower, self.upper) = (low - reach, high + reach)
    default:
      let reach = max(abs(low) * 0.5, low == 0 ? 0.5 : tiny)
      (self.lower, self.upper) = isTooNarrow ? (low - reach, high + reach) : (low, high)
    }
    spacing = Spacing(kind)
    origin = spacing.place(of: self.lower)
    length = spacing.place(of: self.upper) - origin
  }

  /// Where a value lies, 0 at the low end and 1 at the high end and beyond them outside; nil where it has no place.
  public func fraction(of value: Double) -> Double? {
    guard value.isFinite, spacing != .log || value > 0 else { return nil }
    let fraction = (spacing.place(of: value) - origin) / length
    return fraction.isFinite ? fraction : nil
  }

  /// The value with a fraction: the inverse of `fraction(of:)`.
  public func value(at fraction: Double) -> Double { spacing.value(at: origin + fraction * length) }
}

/// What a scale does to values before it places them evenly.
enum Spacing: Hashable {
  case even, log, symlog(width: Double)

  init(_ kind: Scale.Kind) {
    switch kind {
    case .log: self = .log
    case .symlog(let width): self = .symlog(width: width)
    case .linear, .integer, .categorical: self = .even
    }
  }

  func place(of value: Double) -> Double {
    switch self {
    case .even: value
    case .log: Foundation.log(value)
    // asinh, written so that the quotient can't overflow.
    case .symlog(let width):
      abs(value) < width * 1e9
        ? asinh(value / width)
        : (value < 0 ? -1 : 1) * (Foundation.log(abs(value)) - Foundation.log(width / 2))
    }
  }

  func value(at place: Double) -> Double {
    switch self {
    case .even: place
    case .log: exp(place)
    case .symlog(let width):
      abs(place) < 300
        ? sinh(place) * width : (place < 0 ? -1 : 1) * exp(abs(place) + Foundation.log(width / 2))
    }
  }
}
