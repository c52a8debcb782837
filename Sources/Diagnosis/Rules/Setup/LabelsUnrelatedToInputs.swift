import Foundation
import RunFile
import Support

/// Fires when the loss stays at that of a constant output although weights move and gradients pass, and, of classes, the means of the inputs tell
/// nothing about them either. The task may also be hard: the finding says which record would tell.
struct LabelsUnrelatedToInputsRule: Rule {
  let name = "labels unrelated to inputs"
  let stage = RuleStage.unexplained
  let principle =
    "Compares the loss with that of a constant output, and of classes the accuracy of the nearest class mean with chance, "
    + "though weights move. If neither learns anything, targets belong to other inputs, or the task is hard."
  let source = "Zhang et al. 2017, arXiv:1611.03530"
  var limits: [RuleLimit] {
    [
      RuleLimit("accuracy of the nearest class mean", .below, Self.errorLimit, "standard errors above chance"),
      RuleLimit("final loss", .above, Self.lossLimit, "of the loss of a constant output"),
      RuleLimit("the same", .below, Self.highestLimit, "of the loss of a constant output"),
      RuleLimit("path of the weight that moves most", .above, LearningRateTooLowRule.pathLimit, "of its norm"),
    ]
  }

  /// How far, in standard errors of its samples, the accuracy of the nearest class mean may be above chance.
  static let errorLimit = 3.0
  /// The final loss over that of a constant output above which nothing that holds was learned: 0.96.
  static let lossLimit = 0.96
  /// The same above which another fault makes the loss rise: 1.15.
  static let highestLimit = 1.15

  func missing(in evidence: RunEvidence) -> [MissingRecord] {
    guard evidence.missingTargets.isEmpty else { return evidence.missingTargets }
    guard evidence.task.kind == .classes, evidence.facts.number(.nearestMeanAccuracy, of: .target) == nil else {
      return []
    }
    return [
      MissingRecord(
        "the accuracy of the nearest class mean on one batch",
        remedy: "train with batches of two samples per class or more")
    ]
  }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let loss = evidence.loss
    guard evidence.isStuck || evidence.barelyLearns, let constant = loss.constantLoss,
      loss.last > Self.lossLimit * constant, loss.lowest > 0.9 * constant, loss.last < Self.highestLimit * constant,
      couldLearn(evidence)
    else { return [] }
    let updates = evidence.relativeUpdates.compactMap { $0 }
    let moves = "though weights move by \(updates.isEmpty ? "an unknown share" : formatPlain(median(updates))) per step"
    switch evidence.task.kind {
    case .classes:
      guard let (means, chance, limit) = nearestMean(evidence), means < limit else { return [] }
      return found(
        evidence,
        "the loss stays at \(formatPlain(loss.last)), that of the class frequencies, \(moves); the nearest class mean is right in "
          + "\(formatPlain(means * 100)) % of the inputs, as by chance (\(formatPlain(chance * 100)) %). This run can't tell whether the labels "
          + "belong to other inputs or the task is hard", measured: means, limit: limit, unit: "of samples")
    case .numbers:
      return found(
        evidence,
        "the loss stays at \(formatPlain(loss.last)), near the variance of the targets, \(formatPlain(constant)), \(moves). This run can't "
          + "tell whether the targets belong to other inputs or the task is hard", measured: loss.last / constant,
        limit: Self.lossLimit, unit: "of the variance of the targets")
    default: return []
    }
  }

  /// Whether gradients reach all weights and these move, neither too little nor too far: a net that could not learn says nothing about
  /// the targets.
  private func couldLearn(_ evidence: RunEvidence) -> Bool {
    let updates = evidence.relativeUpdates.compactMap { $0 }
    return evidence.profile.map { abs(log($0.ratio ?? 0)) < log(1e3) } ?? true && evidence.unmovedWeights.paths.isEmpty
      && (updates.max() ?? 1) * Double(evidence.run.steps.count) > LearningRateTooLowRule.pathLimit
      && (evidence.firstUpdate?.ratio ?? 0) < LearningRateTooHighRule.updateLimit
      && !evidence.deadSites.contains(where: \.isFromStart)
  }

  /// The accuracy of the nearest class mean, that of chance, and the limit between the two; nil where it is not recorded or a class has
  /// almost all samples.
  private func nearestMean(_ evidence: RunEvidence) -> (means: Double, chance: Double, limit: Double)? {
    guard let means = evidence.facts.number(.nearestMeanAccuracy, of: .target),
      let size = evidence.facts.number(.nearestMeanSamples, of: .target) ?? evidence.batchSize.map(Double.init),
      size > 1
    else { return nil }
    let counts = evidence.task.classCounts ?? [], total = counts.reduce(0, +)
    let classes = Double(max(evidence.task.classCount ?? 2, 2))
    let majority = max(total > 0 ? counts.max()! / total : 0, 1 / classes)
    // The mean of the class that a batch has most of is the most exact, and attracts samples of others.
    let chance = max(evidence.facts.number(.majorityInBatch, of: .target) ?? 0, majority)
    let limit = chance + Self.errorLimit * (chance * (1 - chance) / size).squareRoot()
    return limit < 1 && majority < ClassesUnbalancedRule.majorityLimit ? (means, chance, limit) : nil
  }

  private func found(
    _ evidence: RunEvidence, _ statement: String, measured: Double, limit: Double, unit: String
  ) -> [Finding] {
    let what = evidence.task.kind == .classes ? "labels" : "targets"
    return found(
      evidence.isStuck ? .failure : .warning, statement, steps: evidence.allSteps, measured: measured, limit: limit,
      unit: unit,
      cause:
        "\(what) were shuffled, sorted or filtered apart from their inputs, or inputs tell nothing about them that one batch shows",
      remedies: [
        "compare some inputs with their \(what) by eye, and shuffle both by the same order: Dataset keeps them together",
        "to tell these apart, train on 20 samples only and record recorder.record(Evaluation(of: model, on: data.test)): a net that learns 20 samples "
          + "by heart but stays at chance on others has \(what) that don't belong to its inputs",
      ],
      chart: "loss")
  }
}
