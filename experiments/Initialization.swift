import ExperimentHarness
import Rheoscope

// Half of the units of a ReLU layer are inactive, so a layer whose weights have the variance σ²/n multiplies the gradient by
// √(σ²/2) in the backward pass. Seven nets that differ in σ² or in the shape of the distribution.

/// He initialization (He et al. 2015), σ² = 2: a factor of 1 per layer.
private let he = Variant("he", "He: variance 2/n", weightVariance: 2, .heNormal)

/// Xavier initialization (Glorot and Bengio 2010), σ² = 1: 0.71 per layer. It was made for tanh, which has no inactive half.
private let xavier = Variant("xavier", "Xavier: variance 1/n", weightVariance: 1, .xavierNormal)

/// LeCun initialization (LeCun et al. 1998): the same in square layers. It keeps the variance of a layer's outputs at that of
/// its inputs.
private let leCun = Variant("lecun", "LeCun: variance 1/n", weightVariance: 1, .leCunNormal)

/// A random orthogonal matrix times √2, for the half that ReLU makes inactive: the same variance as He's.
private let orthogonal = Variant(
  "orthogonal", "orthogonal times √2", weightVariance: 2, .orthogonal(gain: 2.0.squareRoot()))

/// PyTorch's default for linear layers, σ² = 1/3: 0.41 per layer.
private let pyTorch = Variant("pytorch", "U(±1/√n): variance 1/(3 n)", weightVariance: 1.0 / 3, .pyTorchDefault)

/// σ² = 4: 1.41 per layer.
private let tooLarge = Variant(
  "too-large", "variance 4/n", weightVariance: 4, .normal(weightVariance: 4))

/// σ² = 1/20: 0.16 per layer.
private let tooSmall = Variant(
  "too-small", "variance 1/(20 n)", weightVariance: 0.05, .normal(weightVariance: 0.05))

// Perhaps the nets with too small weights only need larger learning rates, or an optimizer that divides gradients by their size. With one
// learning rate for all layers they do not learn at any of those below. Adam divides each gradient by its size plus ε, 10⁻⁸ by default.
// With PyTorch's weights, gradients of weights are about 10⁻²¹ before training, and Adam's default fails too. With Xavier initialization they
// are a tenth of ε or less: some seeds learn and others do not, and with an ε of 10⁻¹⁶ all do. The PyTorch net learns where the gradient of each weight matrix is
// scaled to the size of its weights. So good initial weights are one cure of several.
private let xavierRates = LearningRateSweep(of: xavier, over: [0.1, 1, 10])
private let pyTorchRates = LearningRateSweep(of: pyTorch, over: [1, 100, 10_000])
private let pyTorchAdam = Variant(
  "pytorch-adam", "U(±1/√n), trained by Adam with a learning rate of 0.001 and ε = 10⁻⁸", weightVariance: 1.0 / 3,
  .pyTorchDefault, optimizer: { model, _ in Adam(model, learningRate: 0.001) })
private let xavierAdam = Variant(
  "xavier-adam", "Xavier, trained by Adam with a learning rate of 0.001 and ε = 10⁻⁸", weightVariance: 1, .xavierNormal,
  optimizer: { model, _ in Adam(model, learningRate: 0.001) })
private let xavierAdamSmallEpsilon = Variant(
  "xavier-adam-small-epsilon", "the same, ε = 10⁻¹⁶", weightVariance: 1, .xavierNormal,
  optimizer: { model, _ in Adam(model, learningRate: 0.001, epsilon: 1e-16) })
private let pyTorchScaled = Variant(
  "pytorch-scaled", "U(±1/√n), the gradient of each weight matrix scaled to its weights, SGD with momentum 0.9",
  weightVariance: 1.0 / 3, .pyTorchDefault,
  optimizer: { model, _ in
    let optimizer = SGD(model, learningRate: 0.01, momentum: 0.9)
    optimizer.scaleGradientsToWeights()
    return optimizer
  })
private let heAdam = Variant(
  "he-adam", "He, trained by Adam with a learning rate of 0.001", weightVariance: 2, .heNormal,
  optimizer: { model, _ in Adam(model, learningRate: 0.001) })

private let finiteLosses = "losses before NaN"

private let nets = [he, xavier, leCun, orthogonal, pyTorch, tooLarge, tooSmall]

