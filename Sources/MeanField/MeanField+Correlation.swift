import Foundation

/// The correlation of two inputs in a wide net.
///
/// The preactivations of two inputs, of mean square q* and correlation c, follow the map c ← (σ_w² E[φ(u₁) φ(u₂)] + σ_b²) / q*,
/// with u₁ = √q* z₁ and u₂ = √q* (c z₁ + √(1−c²) z₂). Its slope is χ_c = σ_w² E[φ′(u₁) φ′(u₂)], which is χ at c = 1.
///
/// For smooth activations. Sources: Poole et al. 2016, arXiv:1606.05340; Schoenholz et al. 2017, arXiv:1611.01232.
extension MeanField {
  /// The correlation in the next layer, at preactivations of mean square q.
  package func nextCorrelation(after c: Double, length q: Double) -> Double {
    (weightVariance * gaussianMean(variance: q, correlation: c, of: activation.value) + biasVariance) / q
  }

  /// χ_c, at preactivations of mean square q.
  package func correlationSlope(at c: Double, length q: Double) -> Double {
    weightVariance * gaussianMean(variance: q, correlation: c, of: activation.slope)
  }

  /// c*, the fixed point of the correlation of any two inputs: 1 if χ ≤ 1, where all inputs become alike; below 1 if χ > 1, where
  /// even similar inputs diverge.
  public var fixedCorrelation: Double {
    guard fixedSlope > 1, let q = fixedLength else { return 1 }
    var low = 0.0, high = 1 - 1e-12
    while high - low > 1e-12 {
      let middle = (low + high) / 2
      if nextCorrelation(after: middle, length: q) > middle { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }

  /// The depth scale ξ = −1/ln χ_c at c*, in layers, after which the distance of the correlation from c* is e times smaller.
  ///
  /// It is infinite if χ = 1 and equals `depthScale` if χ < 1. Nets deeper than about 6 ξ do not train.
  public var correlationDepthScale: Double {
    let c = fixedCorrelation
    return c == 1 ? depthScale : -1 / log(correlationSlope(at: c, length: fixedLength ?? 1))
  }
}

/// E[f(u₁) f(u₂)] for normal u₁ and u₂ of variance q and correlation c; f must be smooth.
///
/// By the trapezoidal rule, which converges exponentially for smooth integrands that vanish at both ends. The error is below 10⁻⁹
/// for tanh and q up to 10.
private func gaussianMean(variance q: Double, correlation c: Double, of f: (Double) -> Double) -> Double {
  let root = q.squareRoot(), rest = (1 - c * c).squareRoot()
  return lineRule.reduce(0) { sum, first in
    let inner = lineRule.reduce(0) { $0 + $1.weight * f(root * (c * first.node + rest * $1.node)) }
    return sum + first.weight * f(root * first.node) * inner
  }
}

/// Nodes from −8 to 8, and weights that include the normal density.
private let lineRule: [(node: Double, weight: Double)] = {
  let spacing = 0.125
  return stride(from: -8, through: 8, by: spacing).map { z in
    (z, spacing * exp(-z * z / 2) / (2 * Double.pi).squareRoot())
  }
}()
