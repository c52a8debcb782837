import RunFile

/// Fires when the gradient gains more than three decades from the last point of its profile to the first at the start, and the
/// loss does not go down or stops being finite.
struct ExplodingGradientRule: Rule {
  let name = "exploding gradient"

  /// The ratio of the first point's gradient to the last's, fitted, above which it counts as exploded.
  static let ratioLimit = 1e3

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    guard evidence.isStuck, let profile = evidence.profile, profile.points.count >= 3,
      let ratio = evidence.fittedRatio, let factor = profile.factor, ratio > Self.ratioLimit
    else { return [] }
    return [
      Finding(
        severity: .failure, rule: name,
        statement:
          "the gradient grows by ×\(rounded(factor)) per \(profile.axis.unit), to \(rounded(ratio)) times its size at the "
          + "first \(profile.axis.unit), and the loss does not go down",
        sites: evidence.paths(evidence.profileSites), steps: profile.step...profile.step, measured: ratio,
        limit: Self.ratioLimit,
        cause:
          "each layer multiplies the gradient by more than 1: weights too large, unscaled residual branches, or batch normalization in a deep plain net",
        remedy: "smaller initial weights, residual branches scaled by 1/√L, or gradient clipping",
        source: "Bengio, Simard and Frasconi 1994; Schoenholz et al. 2017, arXiv:1611.01232")
    ]
  }
}
