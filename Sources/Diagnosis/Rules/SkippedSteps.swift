import RunFile

/// Fires when more steps in a row were skipped than a loss scale that is too large can explain. Single skipped steps are normal: dynamic
/// loss scaling finds its scale by them.
struct SkippedStepsRule: Rule {
  let name = "skipped steps"

  /// The number of skipped steps in a row that halve the loss scale from its usual start, 65,536, to 1.
  static let limit = 16

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    var longest: ClosedRange<Int>?, current: ClosedRange<Int>?
    for step in evidence.skippedSteps.sorted() {
      current = current.map { $0.upperBound == step - 1 ? $0.lowerBound...step : step...step } ?? step...step
      if current!.count > longest?.count ?? 0 { longest = current }
    }
    guard let steps = longest, steps.count > Self.limit else { return [] }
    return [
      Finding(
        severity: .failure, rule: name,
        statement: "\(steps.count) steps in a row were skipped, since gradients overflowed at every scale of the loss",
        sites: [], steps: steps, measured: Double(steps.count), limit: Double(Self.limit),
        cause:
          "activations or gradients are not finite however small the loss is scaled: numbers have outgrown float16, or "
          + "an operation gives NaN",
        remedy: "bfloat16, which has Float32's range, a smaller learning rate, or smaller initial weights",
        source: "Micikevicius et al. 2018, arXiv:1710.03740")
    ]
  }
}
