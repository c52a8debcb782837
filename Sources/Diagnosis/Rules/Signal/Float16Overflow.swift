import RunFile
import Support

/// Fires when values of a site in float16 are not finite, or so many steps are skipped that no scale of the loss helps.
struct Float16OverflowRule: Rule {
  let name = "float16 overflow"
  let principle =
    "Compares the activations of sites in float16 with its largest number, 65,504. What outgrows it is infinite, "
    + "and a smaller loss scale does not make activations smaller."
  let source = "Micikevicius et al. 2018, arXiv:1710.03740"
  var limits: [RuleLimit] {
    [
      RuleLimit("activation that is about to overflow, where steps are skipped", .above, Self.nearShare * Self.largest),
      RuleLimit("skipped steps in a row", .above, Double(SkippedStepsRule.limit), "steps"),
    ]
  }

  /// The largest finite number of float16.
  static let largest = 65_504.0
  /// The share of it above which values are about to overflow, where all steps are skipped: 0.5.
  static let nearShare = 0.5

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let half = evidence.halfSites
    guard !half.isEmpty else { return [] }
    let skips = SkippedStepsRule.longest(evidence).flatMap { $0.count > SkippedStepsRule.limit ? $0 : nil }
    let maxima = evidence.layers(.activationMax), minima = evidence.layers(.activationMin),
      counts = evidence.layers(.nonfiniteCount)
    func peak(_ site: Int) -> Double {
      maxima.steps.indices.reduce(0) { peak, column in
        if counts[site, column] ?? 0 > 0 { return .infinity }
        return max(peak, abs(maxima[site, column] ?? 0), abs(minima[site, column] ?? 0))
      }
    }
    let isEvent = evidence.nonfinite?.origin == .float16
    guard isEvent || skips != nil, !evidence.hasArithmeticOrigin else { return [] }
    let peaks = half.map { ($0, peak($0)) }
    let over = peaks.first { $0.1 > Self.nearShare * Self.largest }
    guard isEvent || over != nil else { return [] }
    let site = isEvent ? evidence.nonfinite?.site ?? over?.0 : over?.0
    let first = min(isEvent ? evidence.nonfinite!.step : .max, skips?.lowerBound ?? .max)
    let what = isEvent && evidence.nonfinite!.what == "gradient" ? "gradients" : "activations"
    let growth = evidence.activationProfile?.factor.map { 1 / $0 }
    let depth = max(evidence.activationProfile?.points.count ?? 1, 1)
    return found(
      evidence.isStuck || (skips?.count ?? 0) * 2 > evidence.run.steps.count || evidence.loss.state == .tooShort
        ? .failure : skips != nil || evidence.learnsLittle ? .warning : .note,
      "\(what) outgrow float16, whose largest number is 65,504"
        + (site.map { ", first in “\(evidence.run.sites[$0].path)”" } ?? "")
        + (skips.map { "; \($0.count) steps in a row are skipped" } ?? ""),
      sites: site.map { [evidence.run.sites[$0].path] } ?? [], steps: first...max(first, evidence.allSteps.upperBound),
      measured: over?.1 ?? .infinity, limit: Self.largest,
      cause: (growth.map { $0 > 1.1 ? "activations grow by a factor of \(formatPlain($0)) per layer; " : "" } ?? "")
        + "the loss scaler halves its scale and skips steps, which makes gradients smaller, but not activations",
      remedies: [
        "bfloat16 in place of float16: it has Float32's range",
        evidence.run.sites.contains { $0.kind == "Residual" }
          ? "the residual branches scaled by 1/√\(depth): Residual(…, scale: \(formatPlain(1 / Double(depth).squareRoot(), digits: 2)))"
          : "smaller initial weights, or a LayerNorm before \(site.map { evidence.run.sites[$0].path } ?? "the site")",
      ],
      chart: "activations")
  }
}
