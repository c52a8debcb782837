/// A claim of the literature that these trials don't show, and the possible reason.
///
/// It is judged like a claim and listed in the report, but it never counts as a claim that fails.
public struct Disagreement: Sendable {
  /// What the literature claims.
  package let claim: Claim
  /// How these nets differ from those of the literature, or another possible reason, in sentences.
  let reason: String

  /// A claim of the literature, and the possible reason why it does not hold here.
  public init(with claim: Claim, reason: String) {
    self.claim = claim
    self.reason = reason
  }
}
