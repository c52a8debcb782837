import RunFile

/// Fires when more steps in a row were skipped than a loss scale that is too large can explain. Single skipped steps are normal: dynamic
/// loss scaling finds its scale by them.
struct SkippedStepsRule: Rule {
  let name = "skipped steps"
  let principle =
    "Counts skipped steps in a row. Where they are more than it takes to halve the usual loss scale down to 1, "
    + "gradients are not finite at any scale."
  let source = "Micikevicius et al. 2018, arXiv:1710.03740"
  var limits: [RuleLimit] {
    [
      RuleLimit("skipped steps in a row", .above, Double(Self.limit), "steps")
    ]
  }

  /// The number of skipped steps in a row that halve the loss scale from its usual start, 65,536, to 1.
  static let limit = 16

  /// The longest row of skipped steps; nil if there are none.
  static func longest(_ evidence: RunEvidence) -> ClosedRange<Int>? {
    var longest: ClosedRange<Int>?, current: ClosedRange<Int>?
    for step in evidence.skippedSteps.sorted() {
      current = current.map { $0.upperBound == step - 1 ? $0.lowerBound...step : step...step } ?? step...step
      if current!.count > longest?.count ?? 0 { longest = current }
    }
    return longest
  }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    guard let steps = Self.longest(evidence), steps.count > Self.limit else { return [] }
    return found(
      .failure, "\(steps.count) steps in a row were skipped, since gradients overflowed at every scale of the loss",
      steps: steps, measured: Double(steps.count), limit: Double(Self.limit), unit: "steps",
      cause:
        "activations or gradients are not finite however small the loss is scaled: numbers have outgrown float16, or "
        + "an operation gives NaN",
      remedies: [
        "bfloat16, which has Float32's range",
        "smaller initial weights: the initializer \(evidence.fittingInitializer)",
      ],
      chart: "gradient-flow")
  }
}
