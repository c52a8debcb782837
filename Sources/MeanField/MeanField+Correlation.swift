import Foundation

/// How much two inputs have in common on their way through a wide net.
///
/// Two units' inputs of mean square q* and correlation c follow the map c ← (σ_w² E[φ(u₁) φ(u₂)] + σ_b²) / q*, with
/// u₁ = √q* z₁ and u₂ = √q* (c z₁ + √(1−c²) z₂), whose slope is χ_c = σ_w² E[φ′(u₁) φ′(u₂)]; at c = 1 it is χ.
///
/// For activations without kinks. Sources: Poole et al. 2016, arXiv:1606.05340; Schoenholz et al. 2017, arXiv:1611.01232.
extension MeanField {
  /// The next layer's correlation, where units' inputs have mean square q.
  package func nextCorrelation(after c: Double, length q: Double) -> Double {
    (weightVariance * gaussianMean(variance: q, correlation: c, of: activation.value) + biasVariance) / q
  }

  /// χ_c, where units' inputs have mean square q.
  package func correlationSlope(at c: Double, length q: Double) -> Double {
    weightVariance * gaussianMean(variance: q, correlation: c, of: activation.slope)
  }

  /// c*: what the correlation of any two inputs comes to. 1 where χ ≤ 1: there all inputs become alike. Below 1 where χ is
  /// greater: there even inputs that are nearly alike are torn apart.
  public var fixedCorrelation: Double {
    guard fixedSlope > 1, let q = fixedLength else { return 1 }
    var low = 0.0, high = 1 - 1e-12
    while high - low > 1e-12 {
      let middle = (low + high) / 2
      if nextCorrelation(after: middle, length: q) > middle { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }

  /// ξ = −1/ln χ_c at c*, in layers: after so many, what tells two inputs apart, or what they have in common, is e times smaller.
  /// Infinite where χ = 1; where χ is smaller it is `depthScale`. Nets deeper than about 6 ξ don't train.
  public var correlationDepthScale: Double {
    let c = fixedCorrelation
    return c == 1 ? depthScale : -1 / log(correlationSlope(at: c, length: fixedLength ?? 1))
  }
}

/// E[f(u₁) f(u₂)] for normal numbers of variance q and correlation c; f may have no kink.
///
/// The trapezoidal rule, which converges exponentially for what is smooth and fades at both ends. Right to 10⁻⁹ for tanh and q
/// up to 10.
private func gaussianMean(variance q: Double, correlation c: Double, of f: (Double) -> Double) -> Double {
  let root = q.squareRoot(), rest = (1 - c * c).squareRoot()
  return lineRule.reduce(0) { sum, first in
    let inner = lineRule.reduce(0) { $0 + $1.weight * f(root * (c * first.node + rest * $1.node)) }
    return sum + first.weight * f(root * first.node) * inner
  }
}

/// Nodes from −8 to 8, and weights that contain the density.
private let lineRule: [(node: Double, weight: Double)] = {
  let spacing = 0.125
  return stride(from: -8, through: 8, by: spacing).map { z in
    (z, spacing * exp(-z * z / 2) / (2 * Double.pi).squareRoot())
  }
}()
