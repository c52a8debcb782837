import RunFile
import Support

/// Fires when the learning rate is 0 from the first step on.
struct LearningRateZeroRule: Rule {
  let name = "learning rate zero"
  let stage = RuleStage.setup
  let principle =
    "Reads the learning rate of each step and the updates of the weights. With a learning rate of 0 no weight "
    + "moves."
  let source = "DeepDiagnosis (ICSE 2022)"
  var limits: [RuleLimit] {
    [
      RuleLimit("steps of the run", .atLeast, Double(Self.shortestRun), "steps")
    ]
  }

  /// The number of steps that a run must have: warm-up may begin at 0.
  static let shortestRun = 3

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let rates = evidence.run.steps.compactMap(\.learningRate)
    guard rates.count >= Self.shortestRun, rates.allSatisfy({ $0 == 0 }),
      evidence.relativeUpdates.allSatisfy({ $0 ?? 0 == 0 })
    else { return [] }
    let given = evidence.optimizers.compactMap(\.learningRate).first { $0 > 0 }
    return found(
      .failure, "the learning rate is 0 in all \(counted(rates.count, "step")), so no weight moves",
      steps: evidence.allSteps,
      measured: 0, limit: 0,
      cause: given == nil
        ? "the optimizer was made with a learning rate of 0"
        : "the schedule multiplies the learning rate by 0 from the first step on",
      remedies: [
        given.map { "remove the schedule, and train with the learning rate \(formatShortest($0))" }
          ?? "begin with 0.001 for Adam, or 0.05 for SGD with momentum"
      ],
      chart: "update-ratio",
      trial: .constantLearningRate(given ?? (evidence.isAdaptive ? 0.001 : 0.05)))
  }
}
