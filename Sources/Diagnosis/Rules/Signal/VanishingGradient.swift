import RunFile
import Support

/// Fires when the gradient at the first step shrinks by more than a factor of 1000 from the last point of its profile to the first, or is
/// exactly zero at a point, and the loss does not go down or weights do not move. A net that learns in spite of a slope has no fault.
struct VanishingGradientRule: Rule {
  let name = "vanishing gradient"
  let principle =
    "Compares the gradient at the first layer, or call of a recurrent cell, with that at the last, at the first "
    + "step and by a fit over all. Where the loss does not go down or weights do not move, the first layers get too "
    + "little of it to learn."
  let source = "Hochreiter 1991; Glorot and Bengio 2010; limit after AUTOTRAINER (ICSE 2021)"
  var limits: [RuleLimit] {
    [
      RuleLimit("gradient at the first layer over that at the last", .below, Self.ratioLimit, "×"),
      RuleLimit(
        "the same over that at the last layer but one, where the fit shows no slope", .below, Self.innerLimit, "×"),
      RuleLimit(
        "factor with which ten times the first limit is enough in a net that does not learn", .below, Self.factorLimit,
        "× per layer"),
      RuleLimit("update of a weight that does not move", .below, RunEvidence.updateLimit, "of the largest"),
    ]
  }

  /// The ratio of the first point to the last, fitted or plain, below which the gradient counts as vanished.
  static let ratioLimit = 1e-3
  /// The plain ratio of the first point to the last but one that must hold besides: the last layer, and a mean over positions before it, divide
  /// the gradient once, which is no slope.
  static let innerLimit = 1e-2

  /// The factor per layer below which a tenth of that is enough where the loss does not go down: 0.3.
  static let factorLimit = 0.3

  func missing(in evidence: RunEvidence) -> [MissingRecord] { evidence.missing(.gradientRMS, .gradients) }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    guard let profile = evidence.profile, let last = profile.points.last else { return [] }
    let unit = profile.axis.unit
    // Where ReLUs are dead or a layer is all zeros, those rules say more.
    let zeros = evidence.deadAtFirst ? [] : profile.points.filter { $0.value == 0 }
    var observations: [String] = []
    var measured = 1.0
    if profile.points.count >= 3, last.value > 0 {
      let ratio = evidence.fittedRatio, plain = profile.ratio
      // In a net that does not learn at all, a few strong factors are enough, and in a recurrence that hardly learns a few steps.
      let isEnough =
        try evidence.isStuck && profile.factor.map { $0 < Self.factorLimit } ?? false
        && WeightDecayTooStrongRule().findings(in: evidence).isEmpty
        || profile.axis != .depth && (evidence.isStuck || evidence.barelyLearns)
      let limit = isEnough ? 10 * Self.ratioLimit : Self.ratioLimit
      if let ratio, let factor = profile.factor, ratio < limit {
        measured = ratio
        observations.append(
          "is multiplied by \(formatPlain(factor)) per \(unit) in the backward pass, and reaches the first \(unit) at "
            + "\(formatPlain(ratio)) of its size at the last")
      } else if let plain, plain < Self.ratioLimit, plain > 0,
        profile.points[0].value < Self.innerLimit * profile.points[profile.points.count - 2].value
      {
        measured = plain
        observations.append(
          "reaches the first \(unit) at \(formatPlain(plain)) of its size at the last"
            + (profile.factor.map { ", and is multiplied by \(formatPlain($0)) per \(unit) in between" } ?? ""))
      }
    }
    let shrinks = !observations.isEmpty
    if !zeros.isEmpty, zeros.count < profile.points.count || evidence.loss.state != .nonfinite {
      measured = 0
      observations.append("is exactly 0 in \(counted(zeros.count, unit))")
    }
    guard !observations.isEmpty else { return [] }

