import Foundation

/// An activation for mean-field theory: a function φ of one number, and its derivative φ′.
public struct Activation: Sendable {
  /// The activation's name for texts.
  public let name: String
  /// φ.
  let value: @Sendable (Double) -> Double
  /// φ′.
  let slope: @Sendable (Double) -> Double

  /// An activation of your own: `value` is φ and `slope` φ′. φ must be smooth except at 0.
  public init(
    _ name: String, value: @escaping @Sendable (Double) -> Double, slope: @escaping @Sendable (Double) -> Double
  ) {
    self.name = name
    self.value = value
    self.slope = slope
  }

  /// φ(x) = x.
  public static let linear = Activation("linear", value: { $0 }, slope: { _ in 1 })
  /// φ(x) = max(x, 0).
  public static let relu = Activation("ReLU", value: { max($0, 0) }, slope: { $0 > 0 ? 1 : 0 })
  /// φ(x) = tanh x.
  public static let tanh = Activation(
    "tanh", value: { Foundation.tanh($0) }, slope: { 1 - Foundation.tanh($0) * Foundation.tanh($0) })
  /// φ(x) = x Φ(x), where Φ is the standard normal distribution function.
  public static let gelu = Activation(
    "GELU", value: { $0 * normalShare(below: $0) },
    slope: { normalShare(below: $0) + $0 * exp(-$0 * $0 / 2) / (2 * Double.pi).squareRoot() })
  /// φ(x) = 1 / (1 + e⁻ˣ).
  public static let sigmoid = Activation(
    "sigmoid", value: { 1 / (1 + exp(-$0)) }, slope: { 1 / ((1 + exp(-$0)) * (1 + exp($0))) })
}

/// The probability that a standard normal number is below x.
private func normalShare(below x: Double) -> Double { erfc(-x / 2.0.squareRoot()) / 2 }
