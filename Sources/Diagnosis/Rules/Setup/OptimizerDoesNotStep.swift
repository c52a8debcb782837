import RunFile
import Support

/// Fires when gradients arrive but an optimizer takes no step. Weights that move all the same are changed by hand, which is no fault.
struct OptimizerDoesNotStepRule: Rule {
  let name = "optimizer does not step"
  let stage = RuleStage.setup
  let principle =
    "Counts the steps that each optimizer took. Gradients that no step applies leave the weights as they began."
  let source = "SageMaker Debugger, rule UnchangedTensor"
  var limits: [RuleLimit] {
    [
      RuleLimit("steps of the run", .atLeast, Double(Self.shortestRun), "steps")
    ]
  }

  /// The number of steps that a run must have: the recorder sees the optimizer's steps between them.
  static let shortestRun = 3

  func missing(in evidence: RunEvidence) -> [MissingRecord] {
    evidence.facts.all(.optimizerSteps, of: .model).isEmpty ? evidence.missingUpdates : []
  }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let steps = evidence.run.steps.count
    guard steps >= Self.shortestRun, evidence.skippedSteps.count * 2 < steps,
      !evidence.matrices.contains(where: { evidence.moves($0) == true && $0.optimizers.isEmpty })
    else { return [] }
    let counts: [Double]
    if let recorded = evidence.facts.json(.optimizerSteps, of: .model, as: [Double].self) {
      counts = recorded
    } else {
      // Without the fact: gradients, but no updates, and norms that never change.
      let gradients = evidence.weights(.gradientNorm), updates = evidence.weights(.updateNorm)
      let haveGradients = gradients.parameters.indices.contains { row in
        gradients.row(row).count { $0.map { $0 > 0 } ?? false } >= Self.shortestRun
      }
      let moves = evidence.matrices.compactMap { evidence.moves($0) }
      guard haveGradients, !moves.isEmpty, !moves.contains(true),
        !(0..<updates.grid.rowCount).contains(where: { updates.grid.isRecorded(row: $0) }),
        evidence.run.parameters.contains(where: { !$0.optimizers.isEmpty })
      else { return [] }
      counts = [0]
    }
    let idle = counts.indices.filter { counts[$0] == 0 }
    guard !idle.isEmpty else { return [] }
    let isAll = idle.count == counts.count
    let types = evidence.optimizers
    let which =
      isAll
      ? "the optimizer"
      : listedPlainly(idle.map { "optimizer \($0 + 1)\(types.indices.contains($0) ? " (\(types[$0].type))" : "")" })
    return found(
      isAll ? .failure : .warning,
      "\(which) took no step in \(steps) recorded steps, so its weights stay as they began",
      sites: evidence.run.parameters.filter { parameter in isAll || parameter.optimizers.contains { idle.contains($0) }
      }.map(\.path),
      steps: evidence.allSteps, measured: 0, limit: 1, unit: "steps",
      cause: "backward() computes gradients, but nothing applies them: step() of the optimizer is not called",
      remedies: [
        "call optimizer.step() after loss.backward() and before recorder.step(loss:), in every pass of the training loop",
        "with a schedule of learning rates, call both: the schedule's step only sets the learning rate",
      ],
      chart: "updates")
  }
}

/// Names joined by commas and "and".
func listedPlainly(_ names: [String]) -> String {
  names.count < 2 ? names.first ?? "" : names.dropLast().joined(separator: ", ") + " and " + names.last!
}
