import RunFile
import Support

/// Fires when activations at the first step shrink over depth, and the loss does not go down, although gradients are not the ones that
/// vanish.
struct VanishingActivationsRule: Rule {
  let name = "vanishing activations"
  let principle =
    "Compares the activations of the last layer but one with those of the first layer, at the first step. "
    + "Activations that shrink by a factor per layer give outputs that hardly depend on the inputs."
  let source = "Glorot and Bengio 2010; He et al. 2015, arXiv:1502.01852"
  var limits: [RuleLimit] {
    [
      RuleLimit("RMS at the last layer but one over that at the first", .below, Self.ratioLimit, "×")
    ]
  }

  /// The RMS of the last layer but one over that of the first below which activations vanish.
  static let ratioLimit = 1e-3

  func missing(in evidence: RunEvidence) -> [MissingRecord] { evidence.missing(.activationRMS, .activations) }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    guard evidence.isStuck, let (ratio, profile) = evidence.activationRatio, ratio < Self.ratioLimit,
      try VanishingGradientRule().findings(in: evidence).isEmpty, !evidence.deadAtFirst
    else { return [] }
    return found(
      .failure,
      "activations shrink over depth to \(formatPlain(ratio)) of those of the first layer"
        + (profile.factor.map { ", by \(formatPlain(1 / $0)) per layer" } ?? "") + "; the loss does not go down",
      sites: evidence.paths(profile.points.flatMap(\.sites)), steps: profile.step...profile.step, measured: ratio,
      limit: Self.ratioLimit, unit: "×",
      cause: "each layer makes its input smaller, so the outputs hardly depend on the inputs",
      remedies: [
        "the initializer \(evidence.fittingInitializer), then model.initialize(seed: 1)",
        "a LayerNorm before each activation",
      ],
      chart: "activations",
      trial: .initializer(evidence.fittingInitialization))
  }
}

extension RunEvidence {
  /// The activations' RMS of the last layer but one over that of the first, with the profile over depth; nil with fewer than four layers.
  var activationRatio: (ratio: Double, profile: GradientProfile)? {
    guard let profile = activationProfile, profile.points.count >= 4 else { return nil }
    let ratio = profile.points[profile.points.count - 2].value / profile.points[0].value
    return ratio.isFinite ? (ratio, profile) : nil
  }
}
