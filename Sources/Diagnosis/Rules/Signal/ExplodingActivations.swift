import RunFile
import Support

/// Fires when activations at the first step grow over depth, and the loss does not go down, although gradients don't explode with them.
struct ExplodingActivationsRule: Rule {
  let name = "exploding activations"
  let principle =
    "Compares the activations of the last layer but one with those of the first layer, at the first step. "
    + "Activations that grow by a factor per layer make outputs and loss far too large."
  let source = "He et al. 2015, arXiv:1502.01852"
  var limits: [RuleLimit] {
    [
      RuleLimit("RMS at the last layer but one over that at the first", .above, Self.ratioLimit, "×")
    ]
  }

  /// The RMS of the last layer but one over that of the first above which activations explode.
  static let ratioLimit = 1e3

  func missing(in evidence: RunEvidence) -> [MissingRecord] { evidence.missing(.activationRMS, .activations) }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    guard evidence.isStuck, let (ratio, profile) = evidence.activationRatio, ratio > Self.ratioLimit,
      try ExplodingGradientRule().findings(in: evidence).isEmpty
    else { return [] }
    guard evidence.skippedSteps.count * 2 < evidence.run.steps.count else { return [] }
    let hasBranches = evidence.run.sites.contains { $0.kind == "Residual" }
    return found(
      .failure,
      "activations grow over depth to \(formatPlain(ratio)) times those of the first layer"
        + (profile.factor.map { ", by \(formatPlain(1 / $0)) per layer" } ?? "") + "; the loss does not go down",
      sites: evidence.paths(profile.points.flatMap(\.sites)), steps: profile.step...profile.step, measured: ratio,
      limit: Self.ratioLimit, unit: "×",
      cause: hasBranches ? "unscaled residual branches add up" : "each layer makes its input larger",
      remedies: [
        hasBranches
          ? "residual branches scaled by 1/√L: Residual(…, scale: \(formatPlain(1 / Double(max(profile.points.count, 1)).squareRoot(), digits: 2)))"
          : "the initializer \(evidence.fittingInitializer), then model.initialize(seed: 1)",
        "a LayerNorm before each layer",
      ],
      chart: "activations",
      trial: hasBranches
        ? .branchScale(1 / Double(max(profile.points.count, 1)).squareRoot())
        : .initializer(evidence.fittingInitialization))
  }
}