    let unmoved = evidence.unmovedWeights
    let isOverTime = profile.axis != .depth
    // A gradient decays over time in any recurrence, so one that learns a little has no fault yet.
    var consequences =
      evidence.isStuck
      ? ["the loss does not go down"]
      : evidence.barelyLearns
        ? ["the loss hardly goes down"]
        : isOverTime && !evidence.staysHigh
          ? []
          : evidence.startsFlat || isOverTime
            ? ["the loss stays at \(formatPlain(evidence.loss.constantLoss!)) for the first third of the run"] : []
    if !unmoved.paths.isEmpty {
      let matrices = counted(unmoved.count, "weight matrix", plural: "weight matrices")
      consequences.append("\(unmoved.paths.count) of \(matrices) do not move")
    }
    guard !consequences.isEmpty, evidence.loss.state != .nonfinite else { return [] }
    // Steps of a recurrence share their weights.
    let weights = isOverTime ? nil : weightGradientRatio(evidence), fix = evidence.remediesOfShrinkingGradients
    let cells = evidence.recurrentLayers
    return found(
      evidence.isStuck || unmoved.paths.count * 2 > unmoved.count ? .failure : .warning,
      "the gradient \(observations.joined(separator: " and ")); \(consequences.joined(separator: ", and "))",
      sites: evidence.paths(zeros.isEmpty ? evidence.profileSites : zeros.flatMap(\.sites)),
      steps: profile.step...profile.step, measured: measured, limit: Self.ratioLimit, unit: "×",
      cause: (isOverTime
        ? "each step of the recurrence multiplies the gradient by less than 1: "
          + (evidence.hasForgetGates
            ? "a forget gate near 1/2 keeps half of the state per step"
            : "recurrent weights are too small, or the state saturates")
        : cause(evidence)) + (zeros.isEmpty ? "" : "; or a layer passes none on: dead ReLUs, or weights of zero")
        + (weights.map {
          "; gradients of weights don't show it: that of the first layer's weight is \(formatPlain($0)) times that of the last"
        }
          ?? ""),
      remedies: !shrinks
        ? evidence.remediesOfZeroSlope
        : isOverTime
          ? [
            evidence.hasForgetGates
              ? "biases of forget gates of \(oneDigit(evidence.lastingForgetBias)), so that half of the state is left after \(profile.points.count) steps: "
                + "LSTM(…, forgetBias: \(oneDigit(evidence.lastingForgetBias)))"
              : "recurrent weights that are orthogonal: initializer: .orthogonal()",
            "shorter sequences, or a loss at each step",
          ] : fix.texts,
      chart: "gradient-profile",
      trial: !shrinks
        ? nil
        : !isOverTime
          ? fix.trial
          : evidence.hasForgetGates
            ? .forgetBias(oneDigitNumber(evidence.lastingForgetBias))
            : cells.isEmpty ? nil : .orthogonalWeights(of: cells))
  }

  private func cause(_ evidence: RunEvidence) -> String {
    let variance = evidence.hiddenVariance
    if let kind = evidence.boundedActivation {
      return kind == "Sigmoid"
        ? "each layer multiplies the gradient by less than 1: the slope of a Sigmoid is at most 1/4, and weights of this size do not make up for it"
        : "each layer multiplies the gradient by less than 1: \(kind) saturates, or weights are too small for it"
    }
    if let variance, variance < 1.5 {
      return
        "each layer multiplies the gradient by less than 1: weights have a variance of \(formatPlain(variance)) / inputs, and ReLUs need 2 / inputs"
    }
    return
      "each layer multiplies the gradient by less than 1: saturating activations, or weights too small for their activation"
  }

  /// ‖dL/dW‖ of the first weight over that of the last, where it is far nearer to 1 than the limit; else nil.
  private func weightGradientRatio(_ evidence: RunEvidence) -> Double? {
    let norms = evidence.weights(.gradientNorm)
    let values = norms.parameters.indices.compactMap { row in norms.row(row).lazy.compactMap { $0 }.first }
    guard let first = values.first, let last = values.last, last > 0 else { return nil }
    let ratio = first / last
    return ratio > 0.1 && ratio < 10 ? ratio : nil
  }
}

extension RunEvidence {
  /// Whether a ReLU gives nothing but zeros, or a layer behind it nothing but negative values, at the first recorded step.
  var deadAtFirst: Bool {
    let zeros = layers(.zeroFraction)
    return zeros.sites.indices.contains { site in
      zeros.sites[site].kind == .relu && series(zeros, site).first.map { $0.value >= 0.9999 } ?? false
    }
  }
}
