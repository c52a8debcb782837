/// What theory predicts for a wide fully connected net at initialization: weights N(0, σ_w²/n), biases N(0, σ_b²).
///
/// The mean square q of a unit's input follows the length map q ← σ_w² E[φ(√q z)²] + σ_b², and the mean square of
/// dL/d(unit) grows by χ = σ_w² E[φ′(√q z)²] a layer going back, its root by √χ.
///
/// Sources: Poole et al., "Exponential expressivity in deep neural networks through transient chaos", 2016, arXiv:1606.05340;
/// Schoenholz et al., "Deep information propagation", 2017, arXiv:1611.01232.
public struct MeanField: Sendable {
  /// φ
  public let activation: Activation
  /// σ_w²
  public let weightVariance: Double
  /// σ_b²
  public let biasVariance: Double

  /// A net of one activation and one size of weights and biases.
  public init(_ activation: Activation, weightVariance: Double, biasVariance: Double = 0) {
    self.activation = activation
    self.weightVariance = weightVariance
    self.biasVariance = biasVariance
  }

  /// The length map: the next layer's q.
  public func nextLength(after q: Double) -> Double {
    weightVariance * gaussianMean(variance: q) { activation.value($0) * activation.value($0) } + biasVariance
  }

  /// χ where units' inputs have mean square q.
  public func slope(atLength q: Double) -> Double {
    weightVariance * gaussianMean(variance: q) { activation.slope($0) * activation.slope($0) }
  }

  /// q*, where the length map comes to rest from q = 1; nil where it grows without bound. Nets that only approach it slowly
  /// (tanh at σ_w² = 1 does so as 1/depth) are better described by `gradientFactors(depth:inputLength:)`.
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

  /// χ at q*; for ReLU and linear nets it is the same at every length.
  public var fixedSlope: Double { slope(atLength: fixedLength ?? 1) }

  /// √χ: the factor by which the RMS of dL/dh changes a layer, going back.
  public var gradientFactor: Double { fixedSlope.squareRoot() }

  /// ξ = −1/ln χ in layers, negative where gradients explode and infinite where they neither shrink nor grow. Nets deeper
  /// than about 6 ξ don't train.
  public var depthScale: Double { -1 / logarithm(fixedSlope) }

  /// The factors of a net of finite depth: element l is that from the input of activation l + 1's layer back to layer l's, each
  /// at the length its layer has when the first layer's q is `inputLength`.
  public func gradientFactors(depth: Int, inputLength: Double) -> [Double] {
    var q = inputLength
    return (0..<max(depth - 1, 0)).map { _ in
      defer { q = nextLength(after: q) }
      return slope(atLength: q).squareRoot()
    }
  }

  /// The factor a layer that the profile of a residual net x + α W φ(x) with ReLU has: √(1 + α² σ_w²/2).
  ///
  /// The branch adds its share of blame to the stream's: E over W of |(1 + α W D)ᵀ g|² = |g|² (1 + α² σ_w² / 2), D being half ones.
  public static func residualFactor(scale: Double, weightVariance: Double) -> Double {
    (1 + scale * scale * weightVariance / 2).squareRoot()
  }

  /// √(π/(π − 1)): the factor a layer of batch normalization before ReLU, whatever the weights' size.
  /// Source: Yang et al., "A mean field theory of batch normalization", 2019, arXiv:1902.08129.
  public static let batchNormFactor = (Double.pi / (Double.pi - 1)).squareRoot()
}
