extension Experiment {
  /// Every experiment, in the order in which `rheoscope list` names them.
  public static let all: [Experiment] = [
    .chainRule,
    .blame,
    .vanishingProduct,
    .activations,
    .residual,
    .initialization,
    .costOfBackprop,
    .mixedPrecision,
    .checkpointing,
    .resNet,
    .tenThousandLayers,
  ]
}
