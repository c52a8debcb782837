import MeanField
import RunFile

/// Fires when the gradient loses more than three decades from the last weighted layer to the first at the start, or arrives
/// there as exact zero, and the loss does not go down. A slope alone is no fault: nets learn in spite of mild ones.
struct VanishingGradient: Rule {
  let name = "vanishing gradient"

  /// The ratio of the first weighted layer's gradient to the last's, fitted, below which it counts as vanished.
  static let ratioLimit = 1e-3

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    guard !evidence.learns, let step = evidence.gradients.steps.first else { return [] }
    let profile = evidence.profile(0)
    guard profile.count >= 3 else { return [] }
    let zeros = profile.filter { $0.value == 0 }
    guard let fit = GeometricFit(interiorOf: profile) else {
      return zeros.count == profile.count ? [finding(evidence, step, ratio: 0, "every gradient is exactly 0")] : []
    }
    let ratio = fit.value(at: profile[0].depth) / fit.value(at: profile[profile.count - 1].depth)
    guard ratio < Self.ratioLimit || !zeros.isEmpty else { return [] }
    return [
      finding(
        evidence, step, ratio: ratio,
        "the gradient shrinks by ×\(rounded(fit.factorGoingBack)) a layer, to \(rounded(ratio)) of its size at the first layer"
          + (zeros.isEmpty ? "" : " and to exactly 0 in \(zeros.count) layers") + ", and the loss does not go down")
    ]
  }

  private func finding(_ evidence: RunEvidence, _ step: Int, ratio: Double, _ statement: String) -> Finding {
    Finding(
      severity: .failure, rule: name, statement: statement, sites: evidence.paths(evidence.weighted),
      steps: step...step,
      measured: ratio, limit: Self.ratioLimit,
      cause:
        "each layer multiplies the gradient by less than 1: saturating activations, or weights too small for their activation",
      remedy: "ReLU with He initialization, residual connections, or normalization",
      source: "Hochreiter 1991; Glorot and Bengio 2010; limit after AUTOTRAINER (ICSE 2021)")
  }
}
