import RunFile
import Support

/// Fires when one class has most of the samples. It is a fault where the net does no better than to answer with that class.
struct ClassesUnbalancedRule: Rule {
  let name = "classes unbalanced"
  let stage = RuleStage.setup
  let principle =
    "Counts the targets of each class. Where one class has most of them, a net that always answers with it has a "
    + "small loss, and its accuracy is the share of that class."
  let source = "SageMaker Debugger, rule ClassImbalance"
  var limits: [RuleLimit] {
    [
      RuleLimit("share of the largest class", .above, Self.majorityLimit, "of the targets"),
      RuleLimit("distance of the accuracy from that share", .below, Self.accuracyLimit),
    ]
  }

  /// The share of the largest class: 0.8.
  static let majorityLimit = 0.8
  /// How near the accuracy must be to that share for a net that always answers with the largest class: 0.02.
  static let accuracyLimit = 0.02

  func missing(in evidence: RunEvidence) -> [MissingRecord] { evidence.missingTargets }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    guard let counts = evidence.task.classCounts, let most = counts.max(), counts.count(where: { $0 > 0 }) > 1 else {
      return []
    }
    let total = counts.reduce(0, +), share = most / total
    guard share > Self.majorityLimit, evidence.loss.state != .tooShort else { return [] }
    let answersMajority = evidence.accuracy.map { abs($0 - share) < Self.accuracyLimit } ?? true
    // Other samples, of which more are of rare classes, show it where the training samples hardly can.
    let isSeenElsewhere =
      evidence.otherLosses?.last.map { $0.value > 2 * (evidence.loss.constantLoss ?? .infinity) } ?? false
    let answers = answersMajority && (evidence.isStuck || evidence.loss.isAtConstant),
      isFault = answers || isSeenElsewhere
    let present = counts.filter { $0 > 0 }
    return found(
      isFault ? .warning : .note,
      "\(formatPlain(share * 100)) % of the targets are of class \(counts.firstIndex(of: most)!), and \(formatPlain(present.min()! / total * 100)) % of the "
        + "rarest" + (answers ? "; the loss is that of always answering with the frequent one" : ""),
      steps: evidence.allSteps, measured: share, limit: Self.majorityLimit, unit: "of targets",
      cause:
        "a net that always answers with the frequent class is right in \(formatPlain(share * 100)) % of the cases, and rare classes "
        + "hardly count in the mean",
      remedies: [
        "weigh classes by 1 / frequency: crossEntropy(logits, labels, classWeights: ["
          + counts.prefix(4).map { $0 > 0 ? formatPlain(total / $0 / Double(present.count), digits: 2) : "1" }.joined(
            separator: ", ")
          + (counts.count > 4 ? ", …])" : "])"),
        "draw batches with equally many samples of each class",
      ],
      chart: "accuracy")
  }
}
