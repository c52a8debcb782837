import RunFile
import Support

/// Fires when two optimizers hold a parameter, so that each step changes it twice.
struct ParametersInTwoOptimizersRule: Rule {
  let name = "parameters in two optimizers"
  let stage = RuleStage.setup
  let principle = "Counts the optimizers that hold each parameter. A parameter in two of them changes twice per step."

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let shared = evidence.run.parameters.filter { $0.optimizers.count > 1 && !$0.isFrozen }
    guard !shared.isEmpty, !evidence.run.steps.isEmpty else { return [] }
    return found(
      evidence.severity,
      "\(counted(shared.count, "parameter")), \(listed(shared.map(\.path))), \(shared.count == 1 ? "is" : "are") in "
        + "\(shared.map(\.optimizers.count).max()!) optimizers, and change once for each",
      sites: shared.map(\.path), steps: evidence.allSteps, measured: Double(shared.map(\.optimizers.count).max()!),
      limit: 1,
      unit: "optimizers", cause: "the optimizers were made from modules that share these parameters",
      remedies: [
        "give each parameter to one optimizer: make the optimizers from parts of the model that do not overlap"
      ],
      chart: "update-ratio")
  }
}
