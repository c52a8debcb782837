import RunFile
import Support

/// Fires when no optimizer holds a parameter that is used, so that it keeps its first values. Loaded values, and parameters
/// that are frozen without an optimizer, as PyTorch's can be, are left as they are on purpose.
struct ParametersInNoOptimizerRule: Rule {
  let name = "parameters in no optimizer"
  let stage = RuleStage.setup
  let principle =
    "Compares the parameters that optimizers hold with those that the model uses. A parameter in no optimizer keeps "
    + "its first values."
  let source = "SageMaker Debugger, rule UnchangedTensor"
  var limits: [RuleLimit] {
    [
      RuleLimit("elements in no optimizer, for a failure", .above, Self.majority, "of all elements")
    ]
  }

  /// The share of elements of parameters above which most of the net does not learn.
  static let majority = 0.5

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let run = evidence.run, uncalled = evidence.modules(.uncalledModules)
    let gradients = evidence.weights(.gradientNorm)
    guard run.format > 1, !run.steps.isEmpty else { return [] }
    let without = run.parameters.filter { parameter in
      guard parameter.optimizers.isEmpty, !parameter.isFrozen, evidence.moves(parameter) != true,
        evidence.facts.number(.otherOptimizers, of: .parameter(parameter.path)) == nil
      else { return false }
      let row = gradients.parameters.firstIndex { $0.id == parameter.id }
      let hasGradient = row.map { gradients.row($0).contains { $0.map { $0 > 0 } ?? false } } ?? false
      return hasGradient || !uncalled.contains { parameter.path.lies(in: $0) }
    }
    let matrices = without.filter { $0.shape.count > 1 }
    guard !without.isEmpty else { return [] }
    // Without any optimizer whose parameters move, the training loop changes weights by itself, or a weight's norm shows nothing.
    if evidence.matrices.contains(where: { evidence.moves($0) == true && $0.optimizers.isEmpty }) { return [] }
    func elements(_ parameters: [RecordedParameter]) -> Double {
      parameters.reduce(0) { $0 + Double($1.shape.reduce(1, *)) }
    }
    let share = elements(without) / max(elements(run.parameters), 1)
    let output = evidence.outputLayer
    let holdsOutput = matrices.contains {
      $0.site != nil && $0.site == output?.id || $0.path.lies(in: output?.module ?? "?")
    }
    let isGiven = without.allSatisfy { evidence.isGiven($0.path) }
    let severity: Finding.Severity =
      isGiven && !evidence.isStuck || matrices.isEmpty
      ? .note : share > Self.majority || holdsOutput ? .failure : .warning
    let everything = without.count == run.parameters.count
    return found(
      severity,
      everything
        ? "no optimizer holds any of the model's \(counted(without.count, "parameter"))"
        : "no optimizer holds \(counted(without.count, "parameter")) of \(run.parameters.count), \(listed(without.map(\.path))), "
          + "with \(formatPlain(share * 100, digits: 2)) % of all elements",
      sites: without.map(\.path), steps: evidence.allSteps, measured: share,
      limit: severity == .failure ? Self.majority : 0,
      unit: "of elements",
      cause: everything
        ? "the optimizer was made for another model, or before the model's layers were replaced by new ones"
        : "the optimizer was made from a part of the model, or before these modules were added or replaced",
      remedies: [
        "make the optimizer after the last change of the model, from the model that is trained: let optimizer = "
          + "\(evidence.optimizers.first?.type ?? "Adam")(model, learningRate: \(evidence.learningRate.map(formatShortest) ?? "0.001"))"
      ] + (everything ? [] : ["freeze these parameters if they shall stay as they are"]),
      chart: "updates",
      trial: isGiven ? nil : .allParameters)
  }
}
