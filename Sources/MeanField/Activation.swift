import Foundation

/// An activation as theory sees it: a function of one number and its derivative.
public struct Activation: Sendable {
  /// Its name in a sentence.
  public let name: String
  let value: @Sendable (Double) -> Double
  let slope: @Sendable (Double) -> Double

  /// An activation of one's own; a kink may only lie at 0.
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
  /// φ(x) = 1 / (1 + e⁻ˣ).
  public static let sigmoid = Activation(
    "sigmoid", value: { 1 / (1 + exp(-$0)) }, slope: { 1 / ((1 + exp(-$0)) * (1 + exp($0))) })
}
