import RunFile
import Support

/// Fires when hidden weights begin far smaller than any usual initializer makes them, and the loss stays flat.
///
/// σ_w² is the variance of a layer's weights times its number of inputs: 2 for He, 1 for LeCun, 1/3 for U(±1/√n).
struct InitializationTooSmallRule: Rule {
  let name = "initialization too small"
  let principle =
    "Compares the variance of hidden weights times their number of inputs with He's 2, in a net without "
    + "normalization that learns less than it could. Smaller weights make activations and gradients shrink from layer "
    + "to layer."
  let source = "Glorot and Bengio 2010; He et al. 2015, arXiv:1502.01852"
  var limits: [RuleLimit] {
    [
      RuleLimit("middle variance of hidden weights", .below, Self.varianceLimit, "/ inputs")
    ]
  }

  /// The middle σ_w² of hidden layers below which they are too small: 0.1.
  static let varianceLimit = 0.1

  func missing(in evidence: RunEvidence) -> [MissingRecord] { evidence.weightVariances.isEmpty ? [.weights] : [] }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    guard evidence.isHigh, let variance = evidence.hiddenVariance,
      variance < Self.varianceLimit,
      !evidence.isNormalized
    else { return [] }
    let factor = evidence.activationProfile?.factor.map { 1 / $0 }
    return evidence.initializationFinding(
      of: self, variance, limit: Self.varianceLimit, factor,
      cause: "each layer makes activations smaller, and each layer makes gradients smaller in the backward pass")
  }
}
