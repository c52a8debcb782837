import ExperimentHarness
import Foundation
import Rheoscope

// Backpropagation computes the gradient from the last layer to the first. In the backward pass each layer multiplies it by
// the layer's weights and by the slope of its activation. Fifty layers make a product of fifty factors: it stays about 1,
// vanishes, or explodes.
//
// The slope of ReLU is 0 or 1. With He initialization (He et al. 2015) half of the units pass the gradient on unchanged, and
// the variance of the weights makes up for the other half: a factor of 1 per layer.
private let reluNet = Variant(
  "relu", "ReLU, He initialization",
  theory: { _ in .sameInEveryLayer(factor: MeanField(.relu, weightVariance: 2).gradientFactor) },
  net: { settings in DeepNet(settings, initializer: .heNormal, activation: { ReLU() }) })

// The slope of the sigmoid is at most 1/4. After fifty layers less than 0.25⁵⁰ ≈ 10⁻³⁰ of the gradient is left: the first
// layers do not learn.
private let sigmoidNet = Variant(
  "sigmoid", "sigmoid, Xavier initialization",
  theory: { settings in .meanField(MeanField(.sigmoid, weightVariance: 1), firstLength: xavierFirstLength(settings)) },
  net: { settings in DeepNet(settings, initializer: .xavierNormal, activation: { Sigmoid() }) })

// The slope of tanh is 1 at 0 and smaller elsewhere. With Xavier initialization (Glorot and Bengio 2010) activations shrink
// toward 0 from layer to layer, so the slope approaches 1.
private let tanhNet = Variant(
  "tanh", "tanh, Xavier initialization",
  theory: { settings in .meanField(MeanField(.tanh, weightVariance: 1), firstLength: xavierFirstLength(settings)) },
  net: { settings in DeepNet(settings, initializer: .xavierNormal, activation: { Tanh() }) })

// GELU is a smooth ReLU: x times the probability that a standard normal number is below x. Near 0 it is x/2 with slope 1/2,
// so small activations shrink further. With He initialization activations shrink, slowly at first, and gradients with them:
// by a factor of 1 per layer where activations are large, and of √(2 · ¼) = 0.71 where they are small. Activations of bright
// images stay large for more layers than those of dark images, so no single factor holds for all images.
private let geluNet = Variant(
  "gelu", "GELU, He initialization",
  net: { settings in DeepNet(settings, initializer: .heNormal, activation: { GELU() }) })

// SELU keeps the mean square of activations at 1 in every layer, with LeCun initialization (LeCun et al. 1998), variance 1/n.
// Gradients then grow by a factor of 1.035 per layer: by 6 over fifty layers.
private let seluNet = Variant(
  "selu", "SELU, LeCun initialization",
  theory: { _ in .meanField(MeanField(selu, weightVariance: 1), firstLength: 1) },
  net: { settings in DeepNet(settings, initializer: .leCunNormal, activation: { SELU() }) })

private let selu = Activation(
  "SELU", value: { 1.0507009873554805 * ($0 > 0 ? $0 : 1.6732632423543772 * expm1($0)) },
  slope: { 1.0507009873554805 * ($0 > 0 ? 1 : 1.6732632423543772 * exp($0)) })

/// The mean square of the first layer's outputs: 784 pixels of mean square 1, times weights of variance 2 / (784 + width).
private func xavierFirstLength(_ settings: Settings) -> Double { 784 * 2 / Double(784 + settings.width) }

extension Experiment {
  /// Five nets that differ in their activation and in the initialization that suits it.
  ///
  /// Measured: the training loss, the test accuracy, and the factor by which a layer multiplies the gradient before training.
  public static let activations = Experiment(
    name: "activations",
    question: "Which activation lets the first layer of a deep net learn: ReLU, sigmoid, tanh, GELU or SELU?",
    settings: [
      .depth(50), .width(64), .batch(64), .steps(600, quick: 50), .seeds(3, quick: 2, full: 20), .learningRate(0.01),
    ],
    variants: [reluNet, sigmoidNet, tanhNet, geluNet, seluNet],
    claims: [
      .gradientFactor(of: reluNet),
      .gradientFactor(of: sigmoidNet),
      .gradientFactor(of: tanhNet),
      Claim(
        .finding,
        source: "mean field theory (Schoenholz et al. 2017), for small and for large activations", appliesTo: .deep,
        statement: { _ in "gelu: in the backward pass each layer multiplies the gradient by 0.707 to 1" },
        expected: { .between(0.5.squareRoot() * (1 - $0.factorTolerance()), 1 + $0.factorTolerance()) },
        measure: { try $0[MetricNames.gradientFactor, geluNet] }),
      .gradientFactor(of: seluNet),
      .learns(reluNet, "He et al. 2015"),
      .staysAtChance(sigmoidNet, "Glorot and Bengio 2010"),
      .learns(tanhNet, "Glorot and Bengio 2010"),
      // Differences between small activations shrink by a factor of e every −1/ln(1/2) = 1.4 layers.
      .staysAtChance(
        geluNet,
        "mean field theory: nets deeper than six times the depth scale −1/ln χ = 1.4 do not train (Schoenholz et al. 2017)"
      ),
      .learns(seluNet, "Klambauer et al. 2017, arXiv:1706.02515"),
    ],
    figures: [.chart("loss"), .chart("gradient-flow"), .chart("gradient-profile")])
}
