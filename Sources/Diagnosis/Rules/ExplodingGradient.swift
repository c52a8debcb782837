import RunFile
import Support

/// Fires when the gradient gains more than three decades from the last weighted layer to the first at the start, and the
/// loss does not go down or stops being finite.
struct ExplodingGradient: Rule {
  let name = "exploding gradient"

  /// The ratio of the first weighted layer's gradient to the last's, fitted, above which it counts as exploded.
  static let ratioLimit = 1e3

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    guard evidence.isStuck, let start = evidence.start else { return [] }
    let profile = evidence.profile(start)
    let step = evidence.gradients.steps[start]
    guard profile.count >= 3, let fit = GeometricFit(interiorOf: profile) else { return [] }
    let ratio = fit.value(at: profile[0].depth) / fit.value(at: profile[profile.count - 1].depth)
    guard ratio > Self.ratioLimit else { return [] }
    return [
      Finding(
        severity: .failure, rule: name,
        statement:
          "the gradient grows by ×\(rounded(fit.factorPerLayer)) a layer, to \(rounded(ratio)) times its size at the first layer, "
          + "and the loss does not go down",
        sites: evidence.paths(evidence.weighted), steps: step...step, measured: ratio, limit: Self.ratioLimit,
        cause:
          "each layer multiplies the gradient by more than 1: weights too large, unscaled residual branches, or batch normalization in a deep plain net",
        remedy: "smaller initial weights, residual branches scaled by 1/√L, or gradient clipping",
        source: "Bengio, Simard and Frasconi 1994; Schoenholz et al. 2017, arXiv:1611.01232")
    ]
  }
}
