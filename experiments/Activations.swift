import ExperimentHarness
import Foundation
import Rheoscope

// Backpropagation carries the blame for a wrong answer from the last layer to the first. On its way back through a layer it
// is multiplied by the layer's weights and by the slope of its activation. With fifty layers that is a product of fifty
// factors, and a product of fifty factors is either about 1, or vanishing, or enormous.
//
// The slope of ReLU is 0 or 1. With weights as large as He et al. (2015) choose them, half of the units pass the blame on in
// full, and the other half's share is made up for by the size of the weights: a factor of 1 a layer.
private let reluNet = Variant(
  "relu", "ReLU, He weights",
  theory: { _ in .sameInEveryLayer(factor: MeanField(.relu, weightVariance: 2).gradientFactor) },
  net: { settings in DeepNet(settings, initializer: .heNormal, activation: { ReLU() }) })

// The slope of the sigmoid is at most 1/4. What is left of the blame after fifty layers is less than 0.25⁵⁰, some 10⁻³⁰ of it:
// the first layers are not told what to change.
private let sigmoidNet = Variant(
  "sigmoid", "sigmoid, Xavier weights",
  theory: { settings in .meanField(MeanField(.sigmoid, weightVariance: 1), firstLength: xavierFirstLength(settings)) },
  net: { settings in DeepNet(settings, initializer: .xavierNormal, activation: { Sigmoid() }) })

// The slope of tanh is 1 where its input is 0 and smaller elsewhere. With weights by Glorot and Bengio (2010), who are also
// called Xavier, inputs shrink toward 0 layer by layer, so the slope comes close to 1.
private let tanhNet = Variant(
  "tanh", "tanh, Xavier weights",
  theory: { settings in .meanField(MeanField(.tanh, weightVariance: 1), firstLength: xavierFirstLength(settings)) },
  net: { settings in DeepNet(settings, initializer: .xavierNormal, activation: { Tanh() }) })

// GELU is a ReLU without the kink: x times the probability that a normal number is below x. Near 0 it is x/2, so its slope is 1/2
// there, and small signals get smaller still. With the weights that suit ReLU signals shrink, slowly at first, and blame with them:
// by 1 a layer where signals are large, by √(2 · ¼) = 0.71 where they are small. Bright images stay large for longer than dark
// ones, so there is no one number for all of them.
private let geluNet = Variant(
  "gelu", "GELU, He weights",
  net: { settings in DeepNet(settings, initializer: .heNormal, activation: { GELU() }) })

// SELU is made so that signals have a mean square of 1 in every layer, with weights of variance 1/n, as LeCun et al. (1998) choose
// them. Blame then grows by 1.035 a layer: in fifty layers by six.
private let seluNet = Variant(
  "selu", "SELU, LeCun weights",
  theory: { _ in .meanField(MeanField(selu, weightVariance: 1), firstLength: 1) },
  net: { settings in DeepNet(settings, initializer: .leCunNormal, activation: { SELU() }) })

private let selu = Activation(
  "SELU", value: { 1.0507009873554805 * ($0 > 0 ? $0 : 1.6732632423543772 * expm1($0)) },
  slope: { 1.0507009873554805 * ($0 > 0 ? 1 : 1.6732632423543772 * exp($0)) })

/// The mean square of the first layer's outputs: 784 pixels of mean square 1, times weights of variance 2 / (784 + width).
private func xavierFirstLength(_ settings: Settings) -> Double { 784 * 2 / Double(784 + settings.width) }

extension Experiment {
  /// Five nets that differ in their activation, and in the weights that suit it.
  ///
  /// Measured: the loss while training, the share of test images named right, and by how much a layer multiplies the gradient
  /// before training begins.
  public static let activations = Experiment(
    name: "activations",
    question: "ReLU, sigmoid, tanh, GELU or SELU: which of them lets the first layer of a deep net learn?",
    settings: [
      .depth(50), .width(64), .batch(64), .steps(600, quick: 50), .seeds(3, quick: 2, full: 20), .learningRate(0.01),
    ],
    variants: [reluNet, sigmoidNet, tanhNet, geluNet, seluNet],
    claims: [
      .gradientFactor(of: reluNet),
      .gradientFactor(of: sigmoidNet),
      .gradientFactor(of: tanhNet),
      Claim(
        source: "mean field theory (Schoenholz et al. 2017) for small and for large signals", about: .deep,
        statement: { _ in "gelu: on its way back each layer multiplies the gradient by 0.707 to 1" },
        expected: { .between(0.5.squareRoot() * (1 - $0.factorTolerance()), 1 + $0.factorTolerance()) },
        measure: { try $0[MetricNames.gradientFactor, geluNet] }),
      .gradientFactor(of: seluNet),
      .learns(reluNet, "He et al. 2015"),
      .staysAtChance(sigmoidNet, "Glorot and Bengio 2010"),
      .learns(tanhNet, "Glorot and Bengio 2010"),
      // Small signals lose a factor of e of what they differ in every −1/ln(1/2) = 1.4 layers.
      .staysAtChance(
        geluNet, "mean field theory: nets deeper than six times that don't train (Schoenholz et al. 2017)"),
      .learns(seluNet, "Klambauer et al. 2017, arXiv:1706.02515"),
    ],
    pictures: [.chart("loss"), .chart("gradient-flow"), .chart("gradient-profile")])
}
