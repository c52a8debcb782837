import RunFile
import Support

/// Fires when no weight moves by more than a small part of its norm over the whole run, and the loss hardly falls.
struct LearningRateTooLowRule: Rule {
  let name = "learning rate too low"
  let principle =
    "Measures how far the weight that moves most moves, relative to its norm. Where the loss hardly falls and no "
    + "weight moves far, steps are too small for their number."
  let source = "DeepDiagnosis (ICSE 2022); SageMaker Debugger"
  var limits: [RuleLimit] {
    [
      RuleLimit("mean update", .below, Self.updateLimit, "of the norm per step"),
      RuleLimit("path over all steps", .below, Self.pathLimit, "of the norm"),
      RuleLimit("final loss", .above, Self.fallLimit, "of the first"),
      RuleLimit(
        "final loss of a run that still falls at its end", .above, Self.unfinishedLimit,
        "of the loss of a constant output"),
      RuleLimit("mean update of such a run", .below, Self.unfinishedUpdate, "of the norm per step"),
      RuleLimit("steps of such a run", .atLeast, Self.unfinishedSteps, "steps"),
    ]
  }

  /// The mean ‖ΔW‖ / ‖W‖ per step of the weight that moves most.
  static let updateLimit = 3e-4
  /// The same times the number of steps, an upper bound of how far a weight has moved relative to its norm.
  static let pathLimit = 0.1
  /// The final over the first loss above which the loss has hardly fallen.
  static let fallLimit = 0.9

  /// The share of the loss of a constant output above which a loss that still falls at the end is unfinished, and the update per step
  /// below which a larger rate is the remedy. A run of fewer than 100 steps is no training to its end.
  static let unfinishedLimit = 0.3, unfinishedUpdate = 1.3e-3, unfinishedSteps = 100.0

  /// The smallest factor on the rate that is proposed.
  static let leastFactor = 10.0

  func missing(in evidence: RunEvidence) -> [MissingRecord] { evidence.missingUpdates }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let loss = evidence.loss, steps = Double(evidence.run.steps.count)
    let largest = evidence.relativeUpdates.compactMap { $0 }.filter(\.isFinite).max() ?? 0
    let isSlow =
      evidence.isStuck || evidence.barelyLearns || loss.state == .falls && loss.last > Self.fallLimit * loss.first
    // A loss that is high, and still falls when the run ends.
    let isUnfinished =
      steps >= Self.unfinishedSteps && loss.state == .falls && loss.stillFalls
      && loss.constantLoss.map { loss.last > Self.unfinishedLimit * $0 } ?? false
      && largest < Self.unfinishedUpdate
    guard loss.state == .flat || loss.state == .falls, largest > 0,
      isSlow && largest < Self.updateLimit * (evidence.isStuck ? 3 : 1)
        && largest * steps < Self.pathLimit * (evidence.isStuck ? 3 : 1) || isUnfinished,
      evidence.skippedSteps.count * 2 < evidence.run.steps.count
    else { return [] }
    guard evidence.deadSites.isEmpty else { return [] }
    // Loaded weights need small steps.
    let given = evidence.matrices.count { evidence.isGiven($0.path) }
    guard given * 2 < max(evidence.matrices.count, 1) || evidence.isStuck else { return [] }
    let factor = max(LearningRateTooHighRule.usualUpdate / largest, Self.leastFactor)
    let rates = evidence.run.steps.compactMap(\.learningRate), isDecayed = (rates.last ?? 1) < 1e-3 * (rates.max() ?? 1)
    guard !isDecayed else { return [] }
    return found(
      evidence.isStuck ? .failure : .warning,
      "no weight moves by more than \(formatPlain(largest)) of its norm per step, \(formatPlain(largest * steps * 100, digits: 2)) % in all "
        + "\(formatShortest(steps)) steps, and the loss goes from \(formatPlain(loss.first)) to \(formatPlain(loss.last))",
      sites: evidence.matrices.map(\.path), steps: evidence.allSteps, measured: largest, limit: Self.updateLimit,
      unit: "of the norm per step",
      cause: "steps this small need \(oneDigit(1 / largest)) of them to change a weight by its own size",
      remedies: [
        evidence.learningRate.map {
          "a learning rate of \(oneDigit($0 * factor)) instead of \(formatShortest($0)), which moves weights by up to \(formatPlain(largest * factor * 100, digits: 2)) % per step"
        } ?? "\(oneDigit(factor)) times the learning rate"
      ],
      chart: "update-ratio",
      trial: evidence.learningRate.map { .learningRate(oneDigitNumber($0 * factor)) })
  }
}
