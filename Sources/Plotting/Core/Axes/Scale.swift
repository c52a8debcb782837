import Foundation
import Support

/// A mapping from the values of an axis to positions from 0 to 1.
public struct Scale: Sendable, Hashable {
  /// The kind of mapping.
  public enum Kind: Sendable, Hashable {
    /// Linear.
    case linear
    /// Logarithmic. Values that are not positive have no position.
    case log
    /// asinh(value / width): approximately linear from −width to width, and logarithmic beyond on both sides. `width` is in the
    /// unit of the values and must be positive.
    case symlog(width: Double)
    /// Linear, with ticks at whole numbers only.
    case integer
    /// Names at the values 0, 1, 2 and so on.
    case categorical([String])
  }

  /// The kind of mapping.
  public let kind: Kind
  /// The value at position 0.
  public let lower: Double
  /// The value at position 1, greater than `lower`.
  public let upper: Double
  private let spacing: Spacing
  private let origin, length: Double

  /// A scale for the range between two values. A range that is empty or narrower than 10⁻⁹ of its values, or than
  /// 10⁻³⁰⁰, is widened.
  ///
  /// Stops the program if an end is not finite, if an end of a logarithmic scale is not positive, or if the width of a symlog
  /// scale is not positive and finite.
  public init(_ kind: Kind, from lower: Double, to upper: Double) {
    self.kind = kind
    guard lower.isFinite, upper.isFinite, kind != .log || min(lower, upper) > 0 else {
      stop(
        "Scale",
        "\(lower) to \(upper) is no range for a \(kind == .log ? "logarithmic" : "linear") scale; both ends must be "
          + (kind == .log ? "positive and finite" : "finite"))
    }
    if case .symlog(let width) = kind, !(width > 0 && width.isFinite) {
      stop("Scale", "the width of a symlog scale must be positive and finite, not \(width)")
    }
    // Differences stay finite within this limit.
    let limit = Double.greatestFiniteMagnitude / 8, tiny = 1e-300
    let low = min(max(min(lower, upper), -limit), limit), high = min(max(max(lower, upper), -limit), limit)
    let isTooNarrow = high - low <= max(max(abs(low), abs(high)) * 1e-9, kind == .log ? 0 : tiny)
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
    origin = spacing.position(of: self.lower)
    length = spacing.position(of: self.upper) - origin
  }

  /// The position of a value: 0 at `lower`, 1 at `upper`, below 0 or above 1 outside. Nil for NaN, for infinities, and on a
  /// logarithmic scale for values that are not positive.
  public func fraction(of value: Double) -> Double? {
    guard value.isFinite, spacing != .log || value > 0 else { return nil }
    let fraction = (spacing.position(of: value) - origin) / length
    return fraction.isFinite ? fraction : nil
  }

  /// The value at a position, the inverse of `fraction(of:)`.
  public func value(at fraction: Double) -> Double { spacing.value(at: origin + fraction * length) }
}

/// The function that a scale applies to values before it maps them linearly.
enum Spacing: Hashable {
  case linear, log, symlog(width: Double)

  init(_ kind: Scale.Kind) {
    switch kind {
    case .log: self = .log
    case .symlog(let width): self = .symlog(width: width)
    case .linear, .integer, .categorical: self = .linear
    }
  }

  func position(of value: Double) -> Double {
    switch self {
    case .linear: value
    case .log: Foundation.log(value)
    // asinh, in a form whose quotient can't overflow.
    case .symlog(let width):
      abs(value) < width * 1e9
        ? asinh(value / width)
        : (value < 0 ? -1 : 1) * (Foundation.log(abs(value)) - Foundation.log(width / 2))
    }
  }

  func value(at position: Double) -> Double {
    switch self {
    case .linear: position
    case .log: exp(position)
    case .symlog(let width):
      abs(position) < 300
        ? sinh(position) * width : (position < 0 ? -1 : 1) * exp(abs(position) + Foundation.log(width / 2))
    }
  }
}
