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
    guard !evidence.halfSites.isEmpty, evidence.nonfinite == nil, evidence.deadSites.isEmpty else { return [] }
    let scales = try lossScales(evidence)
    let lost = evidence.halfSites.filter { site in
      let limit = evidence.isHigh ? Self.gradientLimit / (scales[site] ?? 1) : 0
      return evidence.series(evidence.gradients, site).count > 2 && mostly(site, evidence) { $0 <= limit }
    }
    let found = lost.map { scales[$0] }.reduce(into: [Double?]()) { if !$0.contains($1) { $0.append($1) } }
    return found.flatMap { scale in finding(lost.filter { scales[$0] == scale }, scale: scale, evidence) }
  }

  /// The last scale by which a loss scaler enlarged the gradients of each site, which are recorded without it, in the order of the run's
  /// sites; nil where there is none. A site without parameters has the scale of the site before it.
  private func lossScales(_ evidence: RunEvidence) throws -> [Double?] {
    let run = evidence.run
    let optimizers = Dictionary(
      run.parameters.compactMap { parameter in
        parameter.site.flatMap { site in parameter.optimizers.first.map { (site, $0) } }
      }
    ) { first, _ in first }
    var optimizer = run.sites.lazy.compactMap { optimizers[$0.id] }.first ?? 0
    var scales: [Int: Double] = [:]
    for number in Set(optimizers.values).union([optimizer]) {
      scales[number] = try run.scalars(Scalar.lossScale(ofOptimizer: number + 1)).map(\.value).last { $0 > 0 }
    }
    return run.sites.map { site in
      optimizer = optimizers[site.id] ?? optimizer
      return scales[optimizer]
    }
  }

  /// Whether this holds for the gradient of a site in most steps.
  private func mostly(_ site: Int, _ evidence: RunEvidence, _ holds: (Double) -> Bool) -> Bool {
    let values = evidence.series(evidence.gradients, site)
    return Double(values.count { holds($0.value) }) > Self.stepShare * Double(values.count)
  }

  /// The finding on sites whose gradients are lost at this scale of the loss.
  private func finding(_ lost: [Int], scale: Double?, _ evidence: RunEvidence) -> [Finding] {
    let low = Self.gradientLimit / (scale ?? 1), areZero = lost.contains { mostly($0, evidence) { $0 == 0 } }
    let values = lost.flatMap { evidence.series(evidence.gradients, $0).map(\.value) }
    let start =
      evidence.series(evidence.gradients, lost[0]).first { $0.value <= low }?.step ?? evidence.allSteps.lowerBound
    let present = values.filter { $0 > 0 }.max() ?? 6e-8
    return found(
      evidence.isStuck
        ? .failure
        : evidence.loss.constantLoss == nil && evidence.loss.last < 0.1 * evidence.loss.first ? .note : .warning,
      "gradients of \(counted(lost.count, "site")) in float16 are "
        + (areZero ? "exactly 0" : "below \(formatPlain(low))")
        + " in most steps; float16's smallest number is 6.0e-08"
        + (scale.map { ", and the loss was scaled by \(formatPlain($0))" } ?? ""),
      sites: evidence.paths(lost), steps: start...max(start, evidence.allSteps.upperBound),
      measured: areZero ? 0 : values.max() ?? 0, limit: low,
      cause: "gradients smaller than that become 0, and "
        + (scale == nil
          ? "no loss scaler enlarges them before the backward pass" : "the loss scaler does not enlarge them enough"),
      remedies: [
        scale == nil
          ? "a loss scaler: scaler.scaled(loss).backward(), then scaler.step(optimizer), which begins with the scale 65,536"
            + (present < 1e-9 ? "; multiply the loss by \(oneDigit(1e-3 / present))" : "")
          : "a larger scale: LossScaler(scale: …), as large as the gradients allow without being infinite",
        "bfloat16 in place of float16: it has Float32's range",
      ],
      chart: "gradient-flow")
  }
}
