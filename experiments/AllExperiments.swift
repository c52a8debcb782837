import ExperimentHarness

extension Experiment {
  /// All experiments, in the order in which `rheoscope list` names them.
  public static let all: [Experiment] = [
    .chainRule,
    .blame,
    .vanishingProduct,
    .activations,
    .residual,
    .initialization,
    .normalization,
    .edgeOfChaos,
    .shatteredGradients,
    .optimizers,
    .learningRate,
    .clipping,
    .costOfBackprop,
    .forwardOrReverse,
    .mixedPrecision,
    .checkpointing,
    .layersFirst,
    .features,
    .dyingReLU,
    .normPlacement,
    .minima,
    .connectedMinima,
    .resNet,
    .tenThousandLayers,
  ]
}
