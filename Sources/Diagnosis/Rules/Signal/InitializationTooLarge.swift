import RunFile
import Support

/// Fires when hidden weights begin far larger than any usual initializer makes them, and the net does not learn as it could.
struct InitializationTooLargeRule: Rule {
  let name = "initialization too large"
  let principle =
    "Compares the variance of hidden weights times their number of inputs with He's 2, in a net without "
    + "normalization that learns less than it could. Larger weights saturate bounded activations, and make "
    + "activations and gradients grow from layer to layer."
  let source = "Glorot and Bengio 2010; He et al. 2015, arXiv:1502.01852"
  var limits: [RuleLimit] {
    [
      RuleLimit("middle variance of hidden weights", .above, Self.varianceLimit, "/ inputs")
    ]
  }

  /// The middle σ_w² of hidden layers above which they are too large: 10.
  static let varianceLimit = 10.0

  func missing(in evidence: RunEvidence) -> [MissingRecord] { evidence.weightVariances.isEmpty ? [.weights] : [] }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    guard evidence.isHigh, let variance = evidence.hiddenVariance, variance > Self.varianceLimit, !evidence.isNormalized
    else {
      return []
    }
    return evidence.initializationFinding(
      of: self, variance, limit: Self.varianceLimit, evidence.activationProfile?.factor.map { 1 / $0 },
      cause:
        "large weights saturate bounded activations, and make activations and gradients of others grow from layer to layer"
    )
  }
}
