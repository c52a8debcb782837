import Foundation

/// Activations of one number in Float64, as their formulas say.
public enum ActivationFormulas {
  /// x above 0, slope · x below.
  public static func leakyReLU(_ x: Double, slope: Float) -> Double { x > 0 ? x : Double(slope) * x }
  /// x above 0, α (eˣ − 1) below.
  public static func elu(_ x: Double, alpha: Double = 1) -> Double { x > 0 ? x : alpha * expm1(x) }
  /// λ elu(x), with the constants of its authors.
  public static func selu(_ x: Double) -> Double { 1.0507009873554805 * elu(x, alpha: 1.6732632423543772) }
  /// x between −1 and 1.
  public static func hardTanh(_ x: Double) -> Double { min(max(x, -1), 1) }
  /// 1 / (1 + e⁻ˣ).
  public static func sigmoid(_ x: Double) -> Double { 1 / (1 + Foundation.exp(-x)) }
  /// x sigmoid(x).
  public static func silu(_ x: Double) -> Double { x * sigmoid(x) }
  /// x tanh(ln(1 + eˣ)).
  public static func mish(_ x: Double) -> Double { x * Foundation.tanh(log1p(Foundation.exp(x))) }
  /// x / 6 + 1/2, clamped to 0 … 1.
  public static func hardSigmoid(_ x: Double) -> Double { min(max(x / 6 + 0.5, 0), 1) }
  /// x hardSigmoid(x).
  public static func hardSwish(_ x: Double) -> Double { x * hardSigmoid(x) }
  /// ln(1 + eˣ).
  public static func softplus(_ x: Double) -> Double { Foundation.log(1 + Foundation.exp(x)) }
  /// x / (1 + |x|).
  public static func softsign(_ x: Double) -> Double { x / (1 + abs(x)) }
  /// x Φ(x), Φ being the normal distribution.
  public static func gelu(_ x: Double) -> Double { x * 0.5 * erfc(-x / 2.0.squareRoot()) }
  /// `gelu` with Φ approximated by tanh.
  public static func geluByTanh(_ x: Double) -> Double {
    x * (1 + Foundation.tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x))) / 2
  }
}
