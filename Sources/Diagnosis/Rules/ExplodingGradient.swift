import RunFile
import Support

/// Fires when the gradient at the first step grows by more than a factor of 1000 from the last point of its profile to the first, and
/// the loss does not go down.
struct ExplodingGradientRule: Rule {
  let name = "exploding gradient"

  /// The fitted ratio of the first point to the last above which the gradient counts as exploded.
  static let ratioLimit = 1e3

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    guard evidence.isStuck, let profile = evidence.profile, profile.points.count >= 3,
      let ratio = evidence.fittedRatio, let factor = profile.factor, ratio > Self.ratioLimit
    else { return [] }
    return [
      Finding(
        severity: .failure, rule: name,
        statement:
          "the gradient is multiplied by \(formatPlain(factor)) per \(profile.axis.unit) in the backward pass, and reaches the first "
          + "\(profile.axis.unit) at \(formatPlain(ratio)) times its size at the last; the loss does not go down",
        sites: evidence.paths(evidence.profileSites), steps: profile.step...profile.step, measured: ratio,
        limit: Self.ratioLimit,
        cause:
          "each layer multiplies the gradient by more than 1: weights too large, unscaled residual branches, or batch normalization in a deep plain net",
        remedy: "smaller initial weights, residual branches scaled by 1/√L, or gradient clipping",
        source: "Bengio, Simard and Frasconi 1994; Schoenholz et al. 2017, arXiv:1611.01232")
    ]
  }
}
