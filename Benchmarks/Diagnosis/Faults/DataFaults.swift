import Rheoscope

extension Fault {
  /// Faults of inputs and targets.
  static let dataFaults = [
    Fault(
      "inputs not normalized", ["inputs not normalized"], "inputs times this, plus twice this",
      [3, 10, 30, 100, 300, 1000],
      fits: { !$0.isTokens && !$0.hasBatchNorm && $0.net != .bottleneck }
    ) { recipe, scale in
      recipe.inputScale = Float(scale)
      recipe.inputOffset = Float(2 * scale)
    },
    Fault(
      "targets of large scale", ["targets of large scale"], "targets times this, plus three times this",
      [5, 20, 50, 100, 300, 1000],
      fits: { $0.classes == nil }
    ) { recipe, scale in
      recipe.targetScale = Float(scale)
      recipe.targetOffset = Float(3 * scale)
    },
    Fault(
      "NaN in the data", ["non-finite data"], "NaN in this share of the samples' inputs, or of targets (regression)",
      [0.001, 0.003, 0.01, 0.03, 0.1], fits: { !$0.isTokens }
    ) { recipe, share in
      recipe.nanShare = share
      recipe.hasNaNTargets = recipe.classes == nil && share > 0.002
    },
    Fault(
      "batches sorted by class", ["batches sorted by class"], "samples in order of their classes", outcome: .validation,
      [1, 1, 1, 1, 1, 1], fits: { $0.classes != nil }, prepare: { recipe, _ in recipe.evaluations = 4 }
    ) { recipe, _ in recipe.isSorted = true },
    Fault(
      "shuffled labels", ["labels unrelated to inputs"], "all labels are drawn from other samples",
      outcome: .training,
      [1, 1, 1, 1, 1, 1, 1]
    ) { recipe, share in recipe.shuffledShare = share },
    Fault(
      "constant targets", ["constant targets"], "all targets are equal", outcome: .validation, [1, 1, 1, 1],
      prepare: { recipe, _ in recipe.evaluations = 4 }
    ) { recipe, _ in recipe.hasConstantTargets = true },
    Fault(
      "classes unbalanced", ["classes unbalanced"], "class 0 has this share of the samples", outcome: .validation,
      [0.7, 0.85, 0.95, 0.98, 0.99, 0.995], fits: { $0.classes != nil },
      prepare: { recipe, _ in recipe.evaluations = 4 }
    ) { recipe, share in recipe.majority = share },
    Fault(
      "overfitting", ["overfitting"], "this many samples only, for thrice the steps", outcome: .validation,
      [400, 200, 100, 50, 30, 20],
      fits: { $0.net != .recurrent }, prepare: { recipe, _ in recipe.evaluations = 8 }
    ) { recipe, count in
      recipe.sampleLimit = Int(count)
      recipe.steps *= 3
    },
  ]
}
