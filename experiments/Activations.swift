import Rheoscope

extension Experiment {
  /// # Which activation lets the first layer learn?
  ///
  /// On its way back through a layer the gradient is multiplied by the weights and by the activation's slope. The slope of the
  /// sigmoid is at most 1/4, so fifty of them leave nothing; that of ReLU is 0 or 1, and He's weights make up for the zeros.
  static let activations = Experiment(
    name: "activations",
    question: "ReLU, sigmoid, tanh: which activation lets the first layer of a deep net learn?",
    setting: "Three plain nets, alike but for the activation and the weights that suit it, on the same pictures in the same order.",
    defaults: Settings(learningRate: 0.01),
    variants: [
      ExperimentVariant(
        name: "relu", summary: "ReLU, weights by He (σ_w² = 2)",
        model: { DeepNet($0, initializer: .heNormal, activation: { ReLU() }) },
        theory: { .plain(.relu, weightVariance: 2, $0) }),
      ExperimentVariant(
        name: "sigmoid", summary: "sigmoid, weights by Xavier (σ_w² = 1)",
        model: { DeepNet($0, initializer: .xavierNormal, activation: { Sigmoid() }) },
        theory: { .plain(.sigmoid, weightVariance: 1, stemGain: Prediction.xavierStemGain($0), $0) }),
      ExperimentVariant(
        name: "tanh", summary: "tanh, weights by Xavier (σ_w² = 1)",
        model: { DeepNet($0, initializer: .xavierNormal, activation: { Tanh() }) },
        theory: { .plain(.tanh, weightVariance: 1, stemGain: Prediction.xavierStemGain($0), $0) }),
    ],
    claims: { results in
      [
        .learns("relu", in: results, source: "Glorot, Bordes and Bengio 2011; He et al. 2015, arXiv:1502.01852"),
        .learnsNothing("sigmoid", in: results, source: "Glorot and Bengio 2010"),
        .learns("tanh", in: results, source: "Glorot and Bengio 2010"),
        .factorAsPredicted("relu", in: results),
        .factorAsPredicted("sigmoid", in: results),
        .factorAsPredicted("tanh", in: results),
      ]
    })
}
