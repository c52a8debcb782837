import ExperimentHarness
import Rheoscope

// Of a ReLU layer's units half are silent, so a layer whose weights have the variance σ²/n multiplies blame by √(σ²/2) on its
// way back. Seven nets that differ in nothing but σ².

/// σ² = 2: a factor of 1. He et al. (2015) chose it so.
private let he = Variant("he", "He: variance 2/n", weightVariance: 2, .heNormal)

/// σ² = 1: 0.71 a layer. Glorot and Bengio (2010) had tanh in mind, which has no silent half.
private let xavier = Variant("xavier", "Xavier: variance 1/n", weightVariance: 1, .xavierNormal)

/// The same for square layers. LeCun et al. (1998) chose it so that units' inputs are as large as units' outputs.
private let leCun = Variant("lecun", "LeCun: variance 1/n", weightVariance: 1, .leCunNormal)

/// A matrix that turns its input about, times √2 for the half that ReLU silences: as large as He's.
private let orthogonal = Variant(
  "orthogonal", "orthogonal times √2", weightVariance: 2, .orthogonal(gain: 2.0.squareRoot()))

/// σ² = 1/3: 0.41 a layer. What PyTorch's layers begin with.
private let pyTorch = Variant("pytorch", "U(±1/√n): variance 1/(3 n)", weightVariance: 1.0 / 3, .pyTorchDefault)

/// σ² = 4: 1.41 a layer.
private let tooLarge = Variant(
  "too-large", "variance 4/n", weightVariance: 4, .normal(weightVariance: 4))

/// σ² = 1/20: 0.16 a layer.
private let tooSmall = Variant(
  "too-small", "variance 1/(20 n)", weightVariance: 0.05, .normal(weightVariance: 0.05))

private let finiteLosses = "losses before NaN"

private let nets = [he, xavier, leCun, orthogonal, pyTorch, tooLarge, tooSmall]

extension Variant {
  fileprivate init(_ name: String, _ title: String, weightVariance: Double, _ initializer: Initializer) {
    self.init(
      name, title,
      theory: { _ in .sameInEveryLayer(factor: MeanField(.relu, weightVariance: weightVariance).gradientFactor) },
      also: { $0.report(finiteLosses, Double($1.losses.prefix { $0.isFinite }.count)) },
      net: { settings in DeepNet(settings, initializer: initializer, activation: { ReLU() }) })
  }
}

extension Experiment {
  /// One net of ReLU, begun with weights of five sizes and two shapes.
  ///
  /// Measured: the loss while training, the share of test images named right, and by how much a layer multiplies the gradient
  /// before training begins.
  public static let initialization = Experiment(
    name: "initialization",
    question: "How large should the weights of a deep net of ReLU be when training begins?",
    settings: [
      .depth(50), .width(64), .batch(64), .steps(600, quick: 50), .seeds(3, quick: 1, full: 20), .learningRate(0.01),
    ],
    variants: nets,
    claims: nets.map { .gradientFactor(of: $0) } + [
      .learns(he, "He et al. 2015"),
      .learns(orthogonal, "Saxe et al. 2014, arXiv:1312.6120"),
      .staysAtChance(xavier, "He et al. 2015"),
      .staysAtChance(leCun, "He et al. 2015: as Xavier’s, in square layers"),
      .staysAtChance(pyTorch, "He et al. 2015"),
      .staysAtChance(tooSmall, "He et al. 2015"),
      // Signals and blame grow by √2 each, so what a layer is to change by, the product of both, is √2⁴⁹ = 2 · 10⁷ whichever layer
      // it is. A hundredth of it is thousands of times its weights, and thousands to the power of 50 are more than 10³⁸.
      Claim(
        "too-large overflows at the first step: only the loss before it is a finite number", tooLarge, finiteLosses,
        .exactly(1), source: "the chain rule; IEEE 754", about: .deepAndLong),
    ],
    pictures: [.chart("loss"), .chart("gradient-flow"), .chart("gradient-profile")])
}
