import RunFile
import Support

/// Fires when the loss does not go down, or hardly, and no other rule finds a warning or a failure: what is known, and which records would tell
/// more.
struct LossDoesNotFallRule: Rule {
  let name = "loss does not fall"
  let stage = RuleStage.unexplained
  let principle =
    "Compares the last losses with the first and with the loss of the best constant output, where no other rule "
    + "finds a warning or a failure. The net does not learn, or hardly, and the cause is not known."
  let source = "SageMaker Debugger, rule LossNotDecreasing"
  var limits: [RuleLimit] {
    [
      RuleLimit("fall of the loss", .below, LossCourse.learningLimit, "of the loss"),
      RuleLimit("fall of the loss, if it is above five standard errors", .below, LossCourse.slowLimit, "of the loss"),
      RuleLimit("steps of the run", .atLeast, Double(Self.shortest), "steps"),
      RuleLimit("final loss of one that falls", .above, Self.hardlyLimit, "of the loss of a constant output"),
      RuleLimit("steps of such a run", .atLeast, Double(Self.hardlySteps), "steps"),
    ]
  }

  /// The number of steps that a run needs before a loss that nothing explains is reported: 30.
  static let shortest = 30
  /// The final loss over that of a constant output above which a loss that falls has hardly fallen: 0.98.
  static let hardlyLimit = 0.98
  /// The number of steps from which on that is no start: 100.
  static let hardlySteps = 100

  func missing(in evidence: RunEvidence) -> [MissingRecord] { evidence.missingSteps }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let loss = evidence.loss
    let hardlyFalls =
      loss.state == .falls && evidence.run.steps.count >= Self.hardlySteps
      && loss.constantLoss.map { loss.last > Self.hardlyLimit * $0 } ?? false
    guard evidence.isStuck && evidence.run.steps.count >= Self.shortest || hardlyFalls else { return [] }
    let level: String
    if loss.isAtConstant {
      level =
        evidence.task.kind == .classes
        ? "at \(formatPlain(loss.last)), as when every answer is the class frequencies"
          + (evidence.task.classCount.map { " (\(formatPlain(loss.constantLoss!)) for \($0) classes)" } ?? "")
        : "at \(formatPlain(loss.last)), the variance of the targets, as when every answer is their mean"
    } else if let constant = loss.constantLoss {
      level =
        "at \(formatPlain(loss.last)), \(loss.last > constant ? "above" : "below") the \(formatPlain(constant)) of the best constant output"
    } else {
      level = "from \(formatPlain(loss.first)) to \(formatPlain(loss.last))"
    }
    let updates = evidence.relativeUpdates.compactMap { $0 }.filter(\.isFinite)
    let lacking = missingEverywhere(evidence)
    return found(
      evidence.isStuck ? .failure : .warning,
      "the loss stays \(level)"
        + (updates.isEmpty
          ? "; how far weights move is not recorded"
          : "; weights move by \(formatPlain(median(updates))) of their norm per step, \(formatPlain(updates.min()!)) to \(formatPlain(updates.max()!))"),
      steps: evidence.allSteps, measured: loss.last, limit: loss.constantLoss ?? loss.first,
      cause: "no rule explains it"
        + (lacking.isEmpty ? "" : "; these records would help: \(lacking.map(\.record).joined(separator: ", "))"),
      remedies: lacking.map { "to record \($0.record): \($0.remedy)" } + [
        "train on 20 samples only: a net that can't learn those has a fault in its model, its loss or its training loop",
        evidence.learningRate.map {
          "learning rates of \(oneDigit($0 / 10)) and \(oneDigit($0 * 10)) instead of \(formatShortest($0))"
        } ?? "a tenth and ten times the learning rate",
      ],
      chart: "loss")
  }

  /// What other rules lack.
  private func missingEverywhere(_ evidence: RunEvidence) -> [MissingRecord] {
    [any Rule].all.filter { $0.stage < .outcome }.flatMap { $0.missing(in: evidence) }.reduce(into: []) {
      if !$0.contains($1) { $0.append($1) }
    }
  }
}
