import RunFile
import Support

/// Fires when the loss on other samples rises from its smallest value, while the training loss falls on.
struct OverfittingRule: Rule {
  let name = "overfitting"
  let stage = RuleStage.outcome
  let mayFollow = false

  /// The last loss on other samples over its smallest.
  static let riseLimit = 1.1
  /// The rise over the loss of a constant output below which it is noise: 0.1.
  static let levelLimit = 0.1
  /// The number of losses on other samples that it takes to tell.
  static let shortest = 3

  func missing(in evidence: RunEvidence) -> [MissingRecord] {
    evidence.otherLosses?.count ?? 0 >= Self.shortest ? [] : [.validationLoss]
  }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    guard let losses = evidence.otherLosses, losses.count >= Self.shortest, evidence.loss.state == .falls,
      let best = losses.indices.min(by: { losses[$0].value < losses[$1].value }), losses[best].value > 0
    else { return [] }
    let last = losses.last!, ratio = last.value / losses[best].value
    guard best < losses.count - 1, ratio > Self.riseLimit, last.value > evidence.loss.last,
      last.value - losses[best].value > Self.levelLimit * (evidence.loss.constantLoss ?? losses[best].value)
    else { return [] }
    // Where almost all targets are of one class, rare ones are not learned.
    let counts = evidence.task.classCounts ?? [], total = counts.reduce(0, +)
    guard total == 0 || counts.max()! / total < ClassesUnbalancedRule.majorityLimit else { return [] }
    // The training loss must fall on after the best step.
    let after = evidence.run.steps.filter { $0.step >= losses[best].step }.map(\.loss)
    let tenth = max(after.count / 5, 1)
    guard after.count >= 2, median(Array(after.suffix(tenth))) < median(Array(after.prefix(tenth))) else { return [] }
    return found(
      .warning,
      "the loss on other samples rises from \(formatPlain(losses[best].value)) at step \(losses[best].step) to \(formatPlain(last.value)), while that of "
        + "training falls to \(formatPlain(evidence.loss.last))",
      steps: losses[best].step...max(last.step, losses[best].step), measured: ratio, limit: Self.riseLimit, unit: "×",
      cause: "the net learns the training samples by heart",
      remedies: [
        "end at step \(losses[best].step), and keep the weights of that step: model.saveWeights(to: path)",
        "AdamW with a weight decay of 0.01 to 0.1, or Dropout(0.1) before the last layer",
        "more samples, or shifted and mirrored ones",
      ],
      chart: "loss", source: "Prechelt 1998, Early stopping – but when?; SageMaker Debugger, rule Overfit")
  }
}
