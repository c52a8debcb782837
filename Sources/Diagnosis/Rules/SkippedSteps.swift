import RunFile

/// Fires when more steps in a row were skipped than the scale of the loss can be to blame for. Skipping one now and then is how
/// dynamic loss scaling finds its scale.
struct SkippedStepsRule: Rule {
  let name = "skipped steps"

  /// As many steps in a row halve the scale of the loss from 65,536, where it usually begins, to 1.
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
