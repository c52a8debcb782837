import RunFile
import Support

extension RunEvidence {
  /// What fixes gradients that shrink over depth, the most likely first, and the first of these as a change that can be tried.
  var remediesOfShrinkingGradients: (texts: [String], trial: Remedy) {
    let kinds = Set(run.sites.map(\.kind.rawValue))
    let others = [
      "residual connections: Residual(…) around pairs of layers", "a LayerNorm before each activation",
    ]
    if kinds.contains("Sigmoid") || kinds.contains("HardSigmoid") {
      return (
        ["ReLU in place of Sigmoid in hidden layers, with the initializer .heNormal, of variance 2 / inputs"] + others,
        .relu
      )
    }
    if usesBoundedActivations {
      return (
        [
          "the initializer .xavierNormal, of variance 2 / (inputs + outputs), or ReLU with .heNormal, of variance 2 / inputs"
        ] + others, .initializer(.xavierNormal)
      )
    }
    if let kind = ["GELU", "SiLU", "Mish"].first(where: kinds.contains) {
      return (
        ["a LayerNorm before each \(kind), whose slope near 0 is 1/2", others[0], "ReLU in place of \(kind)"],
        .normalization
      )
    }
    guard let variance = hiddenVariance, variance > 1.5, !isNormalized, let factor = profile?.factor, factor < 0.98,
      factor > 0.2
    else {
      return (
        ["the initializer .heNormal, of variance 2 / inputs, then model.initialize(seed: 1)"] + others,
        .initializer(.heNormal)
      )
    }
    // They are initialized as for ReLU already.
    let needed = variance / (factor * factor)
    return (
      [
        "hidden weights \(formatPlain(1 / factor)) times as large, of variance \(formatPlain(needed)) / inputs: initializer: "
          + ".normal(weightVariance: \(formatPlain(needed)))"
      ] + others, .scaledWeights(1 / factor)
    )
  }

  /// Whether the net has activations whose slope is small away from 0.
  var usesBoundedActivations: Bool { boundedActivation != nil }

  /// The kind of the first activation whose outputs are bounded on both sides; nil if there is none.
  var boundedActivation: ModuleKind? {
    let kinds: [ModuleKind] = ["Tanh", "Sigmoid", "Softsign", "HardTanh", "HardSigmoid"]
    return run.sites.first { kinds.contains($0.kind) }?.kind
  }
}
