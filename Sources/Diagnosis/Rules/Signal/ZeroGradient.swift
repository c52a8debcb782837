import RunFile
import Support

/// Fires when the gradient of weights is exactly 0 in all recorded steps though it is computed, and no ReLU is dead.
struct ZeroGradientRule: Rule {
  let name = "zero gradient"
  let principle =
    "Counts the steps in which the gradient of a weight is computed and exactly 0. Something behind the weight has "
    + "a slope of 0, such as a rounding or a comparison."
  let source = "SageMaker Debugger, rule AllZero"
  var limits: [RuleLimit] {
    [
      RuleLimit("steps with a gradient of 0", .atLeast, Self.shareLimit, "of the recorded steps")
    ]
  }

  /// The share of recorded steps in which the gradient was exactly 0.
  static let shareLimit = 0.999

  func missing(in evidence: RunEvidence) -> [MissingRecord] { evidence.missingFacts }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let known = Dictionary(evidence.matrices.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
    let zero = evidence.facts.ofParameters(.zeroGradient).filter { ($0.fact.number ?? 0) >= Self.shareLimit }
      .compactMap { known[$0.path] }.filter { !$0.isFrozen && !$0.optimizers.isEmpty }.sorted { $0.id < $1.id }
    guard !zero.isEmpty, evidence.run.steps.count >= 3, evidence.deadSites.isEmpty,
      evidence.skippedSteps.count * 2 < evidence.run.steps.count
    else { return [] }
    let isAll = zero.count == evidence.matrices.count
    let spread = evidence.facts.number(.predictionSpread, of: .loss)
    return found(
      evidence.isStuck || isAll ? .failure : .warning,
      "the gradient of \(counted(zero.count, "weight")), \(listed(zero.map(\.path))), is exactly 0 in all steps",
      sites: zero.map(\.path), steps: evidence.allSteps,
      measured: Double(zero.count) / Double(max(evidence.matrices.count, 1)),
      limit: 0, unit: "of weights",
      cause: spread == 0
        ? "predictions are the same for all inputs, so something behind these weights passes no gradient"
        : "what follows them has a slope of exactly 0: a rounding, a comparison, an activation beyond its limits, or weights of zero that do not move",
      remedies: evidence.remediesOfZeroSlope,
      chart: "gradient-profile")
  }
}
