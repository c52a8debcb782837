import RunFile
import Support

/// Fires when a schedule makes the learning rate less than a thousandth of its largest long before the run ends, and the loss is still high.
struct LearningRateDecayedRule: Rule {
  let name = "learning rate decayed to nothing"
  let principle =
    "Compares the learning rate of each step with the largest. Where a schedule takes it to almost 0 long before "
    + "the run ends, the remaining steps change nothing."
  let source = "Loshchilov and Hutter 2017, arXiv:1608.03983"
  var limits: [RuleLimit] {
    [
      RuleLimit("learning rate", .below, Self.rateLimit, "of the largest"),
      RuleLimit(
        "the same in a net that learns less than half of what it could", .below, Self.poorLimit, "of the largest"),
      RuleLimit("steps with so small a learning rate", .above, Self.stepShare, "of the steps"),
    ]
  }

  /// The learning rate over its largest below which steps do nothing.
  static let rateLimit = 1e-3
  /// The same in a net that has learned less than half of what it could: 0.01.
  static let poorLimit = 1e-2
  /// The share of steps with so small a rate from which on it came too early.
  static let stepShare = 0.25

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let steps = evidence.run.steps.filter { $0.learningRate != nil }
    let limit = evidence.learnsLittle ? Self.poorLimit : Self.rateLimit
    guard steps.count >= LossCourse.shortestRun, let largest = steps.compactMap(\.learningRate).max(), largest > 0,
      let peak = steps.firstIndex(where: { $0.learningRate == largest }),
      let index = steps[peak...].firstIndex(where: { $0.learningRate! < limit * largest }),
      steps[index...].allSatisfy({ $0.learningRate! < limit * largest })
    else { return [] }
    let share = Double(steps.count - index) / Double(steps.count)
    guard share > Self.stepShare else { return [] }
    let isHigh = evidence.loss.constantLoss.map { evidence.loss.last > RunEvidence.highLimit * $0 } ?? false
    return found(
      evidence.isStuck ? .failure : isHigh || evidence.struggles ? .warning : .note,
      "the learning rate falls from \(formatShortest(largest)) to less than \(formatShortest(100 * limit)) % of it at step \(steps[index].step), and stays there for "
        + "\(formatPlain(share * 100, digits: 2)) % of the steps",
      steps: steps[index].step...steps.last!.step, measured: share, limit: Self.stepShare, unit: "of the steps",
      cause: "the schedule ends before the training does",
      remedies: [
        "a schedule over all steps: Schedule.cosine(over: \(evidence.run.steps.count))",
        "a learning rate of \(formatShortest(largest)) without a schedule",
      ],
      chart: "update-ratio",
      trial: .cosineSchedule(steps: evidence.run.steps.count))
  }
}
