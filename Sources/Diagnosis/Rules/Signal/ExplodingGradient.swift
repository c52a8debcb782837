import RunFile
import Support

/// Fires when the gradient at the first step grows by more than a factor of 1000 from the last point of its profile to the first, and
/// the loss does not go down.
struct ExplodingGradientRule: Rule {
  let name = "exploding gradient"
  let principle =
    "Compares the gradient at the first layer, or call of a recurrent cell, with that at the last, at the first "
    + "step and by a fit over all. Where each layer multiplies it by more than 1, a step that suits the last layers "
    + "is far too large for the first."
  let source = "Bengio, Simard and Frasconi 1994; Schoenholz et al. 2017, arXiv:1611.01232"
  var limits: [RuleLimit] {
    [
      RuleLimit("gradient at the first layer over that at the last", .above, Self.ratioLimit, "×"),
      RuleLimit(
        "the same where the loss outgrows all numbers, over calls or with a strong factor", .above, Self.divergingLimit,
        "×"),
      RuleLimit("the same with a factor above 1.5 per layer", .above, Self.steepLimit, "×"),
      RuleLimit("strong factor", .above, Self.divergingFactor, "× per layer"),
    ]
  }

  /// The ratio of the first point to the last, fitted or plain, above which the gradient counts as exploded.
  static let ratioLimit = 1e3
  /// The same over the calls of a recurrent cell, where the loss diverges or is not finite: each step adds to the gradient of shared weights.
  static let divergingLimit = 30.0

  /// The factor per layer above which the lower limit holds over depth too: 1.3.
  static let divergingFactor = 1.3
  /// The ratio in a net whose gradient grows by a factor of 1.5 per layer or more: 100.
  static let steepLimit = 100.0, steepFactor = 1.5

  func missing(in evidence: RunEvidence) -> [MissingRecord] { evidence.missing(.gradientRMS, .gradients) }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    guard evidence.isStuck, evidence.skippedSteps.count * 2 < evidence.run.steps.count, let profile = evidence.profile,
      profile.points.count >= 3,
      let factor = profile.factor, let ratio = [evidence.fittedRatio, profile.ratio].compactMap({ $0 }).max(),
      ratio > limit(profile, evidence), evidence.loss.state != .nonfinite || !evidence.hasArithmeticOrigin
    else { return [] }
    let isOverTime = profile.axis != .depth
    let isNormalized = evidence.run.sites.contains { $0.kind.rawValue.hasPrefix("BatchNorm") }
    let hasBranches = evidence.run.sites.contains { $0.kind == "Residual" }
    let count = Double(profile.points.count), cells = evidence.recurrentLayers
    let clipping = "clip gradients between backward() and step(): optimizer.clipGradients(toNorm: 1)"
    let orthogonal = "recurrent weights that are orthogonal: initializer: .orthogonal()"
    return found(
      .failure,
      "the gradient is multiplied by \(formatPlain(factor)) per \(profile.axis.unit) in the backward pass, and reaches the first "
        + "\(profile.axis.unit) at \(formatPlain(ratio)) times its size at the last; the loss does not go down",
      sites: evidence.paths(evidence.profileSites), steps: profile.step...profile.step, measured: ratio,
      limit: limit(profile, evidence), unit: "×",
      cause: isOverTime
        ? "each step of the recurrence multiplies the gradient by more than 1: recurrent weights are too large"
        : "each layer multiplies the gradient by more than 1: "
          + (isNormalized
            ? "batch normalization in a deep plain net"
            : hasBranches ? "unscaled residual branches, or weights too large" : "weights too large"),
      remedies: isOverTime
        ? (cells.isEmpty ? [clipping, orthogonal] : [orthogonal, clipping]) + ["an LSTM or GRU cell"]
        : hasBranches
          ? [
            "residual branches scaled by 1/√L: Residual(…, scale: \(formatPlain(1 / count.squareRoot(), digits: 2)))",
            clipping,
          ]
          : isNormalized
            ? [clipping, "residual connections around the layers: Residual(…)"]
            : [
              "weights smaller by the factor \(formatPlain(factor)): the initializer \(evidence.fittingInitializer)",
              clipping,
            ],
      chart: "gradient-profile",
      trial: isOverTime
        ? cells.isEmpty ? .clipping(norm: 1) : .orthogonalWeights(of: cells)
        : hasBranches
          ? .branchScale(1 / count.squareRoot())
          : isNormalized ? .clipping(norm: 1) : .initializer(evidence.fittingInitialization))
  }

  private func limit(_ profile: GradientProfile, _ evidence: RunEvidence) -> Double {
    (profile.axis != .depth || profile.factor ?? 1 > Self.divergingFactor)
      && (evidence.loss.state == .nonfinite || evidence.hasOutgrown)
      ? Self.divergingLimit : profile.factor ?? 1 > Self.steepFactor ? Self.steepLimit : Self.ratioLimit
  }
}
