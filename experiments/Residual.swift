import Rheoscope

extension Experiment {
  /// # What do shortcuts change?
  ///
  /// The plain twin replaces its signal in each layer, x → W relu(x); the residual one adds to it, x → x + α W relu(x). Both
  /// begin with the very same weights, U(±1/√n), which are too small for a plain net this deep. In the residual net blame also
  /// travels along the shortcut, past all weights.
  static let residual = Experiment(
    name: "residual",
    question: "Plain against residual: what do shortcuts change?",
    setting: "Twins with identical weights, U(±1/√n), on the same pictures; one adds x to the output of each block, with α = 1/√L.",
    defaults: Settings(learningRate: 0.05),
    variants: [
      ExperimentVariant(
        name: "plain", summary: "x → W relu(x)",
        model: { DeepNet($0, initializer: nil, activation: { ReLU() }) },
        theory: { .plain(.relu, weightVariance: 1.0 / 3, $0) }),
      ExperimentVariant(
        name: "residual", summary: "x → x + α W relu(x), α = 1/√L",
        model: { settings in
          DeepNet(settings, initializer: nil, activation: { ReLU() }) { Residual($0, $1, scale: Float(blockScale(settings))) }
        },
        theory: { settings in
          let factor = MeanField.residualFactor(scale: blockScale(settings), weightVariance: 1.0 / 3)
          return Prediction(factors: Array(repeating: factor, count: settings.depth - 1))
        }),
    ],
    claims: { results in
      [
        .learnsNothing("plain", in: results, source: "He et al. 2015, arXiv:1502.01852"),
        .learns("residual", in: results, source: "He et al. 2015, arXiv:1512.03385"),
        .factorAsPredicted("plain", in: results),
        .factorAsPredicted("residual", in: results),
      ]
    })

  /// α = 1/√L for L blocks: what all branches together add to the stream doesn't grow with depth.
  private static func blockScale(_ settings: Settings) -> Double { 1 / Double(max(settings.depth - 2, 1)).squareRoot() }
}
