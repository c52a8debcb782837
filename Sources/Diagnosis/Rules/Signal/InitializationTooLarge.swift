import RunFile
import Support

/// Fires when hidden weights begin far larger than any usual initializer makes them, and the net does not learn as it could.
struct InitializationTooLargeRule: Rule {
  let name = "initialization too large"

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
