import RunFile
import Support

/// Fires when the loss on other samples rises from its smallest value while the training loss falls on, or ends high and far above that of
/// training.
struct OverfittingRule: Rule {
  let name = "overfitting"
  let stage = RuleStage.outcome
  let mayFollow = false
  let principle =
    "Compares the last loss on other samples with its smallest, and with the training loss. A net that gets better "
    + "on its training samples alone learns them by heart."
  let source = "Prechelt 1998, Early stopping – but when?; SageMaker Debugger, rule Overfit"
  var limits: [RuleLimit] {
    [
      RuleLimit("last loss on other samples over its smallest", .above, Self.riseLimit, "×"),
      RuleLimit("rise of that loss", .above, Self.levelLimit, "of the loss of a constant output"),
      RuleLimit("last loss on other samples over that of training, without a rise", .above, Self.gapLimit, "×"),
      RuleLimit("that loss", .above, Self.gapLevel, "of the loss of a constant output"),
      RuleLimit("losses on other samples", .atLeast, Double(Self.shortest), "losses"),
    ]
  }

  /// The last loss on other samples over its smallest.
  static let riseLimit = 1.1
  /// The rise over the loss of a constant output below which it is noise: 0.1.
  static let levelLimit = 0.1
  /// Without a rise: the last loss on other samples over that of training, and over that of a constant output: 5, 0.6.
  static let gapLimit = 5.0, gapLevel = 0.6
  /// The number of losses on other samples that it takes to tell.
  static let shortest = 3

  func missing(in evidence: RunEvidence) -> [MissingRecord] {
    evidence.otherLosses?.count ?? 0 >= Self.shortest ? [] : [.validationLoss]
  }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    guard let losses = evidence.otherLosses, losses.count >= Self.shortest, evidence.loss.state == .falls,
      let best = losses.indices.min(by: { losses[$0].value < losses[$1].value }), losses[best].value > 0
    else { return [] }
    let last = losses.last!, rise = last.value / losses[best].value, training = evidence.loss.last
    let rises =
      best < losses.count - 1 && rise > Self.riseLimit && last.value > training
      && last.value - losses[best].value > Self.levelLimit * (evidence.loss.constantLoss ?? losses[best].value)
    let gap = training > 0 ? last.value / training : .infinity
    let isApart = gap > Self.gapLimit && evidence.loss.constantLoss.map { last.value > Self.gapLevel * $0 } ?? false
    guard rises || isApart else { return [] }
    // Where almost all targets are of one class, rare ones are not learned.
    let counts = evidence.task.classCounts ?? [], total = counts.reduce(0, +)
    guard total == 0 || counts.max()! / total < ClassesUnbalancedRule.majorityLimit else { return [] }
    // Faults of batches that separate the two losses as well.
    let others: [any Rule] = [BatchesSortedByClassRule(), BatchNormSmallBatchesRule(), BatchNormEvaluatedRule()]
    guard try others.allSatisfy({ try $0.findings(in: evidence).allSatisfy { $0.severity == .note } }) else {
      return []
    }
    // The training loss must fall on after the best step.
    let after = evidence.run.steps.filter { $0.step >= losses[best].step }.map(\.loss)
    let tenth = max(after.count / 5, 1)
    let fallsOn = after.count >= 2 && median(Array(after.suffix(tenth))) < median(Array(after.prefix(tenth)))
    guard rises && fallsOn || isApart else { return [] }
    let isRise = rises && fallsOn
    return found(
      .warning,
      (isRise
        ? "the loss on other samples rises from \(formatPlain(losses[best].value)) at step \(losses[best].step) to \(formatPlain(last.value)), while that "
          + "of training falls to "
        : "the loss on other samples ends at \(formatPlain(last.value)), \(formatPlain(gap)) times that of training, ")
        + formatPlain(training),
      steps: min(losses[best].step, last.step)...last.step, measured: isRise ? rise : gap,
      limit: isRise ? Self.riseLimit : Self.gapLimit, unit: "×",
      cause: "the net learns the training samples by heart",
      remedies: (isRise
        ? ["end at step \(losses[best].step), and keep the weights of that step: model.saveWeights(to: path)"] : []) + [
          "more samples, or shifted and mirrored ones",
          "AdamW with a weight decay of 0.01 to 0.1, or Dropout(0.1) before the last layer",
        ],
      chart: "loss")
  }
}
