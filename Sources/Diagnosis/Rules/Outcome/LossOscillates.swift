import RunFile
import Support

/// Fires when the loss goes up and down from each step to the next, by a large part of its level, over the last half of a run.
///
/// Noise changes direction in two of three steps; an oscillation at the edge of stability in almost all.
struct LossOscillatesRule: Rule {
  let name = "loss oscillates"
  let stage = RuleStage.outcome
  let principle =
    "Counts how often the loss changes direction from step to step over the last half of the run. Noise does so in "
    + "two of three steps; steps that jump over the minimum do in almost all."
  let source = "Cohen et al. 2021, arXiv:2103.00065; AUTOTRAINER (ICSE 2021)"
  var limits: [RuleLimit] {
    [
      RuleLimit("steps in which the loss changes direction", .above, Self.turnLimit, "of the steps"),
      RuleLimit("middle change of the loss per step", .above, Self.amplitudeLimit, "of the loss"),
      RuleLimit("steps of the last half", .atLeast, Double(LossCourse.shortestRun), "steps"),
    ]
  }

  /// The share of steps in which the loss changes direction.
  static let turnLimit = 0.9
  /// The middle change from step to step over the middle loss.
  static let amplitudeLimit = 0.1

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let steps = evidence.run.steps.suffix(evidence.run.steps.count / 2)
    let losses = steps.map(\.loss)
    guard losses.count >= LossCourse.shortestRun, losses.allSatisfy(\.isFinite) else { return [] }
    let changes = zip(losses, losses.dropFirst()).map { $1 - $0 }
    let turns = zip(changes, changes.dropFirst()).count { $0 * $1 < 0 }
    let share = Double(turns) / Double(changes.count - 1)
    let amplitude = median(changes.map(abs)) / abs(median(losses))
    guard share > Self.turnLimit, amplitude > Self.amplitudeLimit, amplitude.isFinite else { return [] }
    return found(
      evidence.isStuck ? .failure : evidence.struggles ? .warning : .note,
      "the loss changes direction in \(formatPlain(share * 100)) % of the steps of the last half, by \(formatPlain(amplitude * 100)) % of its level",
      steps: steps.first!.step...steps.last!.step, measured: amplitude, limit: Self.amplitudeLimit, unit: "of the loss",
      cause: "each step jumps over the minimum to the other side: the learning rate is near 2 / curvature",
      remedies: [
        evidence.learningRate.map { "a learning rate of \(oneDigit($0 / 2)) instead of \(formatShortest($0))" }
          ?? "half of the learning rate",
        "a schedule that lowers it: Schedule.cosine(over: \(evidence.run.steps.count))",
      ],
      chart: "loss",
      trial: evidence.learningRate.map { .learningRate(oneDigitNumber($0 / 2)) })
  }
}
