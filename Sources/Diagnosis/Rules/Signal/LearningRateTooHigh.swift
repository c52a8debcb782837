import Foundation
import RunFile
import Support

/// Fires when the loss grows by a constant factor per step, or the first steps change weights by a large part of their norm, and the net does
/// not learn as it could.
///
/// On a quadratic with curvature λ, gradient descent multiplies the distance from the minimum by |1 − ηλ| per step and the loss by its
/// square. From a factor g of the loss follows ηλ = 1 + √g: η / (1 + √g) is the best rate, and twice that the largest that converges.
struct LearningRateTooHighRule: Rule {
  let name = "learning rate too high"
  let principle =
    "Measures by which factor the loss grows per step, and by which part of their norm the first steps change "
    + "weights. On a quadratic, learning rates above 2 / curvature make the loss grow by a constant factor; first "
    + "steps that large destroy the initial weights."
  let source =
    "LeCun et al. 1998, Efficient BackProp; Cohen et al. 2021, arXiv:2103.00065; limit of updates after "
    + "DeepDiagnosis (ICSE 2022)"
  var limits: [RuleLimit] {
    [
      RuleLimit("largest loss over the smallest before it", .above, Self.growthLimit, "×"),
      RuleLimit("the same where it grows in each of its last steps", .above, Self.steadyLimit, "×"),
      RuleLimit("largest update of the first ten recorded steps", .above, Self.updateLimit, "of the norm per step"),
      RuleLimit("part of it that is weight decay", .below, Self.decayLimit, "of the weights per step"),
    ]
  }

  /// The largest loss over the smallest before it above which the loss has grown.
  static let growthLimit = 100.0
  /// The same where the loss grows in each of at least five steps, to the last one.
  static let steadyLimit = 10.0
  /// The middle over weights of the largest ‖ΔW‖ / ‖W‖ of the first ten recorded steps, in a net that does not learn as it could.
  static let updateLimit = 0.1
  /// The part of the weights per step from which on their decay, not the gradient, makes updates large: 0.01.
  static let decayLimit = 0.01
  /// The number of steps that are the beginning of a run.
  static let startSteps = 10
  /// The update that training takes to go well: 0.003 of the norm per step.
  static let usualUpdate = 0.003

  func missing(in evidence: RunEvidence) -> [MissingRecord] { evidence.missingUpdates }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    guard !evidence.hasArithmeticOrigin, evidence.nonfinite?.origin != .float16 || evidence.hasOutgrown else {
      return []
    }
    let growth = growth(evidence), updates = largeUpdates(evidence)
    // Steps that were too large from the beginning explain a loss that grows later.
    if let growth, let updates, growth[0].steps.lowerBound > updates[0].steps.lowerBound + Self.startSteps {
      return updates
    }
    return growth ?? updates ?? []
  }

  private func growth(_ evidence: RunEvidence) -> [Finding]? {
    guard let growth = evidence.growth, growth.ratio > (growth.isSteady ? Self.steadyLimit : Self.growthLimit),
      evidence.isStuck || evidence.loss.state == .tooShort
    else { return nil }
    let divisor = 1 + growth.initialFactor.squareRoot()
    return found(
      .failure,
      "the loss grows from \(formatPlain(growth.from)) to \(formatPlain(growth.to)) in \(counted(growth.steps.count - 1, "step")), by a factor of "
        + "\(formatPlain(growth.perStep)) per step",
      steps: growth.steps.lowerBound...max(growth.steps.upperBound, evidence.allSteps.upperBound),
      measured: growth.ratio,
      limit: growth.isSteady ? Self.steadyLimit : Self.growthLimit, unit: "×",
      cause:
        "each step overshoots the minimum by more than it was away from it: the learning rate is above 2 / curvature",
      remedies: [
        rate(evidence, dividedBy: divisor) + ", the present one over 1 + √\(formatPlain(growth.initialFactor))",
        scaling(evidence), "clip gradients between backward() and step(): optimizer.clipGradients(toNorm: 1)",
      ],
      chart: "loss",
      trial: evidence.learningRate.map { .learningRate(oneDigitNumber($0 / divisor)) })
  }

  private func largeUpdates(_ evidence: RunEvidence) -> [Finding]? {
    let decay = evidence.optimizers.map { ($0.learningRate ?? 0) * $0.weightDecay }.max() ?? 0
    guard let (update, step) = evidence.firstUpdate, decay < Self.decayLimit,
      update > Self.updateLimit, evidence.learnsLittle, !evidence.isNormalized || evidence.struggles,
      // Steps are large beside weights that are far too small.
      (evidence.hiddenVariance ?? 1) >= InitializationTooSmallRule.varianceLimit,
      evidence.run.steps.count >= LossCourse.shortestRun
    else { return nil }
    return found(
      evidence.isStuck ? .failure : .warning,
      "the first steps change weights by about \(formatPlain(update * 100)) % of their norm per step",
      sites: evidence.matrices.map(\.path), steps: evidence.firstRecordedStep...max(step, evidence.allSteps.upperBound),
      measured: update,
      limit: Self.updateLimit, unit: "of the norm per step",
      cause: "steps this large destroy what the initial weights give, and drive units where they are dead or saturated",
      remedies: [
        rate(evidence, dividedBy: update / Self.usualUpdate) + ", which changes weights by 0.3 % per step",
        "warm-up: optimizer.schedule = .constant.warmedUp(over: 100)",
      ],
      chart: "update-ratio",
      trial: evidence.learningRate.map { .learningRate(oneDigitNumber($0 * Self.usualUpdate / update)) })
  }

  private func rate(_ evidence: RunEvidence, dividedBy divisor: Double) -> String {
    evidence.learningRate.map { "a learning rate of \(oneDigit($0 / divisor)) instead of \(formatShortest($0))" }
      ?? "the learning rate divided by \(formatPlain(divisor, digits: 2))"
  }

  private func scaling(_ evidence: RunEvidence) -> String {
    let input = evidence.facts.firstNumber(.std, of: .input), target = evidence.facts.firstNumber(.std, of: .target)
    let parts = [("inputs", input), ("targets", target)].compactMap { name, std in
      std.flatMap { $0 > 3 ? "\(name) of standard deviation 1 instead of \(formatPlain($0))" : nil }
    }
    return parts.isEmpty ? "warm-up over the first 100 steps" : parts.joined(separator: " and ")
  }
}
