import Rheoscope

extension Experiment {
  /// # How large should weights be at the start?
  ///
  /// Half of ReLU's slopes are zero, so a layer multiplies the gradient by √(σ_w²/2), where σ_w²/n is the variance of its
  /// weights. Only σ_w² = 2 keeps its size over fifty layers.
  static let initialization = Experiment(
    name: "initialization",
    question: "How large should the weights of a deep net of ReLU be at the start?",
    setting: "One plain net of ReLU, begun with weights of five sizes, on the same pictures in the same order.",
    defaults: Settings(learningRate: 0.01),
    variants: [
      variant("he", .heNormal, "He: σ_w² = 2", weightVariance: 2),
      ExperimentVariant(
        name: "xavier", summary: "Xavier: σ_w² = 1",
        model: { DeepNet($0, initializer: .xavierNormal, activation: { ReLU() }) },
        theory: { .plain(.relu, weightVariance: 1, stemGain: Prediction.xavierStemGain($0), $0) }),
      variant("uniform", nil, "U(±1/√n), PyTorch’s default: σ_w² = 1/3", weightVariance: 1.0 / 3),
      variant("too-large", .normal(weightVariance: 4), "σ_w² = 4", weightVariance: 4),
      variant("too-small", .normal(weightVariance: 0.25), "σ_w² = 1/4", weightVariance: 0.25),
    ],
    claims: { results in
      [
        .learns("he", in: results, source: "He et al. 2015, arXiv:1502.01852"),
        .learnsNothing("xavier", in: results, source: "He et al. 2015, arXiv:1502.01852, figure 3"),
        .learnsNothing("uniform", in: results, source: "He et al. 2015, arXiv:1502.01852"),
        .learnsNothing("too-small", in: results, source: "He et al. 2015, arXiv:1502.01852"),
      ] + ["he", "xavier", "uniform", "too-large", "too-small"].map { .factorAsPredicted($0, in: results) }
    })

  private static func variant(_ name: String, _ initializer: Initializer?, _ summary: String, weightVariance: Double)
    -> ExperimentVariant
  {
    ExperimentVariant(
      name: name, summary: summary, model: { DeepNet($0, initializer: initializer, activation: { ReLU() }) },
      theory: { .plain(.relu, weightVariance: weightVariance, $0) })
  }
}
