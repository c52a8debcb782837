import RunFile
import Support

/// Fires when the units of hidden layers have equal weights, so that they compute and learn the same. Zero output layers and branches that begin
/// at zero learn, and are no fault.
struct ConstantInitializationRule: Rule {
  let name = "constant initialization"
  let principle =
    "Compares the first weights of the units of each hidden layer with each other. Units with equal weights get "
    + "equal gradients and stay equal, so the layer works as one unit."
  let source = "Glorot and Bengio 2010; Goodfellow, Bengio and Courville 2016, section 8.4"
  var limits: [RuleLimit] {
    [
      RuleLimit("units whose weights equal those of the first", .atLeast, Self.shareLimit, "of the units")
    ]
  }

  /// The share of units whose weights equal those of the first.
  static let shareLimit = 0.999
  /// The share of weights with equal units above which the net has the power of a net of width 1, though the loss falls.
  static let majority = 0.5

  func missing(in evidence: RunEvidence) -> [MissingRecord] { evidence.missingFacts }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let output = evidence.outputLayer?.id
    let wide = evidence.matrices.filter { $0.shape[0] > 1 }
    let equal = wide.filter { parameter in
      evidence.facts.firstNumber(.equalUnits, of: .parameter(parameter.path)).map { $0 >= Self.shareLimit } ?? false
        && !parameter.isFrozen
    }
    // An output layer alone breaks its symmetry by its targets.
    let hidden = equal.filter { $0.site == nil || $0.site != output }
    guard !equal.isEmpty, !hidden.isEmpty || evidence.isStuck else { return [] }
    let norms = evidence.weights(.norm)
    let zero = equal.filter { parameter in
      norms.parameters.firstIndex { $0.id == parameter.id }.flatMap { row in norms.row(row).lazy.compactMap { $0 }.first
      } == 0
    }
    let share = Double(equal.count) / Double(max(wide.count, 1))
    let stays = equal.contains { parameter in
      let all = evidence.facts.all(.equalUnits, of: .parameter(parameter.path))
      return all.count > 1 && (all.last?.number ?? 0) >= Self.shareLimit
    }
    let severity: Finding.Severity
    if evidence.isStuck {
      severity = .failure
    } else if zero.count == equal.count || evidence.loss.state == .tooShort {
      // Branches that begin at zero.
      severity = evidence.barelyLearns ? .warning : .note
    } else {
      severity = stays || evidence.struggles ? .warning : .note
    }
    guard severity > .note || zero.count < equal.count else { return [] }
    let shown = hidden.isEmpty ? equal : hidden
    let initializer = evidence.facts.text(.initializer, of: .parameter(shown[0].path))
    return found(
      severity,
      "all units of \(counted(shown.count, "weight")), \(listed(shown.map(\.path))), begin with "
        + (zero.count == equal.count ? "zero weights" : "equal weights") + (initializer.map { " (\($0))" } ?? ""),
      sites: shown.map(\.path), steps: evidence.allSteps, measured: share,
      limit: severity == .warning ? Self.majority : 0, unit: "of weights",
      cause: zero.count == equal.count
        ? "layers of zeros pass nothing forward and no gradient backward"
        : "units with equal weights get equal gradients and stay equal: the layer works as one unit, and behind negative weights all its ReLUs are dead",
      remedies: [
        "random weights: the initializer \(evidence.fittingInitializer), then model.initialize(seed: 1)"
      ],
      chart: "gradient-profile",
      trial: .initializer(evidence.fittingInitialization))
  }
}
