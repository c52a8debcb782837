import RunFile
import Support

extension RunEvidence {
  /// The middle σ_w² of the weights of hidden layers that are trained from their initial values; nil if there are none.
  var hiddenVariance: Double? {
    let output = outputLayer?.id
    let hidden = weightVariances.filter { weight in
      !weight.parameter.isFrozen && !isGiven(weight.parameter.path)
        && run.sites.first { $0.id == weight.parameter.site }.map {
          $0.isLayer && $0.id != output && $0.kind != "Embedding"
        } ?? false
    }.map(\.value)
    return hidden.isEmpty ? nil : median(hidden)
  }

  /// Whether activations are normalized in between, so that the size of weights does not matter.
  var isNormalized: Bool { run.sites.contains { $0.kind.rawValue.hasSuffix("Norm") } }

  /// The initializer that keeps the size of activations, with its variance.
  var fittingInitializer: String {
    switch fittingInitialization {
    case .heNormal: ".heNormal, of variance 2 / inputs"
    case .xavierNormal: ".xavierNormal, of variance 2 / (inputs + outputs)"
    case .leCunNormal: ".leCunNormal, of variance 1 / inputs"
    }
  }

  /// The initializer that keeps the size of activations: LeCun's for SELU, Xavier's for bounded activations, else He's.
  var fittingInitialization: Remedy.Initialization {
    run.sites.contains { $0.kind == "SELU" } ? .leCunNormal : usesBoundedActivations ? .xavierNormal : .heNormal
  }

  func initializationFinding(
    of rule: some Rule, _ variance: Double, limit: Double, _ factor: Double?, cause: String
  ) -> [Finding] {
    let output = outputLayer?.id
    let sites = weightVariances.filter { weight in
      weight.parameter.site != output && (variance < 1 ? weight.value < limit : weight.value > limit)
    }.map(\.parameter.path)
    let first = sites.first.flatMap { facts.text(.initializer, of: .parameter($0)) }
    return rule.found(
      isStuck ? .failure : .warning,
      "hidden weights have a variance of \(formatPlain(variance)) / inputs\(first.map { " (\($0))" } ?? ""), where He's is 2 / inputs"
        + (factor.map { "; activations are multiplied by \(formatPlain($0)) per layer" } ?? ""),
      sites: sites, steps: firstRecordedStep...firstRecordedStep, measured: variance, limit: limit, unit: "/ inputs",
      cause: cause,
      remedies: [
        "the initializer \(fittingInitializer), then model.initialize(seed: 1): weights \(formatPlain((2 / variance).squareRoot(), digits: 2)) times as large",
        "a LayerNorm before each activation",
      ],
      chart: "gradient-profile",
      trial: .initializer(fittingInitialization))
  }

  /// The first step with rows of layers, or of the run.
  var firstRecordedStep: Int { layers(.activationRMS).steps.first ?? allSteps.lowerBound }
}
