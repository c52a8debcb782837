import Foundation
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
    if let kind = ["GELU", "SiLU", "Mish", "HardSwish"].first(where: kinds.contains) {
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

  /// Whether hidden layers have activations whose slope is small away from 0.
  var usesBoundedActivations: Bool { boundedActivation != nil }

  /// The kind of the first activation of a hidden layer whose outputs are bounded on both sides; nil if there is none.
  var boundedActivation: ModuleKind? {
    let kinds: [ModuleKind] = ["Tanh", "Sigmoid", "Softsign", "HardTanh", "HardSigmoid"]
    return run.sites.first { kinds.contains($0.kind) && $0.id != lastSite?.id }?.kind
  }

  /// The paths of layers with square weights that are called at each step of the profile; empty along depth.
  var recurrentLayers: [String] {
    guard case .calls(let module)? = profile?.axis else { return [] }
    let calls = run.sites.count { $0.module == module }
    let repeated = Set(run.sites.filter { $0.call == calls - 1 && $0.isLayer }.map(\.module))
    let square = Set(matrices.filter { $0.shape.count == 2 && $0.shape[0] == $0.shape[1] }.map(\.path))
    return repeated.filter { square.contains($0 + ".weight") }.sorted()
  }

  /// What fixes gradients of exactly 0 in layers: it lies in the first site behind them that has a gradient.
  var remediesOfZeroSlope: [String] {
    let gradients = gradients
    let behind = gradients.sites.indices.first { site in gradients.row(site).contains { $0.map { $0 > 0 } ?? false } }
    return [
      (behind.map { "give “\(gradients.sites[$0].path)” (\(gradients.sites[$0].kind.rawValue))" }
        ?? "give what follows these weights")
        + " an operation with a slope, such as tanh in place of a sign or a comparison",
      "random weights and biases of 0 where weights of zero pass no gradient: model.initialize(seed: 1)",
    ]
  }

  /// Whether the net has LSTMs.
  var hasForgetGates: Bool { run.sites.contains { $0.kind == "LSTMCell" } }

  /// The bias b of forget gates that keeps half of the state over the steps of the profile: sigmoid(b)ᵀ = 1/2.
  var lastingForgetBias: Double { -log(pow(2, 1 / Double(max(profile?.points.count ?? 1, 1))) - 1) }
}
