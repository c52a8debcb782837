import Foundation

/// The mean-field theory of a wide fully connected net at initialization, with weights N(0, σ_w²/n) and biases N(0, σ_b²).
///
/// The mean square q of preactivations follows the length map q ← σ_w² E[φ(√q z)²] + σ_b². In the backward pass, the mean square of
/// dL/d(preactivation) changes by χ = σ_w² E[φ′(√q z)²] per layer, its RMS by √χ.
///
/// Sources: Poole et al., "Exponential expressivity in deep neural networks through transient chaos", 2016, arXiv:1606.05340;
/// Schoenholz et al., "Deep information propagation", 2017, arXiv:1611.01232.
public struct MeanField: Sendable {
  /// The activation φ.
  public let activation: Activation
  /// σ_w², which is n times the variance of a weight.
  public let weightVariance: Double
  /// σ_b², the variance of a bias.
  public let biasVariance: Double

  /// A net whose layers have the same activation, weight variance and bias variance; the latter is 0 by default.
  public init(_ activation: Activation, weightVariance: Double, biasVariance: Double = 0) {
    self.activation = activation
    self.weightVariance = weightVariance
    self.biasVariance = biasVariance
  }

  /// The length map: q of the next layer.
  public func nextLength(after q: Double) -> Double {
    weightVariance * gaussianMean(variance: q) { activation.value($0) * activation.value($0) } + biasVariance
  }

  /// χ at preactivations of mean square q.
  public func slope(atLength q: Double) -> Double {
    weightVariance * gaussianMean(variance: q) { activation.slope($0) * activation.slope($0) }
  }

  /// n times the variance that a layer of n units adds to the logarithm of the squared gradient of one input, at preactivations of mean
  /// square q: 3 κ − 1 with κ = E[φ′⁴] / E[φ′²]². It is 5 for ReLU and 2 for a linear net.
  ///
  /// The squared gradient is the mean over units of φ′² times the square of a normal number, whose fourth moment is 3. The gradients of
  /// a batch, which share the weights, vary less together.
  public func gradientVariance(atLength q: Double) -> Double {
    let square = gaussianMean(variance: q) { pow(activation.slope($0), 2) }
    return 3 * gaussianMean(variance: q) { pow(activation.slope($0), 4) } / (square * square) - 1
  }

  /// q*, the fixed point that the length map reaches from q = 1; nil if q grows without bound. Where q approaches it slowly, as
  /// 1/depth for tanh with σ_w² = 1, use `gradientFactors(depth:inputLength:)`.
  public var fixedLength: Double? {
    var q = 1.0
    for _ in 0..<20_000 {
      let next = nextLength(after: q)
      guard next < 1e12 else { return nil }
      if abs(next - q) <= 1e-14 * max(q, 1e-30) { return next }
      q = next
    }
    return q
  }

  /// χ at q*; for ReLU and linear nets χ is the same at every q.
  public var fixedSlope: Double { slope(atLength: fixedLength ?? 1) }

  /// √χ at q*: the factor per layer by which the RMS of dL/d(preactivation) changes in the backward pass.
  public var gradientFactor: Double { fixedSlope.squareRoot() }

  /// The depth scale ξ = −1/ln χ in layers: negative if gradients explode, infinite if they neither shrink nor grow. Nets deeper
  /// than about 6 ξ do not train.
  public var depthScale: Double { -1 / log(fixedSlope) }

  /// The variance of weights for which χ is 1 at q* and gradients neither shrink nor grow, between two variances of which one is too small and
  /// one is too large; nil if χ does not cross 1 there.
  public static func criticalWeightVariance(
    of activation: Activation, biasVariance: Double = 0, between low: Double, and high: Double
  ) -> Double? {
    func excess(_ variance: Double) -> Double {
      MeanField(activation, weightVariance: variance, biasVariance: biasVariance).fixedSlope - 1
    }
    var (low, high) = (low, high)
    guard excess(low) < 0, excess(high) > 0 else { return nil }
    while high - low > 1e-9 * high {
      let middle = (low + high) / 2
      if excess(middle) < 0 { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }

  /// √χ per layer of a net of finite depth: `depth` − 1 factors. Element l is the factor from the preactivations of layer l + 1 back
  /// to those of layer l, at the q that layer l has when q of the first layer is `inputLength`.
  public func gradientFactors(depth: Int, inputLength: Double) -> [Double] {
    var q = inputLength
    return (0..<max(depth - 1, 0)).map { _ in
      defer { q = nextLength(after: q) }
      return slope(atLength: q).squareRoot()
    }
  }

  /// The factor per layer with layer normalization before the activation, x → W φ(norm(x)): √(χ / q), where χ is at q = 1 and q is
  /// that of the next layer, since normalization makes every input's mean square 1.
  ///
  /// In the backward pass φ′ and W contribute χ, and normalization divides by √q as in the forward pass. Without biases σ_w² cancels,
  /// and the factor of ReLU is 1.
  public var layerNormFactor: Double { (slope(atLength: 1) / nextLength(after: 1)).squareRoot() }

  /// The factor per layer of a residual net x + α W φ(x) with ReLU: √(1 + α² σ_w²/2), where α is `scale`.
  ///
  /// The branch adds to the gradient of the residual stream: E over W of |(1 + α W D)ᵀ g|² = |g|² (1 + α² σ_w² / 2), where half of
  /// the diagonal of D is 1 and half is 0.
  public static func residualFactor(scale: Double, weightVariance: Double) -> Double {
    (1 + scale * scale * weightVariance / 2).squareRoot()
  }

  /// √(π/(π − 1)): the factor per layer with batch normalization before ReLU, for every weight variance.
  ///
  /// Source: Yang et al., "A mean field theory of batch normalization", 2019, arXiv:1902.08129.
  public static let batchNormFactor = (Double.pi / (Double.pi - 1)).squareRoot()
}
