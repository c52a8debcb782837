import RunFile
import Support

/// Fires when the loss ends far above where it began, or grows until it is not finite.
struct LossDivergesRule: Rule {
  let name = "loss diverges"
  let stage = RuleStage.outcome
  let principle =
    "Compares the last losses with the first, and the largest with the smallest before it. A loss that ends more "
    + "than half above its start, or grows this much before it is not finite, went uphill: steps are too large or "
    + "have the wrong sign."
  let source = "SageMaker Debugger, rule LossNotDecreasing; AUTOTRAINER (ICSE 2021)"
  var limits: [RuleLimit] {
    [
      RuleLimit(
        "largest loss over the smallest before it, where the loss becomes NaN or infinite", .above, Self.growthLimit,
        "×")
    ]
  }

  /// The largest loss over the smallest before it, in a run whose loss becomes NaN or infinite.
  static let growthLimit = 100.0

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let loss = evidence.loss
    guard !evidence.isAdversarial || loss.state == .nonfinite,
      loss.state == .rises || loss.state == .nonfinite && evidence.growth.map({ $0.ratio > Self.growthLimit }) ?? false
    else { return [] }
    let growth = evidence.growth
    let start = growth?.steps.lowerBound ?? evidence.allSteps.lowerBound
    let last = evidence.run.steps.last { $0.loss.isFinite }?.loss ?? .nan
    let ratio = last / loss.first
    return found(
      .failure,
      "the loss rises from \(formatPlain(growth?.from ?? loss.first)) to \(formatPlain(growth?.to ?? last))"
        + (loss.state == .nonfinite ? ", and then is not finite" : ""),
      steps: start...max(start, evidence.allSteps.upperBound), measured: growth?.ratio ?? ratio,
      limit: loss.state == .rises ? 1.5 : Self.growthLimit,
      unit: "×", cause: "steps go uphill: they are too large for the curvature, or the sign of the loss is wrong",
      remedies: [
        evidence.learningRate.map { "a learning rate of \(oneDigit($0 / 10)) instead of \(formatShortest($0))" }
          ?? "a tenth of the learning rate",
        "check that the loss is what shall become small, not its negative",
      ],
      chart: "loss",
      trial: evidence.learningRate.map { .learningRate(oneDigitNumber($0 / 10)) })
  }
}
