/// What the literature says and these trials don't show: its claim, judged as any other, and what may be the reason.
///
/// It is part of the report, and never counts as a claim that fails.
public struct Disagreement: Sendable {
  /// What the literature claims.
  package let claim: Claim
  /// What differs here from the literature's nets, or what else may be the reason, as sentences.
  let why: String

  /// A claim of the literature's, and what may be the reason why it is not so here.
  public init(with claim: Claim, why: String) {
    self.claim = claim
    self.why = why
  }
}
