import RunFile
import Support

/// Fires when gradients of sites in float16 are exactly 0 in most steps, or below the smallest numbers of float16, so that layers don't learn.
struct Float16UnderflowRule: Rule {
  let name = "float16 underflow"
  let principle =
    "Compares the gradients of sites in float16 with its smallest numbers. Smaller ones become 0, so the layers "
    + "before get no gradient."
  let source = "Micikevicius et al. 2018, arXiv:1710.03740"
  var limits: [RuleLimit] {
    [
      RuleLimit("RMS of the gradients times the scale of the loss", .atMost, Self.gradientLimit),
      RuleLimit("steps in which it is so", .above, Self.stepShare, "of the recorded steps"),
    ]
  }

  /// The RMS of gradients below which most elements underflow: four times the smallest number of float16, 2⁻²⁴.
  static let gradientLimit = 4 * 0x1p-24
  /// The share of recorded steps in which it must hold.
  static let stepShare = 0.5

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let half = evidence.halfSites, gradients = evidence.gradients
    // Gradients are recorded without the scale that a loss scaler gives them.
    let scales = try evidence.run.scalars(Scalar.lossScale(ofOptimizer: 1)).map(\.value).filter { $0 > 0 }
    let scale = scales.last ?? 1, low = Self.gradientLimit / scale
    guard !half.isEmpty, evidence.nonfinite == nil, evidence.deadSites.isEmpty else { return [] }
    let lost = half.filter { site in
      let values = evidence.series(gradients, site)
      let limit = evidence.isHigh ? low : 0
      return values.count > 2 && Double(values.count { $0.value <= limit }) > Self.stepShare * Double(values.count)
    }
    let zero = lost.filter { site in
      let values = evidence.series(gradients, site)
      return Double(values.count { $0.value == 0 }) > Self.stepShare * Double(values.count)
    }
    guard !lost.isEmpty else { return [] }
    let values = lost.flatMap { evidence.series(gradients, $0).map(\.value) }
    let largest = values.max() ?? 0,
      first = evidence.series(gradients, lost[0]).first { $0.value <= low }?.step
    let start = first ?? evidence.allSteps.lowerBound
    let present = values.filter { $0 > 0 }.max() ?? 6e-8
    return found(
      evidence.isStuck
        ? .failure
        : evidence.loss.constantLoss == nil && evidence.loss.last < 0.1 * evidence.loss.first ? .note : .warning,
      "gradients of \(counted(lost.count, "site")) in float16 are "
        + (zero.isEmpty ? "below \(formatPlain(low))" : "exactly 0")
        + " in most steps; float16's smallest number is 6.0e-08"
        + (scales.isEmpty ? "" : ", and the loss was scaled by \(formatPlain(scale))"),
      sites: evidence.paths(lost), steps: start...max(start, evidence.allSteps.upperBound),
      measured: zero.isEmpty ? largest : 0,
      limit: low,
      cause: "gradients smaller than that become 0, and "
        + (scales.isEmpty
          ? "no loss scaler enlarges them before the backward pass" : "the loss scaler does not enlarge them enough"),
      remedies: [
        scales.isEmpty
          ? "a loss scaler: scaler.scaled(loss).backward(), then scaler.step(optimizer), which begins with the scale 65,536"
            + (present < 1e-9 ? "; multiply the loss by \(oneDigit(1e-3 / present))" : "")
          : "a larger scale: LossScaler(scale: …), as large as the gradients allow without being infinite",
        "bfloat16 in place of float16: it has Float32's range",
      ],
      chart: "gradient-flow")
  }
}
