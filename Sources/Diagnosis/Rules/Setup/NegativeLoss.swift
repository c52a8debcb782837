import RunFile
import Support

/// Fires when a loss that can't be negative is: its sign is wrong, so training makes the error larger.
struct NegativeLossRule: Rule {
  let name = "negative loss"
  let stage = RuleStage.setup
  let principle =
    "Reads the sign of the loss. Errors such as cross-entropy are 0 or more, so a negative one was multiplied by a "
    + "negative number, and each step makes the error larger."

  /// The losses that are 0 or more.
  static let positive = [
    "crossEntropy", "meanSquaredError", "meanAbsoluteError", "huberLoss", "binaryCrossEntropy", "negativeLogLikelihood",
    "crossEntropy(probabilities:)", "binaryCrossEntropy(probabilities:)",
  ]

  func missing(in evidence: RunEvidence) -> [MissingRecord] { evidence.missingTargets }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    guard let function = evidence.facts.text(.function, of: .loss), Self.positive.contains(function),
      evidence.facts.number(.callsPerStep, of: .loss) ?? 1 < 1.5,
      let first = evidence.run.steps.first(where: { $0.loss < -1e-6 }),
      let last = evidence.run.steps.last(where: { $0.loss.isFinite })
    else { return [] }
    return found(
      .failure, "the loss is negative, \(formatPlain(last.loss)) at the end, but \(function) is 0 or more",
      steps: first.step...max(first.step, evidence.allSteps.upperBound), measured: last.loss, limit: 0,
      cause: "the loss is multiplied by a negative number, so each step makes the error larger",
      remedies: ["minimize the loss itself: loss.backward(), not (-loss).backward()"], chart: "loss")
  }
}