extension Variant {
  fileprivate init(
    _ name: String, _ title: String, weightVariance: Double, _ initializer: Initializer,
    optimizer: (@Sendable (Module, Settings) -> Optimizer)? = nil
  ) {
    self.init(
      name, title,
      theory: { _ in .sameInEveryLayer(factor: MeanField(.relu, weightVariance: weightVariance).gradientFactor) },
      optimizer: optimizer ?? { SGD($0, learningRate: Float($1.learningRate)) }, isRecorded: optimizer == nil,
      afterTraining: { $0.report(finiteLosses, Double($1.losses.prefix { $0.isFinite }.count)) },
      net: { settings in DeepNet(settings, initializer: initializer, activation: { ReLU() }) })
  }
}

/// Each net and one with another variance, which its factor must not be.
private let theory: [Claim] = [
  (he, xavier), (xavier, he), (leCun, he), (orthogonal, xavier), (pyTorch, xavier), (tooLarge, he), (tooSmall, pyTorch),
].map { net, other in .gradientFactor(of: net, rejects: [.swapping(net, for: other)]) }

private let findings: [Claim] = [
  .learns(he, "He et al. 2015", rejects: [.swapping(he, for: xavier), .swapping(he, for: pyTorch)]),
  .learns(orthogonal, "Saxe et al. 2014, arXiv:1312.6120", rejects: [.swapping(orthogonal, for: xavier)]),
  .learns(heAdam, "He et al. 2015", rejects: [.swapping(heAdam, for: pyTorchAdam)]),
  .staysAtChance(xavier, "He et al. 2015", rejects: [.swapping(xavier, for: he)]),
  .staysAtChance(
    leCun, "He et al. 2015; equal to Xavier in square layers", rejects: [.swapping(leCun, for: he)]),
  .staysAtChance(pyTorch, "He et al. 2015", rejects: [.swapping(pyTorch, for: he)]),
  .staysAtChance(
    pyTorchAdam, "its gradients are smaller than ε", rejects: [.swapping(pyTorchAdam, for: heAdam)]),
  .learns(
    xavierAdamSmallEpsilon, "control: Adam's ε",
    rejects: [.swapping(xavierAdamSmallEpsilon, for: xavier), .swapping(xavierAdamSmallEpsilon, for: pyTorchAdam)]),
  .learns(
    pyTorchScaled, "control: the sizes of gradients; You et al. 2017, arXiv:1708.03888",
    rejects: [.swapping(pyTorchScaled, for: pyTorch), .swapping(pyTorchScaled, for: pyTorchAdam)]),
  .staysAtChance(tooSmall, "He et al. 2015", rejects: [.swapping(tooSmall, for: he)]),
  .doesNotLearn(
    xavierRates, "xavier, with one learning rate for all layers,", "He et al. 2015",
    rejects: [.value("he") { try $0[MetricNames.finalLoss, he] }]),
  .doesNotLearn(
    pyTorchRates, "pytorch, with one learning rate for all layers,", "He et al. 2015",
    rejects: [.value("he") { try $0[MetricNames.finalLoss, he] }]),
  // Activations and gradients each grow by √2 per layer, so the gradient of any layer's weights, a product of both, is
  // about √2⁴⁹ = 2 · 10⁷. A hundredth of it is thousands of times the weights, and thousands to the power of 50 are more
  // than 10³⁸.
  Claim(
    .finding, "too-large overflows at the first step: only the loss before it is finite", tooLarge, finiteLosses,
    .exactly(1), source: "the chain rule; IEEE 754", appliesTo: .deepAndLong, rejects: [.swapping(tooLarge, for: he)]),
]

extension Experiment {
  /// A ReLU net with initial weights of five variances and two distributions, and the same with other learning rates, with Adam
  /// and with scaled gradients.
  ///
  /// Measured: the training loss, the test accuracy, and the factor by which a layer multiplies the gradient before training.
  public static let initialization = Experiment(
    name: "initialization",
    question: "How large should the initial weights of a deep ReLU net be?",
    settings: [
      .depth(50), .width(64), .batch(64), .steps(600, quick: 50), .seeds(3, quick: 1, full: 20), .learningRate(0.01),
    ],
    variants: nets + xavierRates.variants + pyTorchRates.variants
      + [pyTorchAdam, heAdam, xavierAdam, xavierAdamSmallEpsilon, pyTorchScaled],
    claims: theory + findings,
    figures: [
      .chart("loss", of: nets), .chart("gradient-flow", of: nets), .chart("gradient-profile", of: nets),
      .finalLosses(
        "Final losses of initializations and of their controls",
        of: [he, heAdam, xavier] + xavierRates.variants + [xavierAdam, xavierAdamSmallEpsilon, pyTorch]
          + pyTorchRates.variants + [pyTorchAdam, pyTorchScaled]),
    ])
}
