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

/// E[f(√q z)] for z of the standard normal distribution.
///
/// Gauss and Legendre's rule of 20 points on each of 16 intervals from −10 to 10, where the density's rest is below 10⁻²²;
/// intervals meet at 0, so a kink there costs no digits. Right to 10⁻¹² for the activations here and q up to 100.
func gaussianMean(variance q: Double, of f: (Double) -> Double) -> Double {
  let root = q.squareRoot(), width = 20.0 / 16
  var total = 0.0
  for interval in 0..<16 {
    let centre = -10 + (Double(interval) + 0.5) * width
    for (node, weight) in legendreRule {
      let z = centre + node * width / 2
      total += weight * width / 2 * exp(-z * z / 2) * f(root * z)
    }
  }
  return total / (2 * Double.pi).squareRoot()
}

/// Nodes and weights of the Gauss–Legendre rule of 20 points on [−1, 1]: the zeros of the Legendre polynomial, by Newton's method.
private let legendreRule: [(node: Double, weight: Double)] = (1...20).map { index in
  let degree = 20
  var x = cos(Double.pi * (Double(index) - 0.25) / (Double(degree) + 0.5))
  var slope = 0.0
  for _ in 0..<50 {
    var previous = 1.0, current = x
    for n in 2...degree {
      (previous, current) = (current, (Double(2 * n - 1) * x * current - Double(n - 1) * previous) / Double(n))
    }
    slope = Double(degree) * (x * current - previous) / (x * x - 1)
    x -= current / slope
  }
  return (x, 2 / ((1 - x * x) * slope * slope))
}
