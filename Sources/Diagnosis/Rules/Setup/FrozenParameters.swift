import RunFile
import Support

/// Fires when weights are frozen from the first step on at random initial values, so that their layers never learn. Loaded weights
/// are frozen on purpose.
struct FrozenParametersRule: Rule {
  let name = "frozen parameters"
  let stage = RuleStage.setup
  let principle =
    "Reads which weights are frozen from the first step on, and where their values come from. A layer that is "
    + "frozen at random initial values passes on random features and never learns."
  let source = "SageMaker Debugger, rule UnchangedTensor"
  var limits: [RuleLimit] {
    [
      RuleLimit("frozen elements of weights, for a failure", .above, Self.majority, "of all elements")
    ]
  }

  /// The share of elements of weights above which most of the net does not learn.
  static let majority = 0.5

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let frozen = evidence.matrices.filter { $0.isFrozen && !$0.optimizers.isEmpty }
    guard !frozen.isEmpty, !evidence.run.steps.isEmpty else { return [] }
    let random = frozen.filter { !evidence.isGiven($0.path) }
    // A run without this fact does not tell whether values were loaded.
    let isKnown = frozen.contains { evidence.valuesFrom($0.path) != nil }
    let thawed = Set(evidence.run.events.filter { $0.kind == .parameterChanged }.map(\.text))
    let later = random.filter { parameter in thawed.contains { $0.hasPrefix("\(parameter.path) is ") } }
    func elements(_ parameters: [RecordedParameter]) -> Double {
      parameters.reduce(0) { $0 + Double($1.shape.reduce(1, *)) }
    }
    let share = elements(random) / max(elements(evidence.matrices), 1)
    let severity: Finding.Severity =
      random.isEmpty || later.count == random.count
      ? .note
      : evidence.isStuck && share > Self.majority ? .failure : isKnown || evidence.struggles ? .warning : .note
    let shown = random.isEmpty ? frozen : random
    return found(
      severity,
      "\(counted(shown.count, "weight")) of \(evidence.matrices.count), \(listed(shown.map(\.path))), "
        + "\(shown.count == 1 ? "is" : "are") frozen at "
        + (random.isEmpty ? "loaded values" : isKnown ? "random initial values" : "the first values"),
      sites: shown.map(\.path), steps: evidence.allSteps, measured: share,
      limit: severity == .failure ? Self.majority : 0,
      unit: "of weights",
      cause: random.isEmpty
        ? "these layers are left as they were trained before"
        : "layers that are frozen before they were ever trained pass on random features, and only the rest learns",
      remedies: [
        "unfreeze them: try optimizer.group(\"\(shown[0].path)\", isFrozen: false)",
        "load trained weights first: try model.loadWeights(from: path)",
      ],
      chart: "updates",
      trial: random.isEmpty ? nil : .unfrozen)
  }
}
