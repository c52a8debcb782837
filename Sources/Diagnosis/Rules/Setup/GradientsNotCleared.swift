import RunFile
import Support

/// Fires when parameters of an optimizer that steps keep a gradient after the step, which the next backward pass adds to. Runs that
/// accumulate gradients over several passes on purpose, and parameters in no optimizer, are left out.
struct GradientsNotClearedRule: Rule {
  let name = "gradients not cleared"
  let stage = RuleStage.setup
  let principle =
    "Reads after each step of an optimizer which of its parameters still have a gradient. The next backward pass "
    + "adds to it, so the next step follows the sum of both."
  let source = "PyTorch, Optimizer.zero_grad; TrainCheck"
  var limits: [RuleLimit] {
    [
      RuleLimit("steps in which the optimizer stepped", .atLeast, Self.stepShare, "of the steps")
    ]
  }

  /// The share of recorded steps in which the optimizer must have stepped; where it is less, gradients are accumulated on purpose.
  static let stepShare = 0.9

  func missing(in evidence: RunEvidence) -> [MissingRecord] { evidence.missingFacts }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    // Written at steps where there are such gradients; one such step may be the end of a checkpoint.
    let reports = evidence.facts.all(.gradientsLeft, of: .model)
    guard reports.count > 1 || evidence.run.steps.count < 4 else { return [] }
    let paths = Set(reports.last?.json(as: [String].self) ?? [])
    let counts = evidence.facts.json(.optimizerSteps, of: .model, as: [Double].self)
    let steps = Double(evidence.run.steps.count)
    let left = evidence.run.parameters.filter { parameter in
      paths.contains(parameter.path) && !parameter.isFrozen
        && parameter.optimizers.contains { index in
          counts.map { $0.indices.contains(index) && $0[index] >= Self.stepShare * steps } ?? true
        }
    }
    guard let first = left.first, steps > 1 else { return [] }
    let index = first.optimizers.first ?? 0
    let isOther = evidence.run.parameters.contains { !$0.optimizers.isEmpty && !left.contains($0) }
    return found(
      evidence.loss.state == .falls
        && evidence.loss.last < RunEvidence.halfLimit * (evidence.loss.constantLoss ?? evidence.loss.first)
        ? .note : evidence.isStuck ? .failure : .warning,
      "\(counted(left.count, "parameter")), \(listed(left.map(\.path))), \(left.count == 1 ? "gets" : "get") gradients after the step that uses them, and nothing clears them before the next",
      sites: left.map(\.path), steps: evidence.allSteps, measured: Double(left.count), limit: 0, unit: "parameters",
      cause: isOther
        ? "the backward pass of another loss also reaches these parameters, and its gradients are added to those of the next step"
        : "gradients of this step are added to those of the next",
      remedies: [
        "call clearGradients() of the optimizer that holds “\(first.path)” (number \(index + 1) of the recorder's) right before the backward pass of its own loss",
        "keep the other loss from reaching them: freeze that optimizer's parameters during its backward pass, and unfreeze them afterwards",
      ],
      chart: "weight-gradients")
  }
}
