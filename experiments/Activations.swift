import ExperimentHarness
import Foundation
import Rheoscope

// Backpropagation computes the gradient from the last layer to the first. In the backward pass each layer multiplies it by
// the layer's weights and by the slope of its activation. Fifty layers make a product of fifty factors: it stays about 1,
// vanishes, or explodes.
//
// The slope of ReLU is 0 or 1. With He initialization (He et al. 2015) half of the units pass the gradient on unchanged, and
// the variance of the weights makes up for the other half: a factor of 1 per layer.
private let reluNet = net(
  "relu", "ReLU, He initialization", .heNormal, { ReLU() },
  theory: { _ in .sameInEveryLayer(factor: MeanField(.relu, weightVariance: 2).gradientFactor) })

// The sigmoid with Xavier initialization, variance 1/n (Glorot and Bengio 2010), multiplies the gradient by 0.23 per layer.
// Its slope is at most 1/4, but that alone is not the cause, as the next two nets show: a layer's factor is the slope times
// the size of the weights, and it is the weights that are too small.
private let sigmoidNet = net(
  "sigmoid", "sigmoid, Xavier initialization", .xavierNormal, { Sigmoid() },
  theory: { settings in .meanField(MeanField(.sigmoid, weightVariance: 1), firstLength: xavierFirstLength(settings)) })

// The same sigmoid with weights of a hundred times the variance, chosen so that the factor is exactly 1. Its outputs are
// large at first and it learns slowly, so it gets three times the steps.
private let criticalVariance = MeanField.criticalWeightVariance(of: .sigmoid, between: 20, and: 500)!
private let criticalSigmoidNet = net(
  "sigmoid-critical", "sigmoid, weights of variance \(formatPlain(criticalVariance))/n, three times the steps",
  .normal(weightVariance: criticalVariance), { Sigmoid() }, adjust: { $0.steps *= 3 },
  theory: { _ in .meanField(MeanField(.sigmoid, weightVariance: criticalVariance), firstLength: criticalVariance) })

// Another sigmoid net that is the tanh net below: since tanh x = 2 sigmoid(2x) − 1, it computes the same outputs with four
// times the weights between layers, and biases that take away the ½ that every sigmoid adds. Its gradients are a quarter of the tanh net's
// and its weights four times as large, so at the same rate it learns more slowly.
private let sigmoidAsTanhNet = net(
  "sigmoid-as-tanh", "sigmoid with the weights and biases that make it the tanh net", .xavierNormal, { Sigmoid() },
  prepare: { model in
    let layers = Dictionary(uniqueKeysWithValues: model.parameters.map { ($0.path, $0.parameter) })
    for (path, weight) in layers where path.hasSuffix("weight") {
      let isFirst = path == "stem.weight", isLast = path == "head.weight"
      let larger = weight.value * Float(isFirst || isLast ? 2 : 4)
      weight.set(larger.detached())
      let bias = layers[path.replacing("weight", with: "bias")]!
      if !isFirst { bias.set((larger.sum(axes: [1]) * Float(-0.5)).detached()) }
    }
  })

// The slope of tanh is 1 at 0 and smaller elsewhere. With Xavier initialization activations shrink toward 0 from layer to
// layer, so the slope approaches 1.
private let tanhNet = net(
  "tanh", "tanh, Xavier initialization", .xavierNormal, { Tanh() },
  theory: { settings in .meanField(MeanField(.tanh, weightVariance: 1), firstLength: xavierFirstLength(settings)) })

// GELU is a smooth ReLU: x times the probability that a standard normal number is below x. Near 0 it is x/2 with slope 1/2,
// so small activations shrink further, and He initialization, made for ReLU, is the wrong one: activations and gradients
// shrink by a factor of 1 per layer where activations are large, and of √(2 · ¼) = 0.71 where they are small. Activations of
// bright images stay large for more layers than those of dark ones, so the prediction is a mean over the images of a batch.
private let geluNet = net(
  "gelu", "GELU, He initialization", .heNormal, { GELU() }, predicted: { predictedFactor($0, depth: $1) })

// With these variances of weights and biases GELU's factor is 1 (Roberts, Yaida and Hanin 2022, section 5.3). In some seeds it needs a
// smaller learning rate than the others.
private let geluTheory = MeanField(.gelu, weightVariance: 1.983, biasVariance: 0.173)
private let criticalGELUNet = net(
  "gelu-critical", "GELU, weights of variance 1.983/n, biases of 0.173, 0.3 times the learning rate",
  .normal(weightVariance: 1.983), { GELU() },
  biases: .normal(variance: 0.173), adjust: { $0.learningRate *= 0.3 },
  theory: { _ in .meanField(geluTheory, firstLength: geluTheory.weightVariance + geluTheory.biasVariance) })

// SELU keeps the mean square of activations at 1 in every layer, with LeCun initialization (LeCun et al. 1998), variance 1/n.
// Gradients then grow by a factor of 1.035 per layer: by 6 over fifty layers.
private let seluNet = net(
  "selu", "SELU, LeCun initialization", .leCunNormal, { SELU() },
  theory: { _ in .meanField(MeanField(selu, weightVariance: 1), firstLength: 1) })

// Why do the upper layers of the sigmoid net not learn either? Their gradients are large. But in the forward pass the
// outputs of all images become alike, by the same factor per layer, so the upper layers see one image only. To show it, all
// layers but the last five are frozen. With tanh the net still learns: its random lower layers tell images apart. The sigmoid net does not.
// It is trained with a learning rate of 1, at which a sigmoid net of six layers, all of them trained, learns with most seeds: at 0.01 that one
// does not learn either, and the comparison would show nothing.
private let topLayers = 5
private let sigmoidRate = 1.0
private let tanhTopNet = net(
  "tanh-top", "tanh, Xavier initialization, only the last \(topLayers) layers are trained", .xavierNormal, { Tanh() },
  frozen: allButTheTop)
private let sigmoidTopNet = net(
  "sigmoid-top", "sigmoid, Xavier initialization, only the last \(topLayers) layers are trained, learning rate 1",
  .xavierNormal, { Sigmoid() }, adjust: { $0.learningRate = sigmoidRate }, frozen: allButTheTop)
private let sixLayerNet = net(
  "sigmoid-6", "sigmoid, Xavier initialization, 6 layers, learning rate 1", .xavierNormal, { Sigmoid() },
  adjust: { ($0.depth, $0.learningRate) = (topLayers + 1, sigmoidRate) }, isRecorded: false)

@Sendable private func allButTheTop(_ settings: Settings) -> [String] {
  let blocks = max(settings.depth - 2, 0), frozen = max(blocks - topLayers + 1, 0)
  return ["stem.**"] + (0..<frozen).map { "blocks.\($0).**" }
}

// Perhaps the nets that do not learn only need another learning rate, or another optimizer. None of three rates is enough for SGD, which has
// one learning rate for all layers. (Of these rates a sigmoid net of six layers needs 1.) Adam, which divides each gradient by its size,
// trains the GELU net.
private let rates = [0.1, 1, 10]
private let sigmoidRates = LearningRateSweep(of: sigmoidNet, over: rates)
private let geluRates = LearningRateSweep(of: geluNet, over: rates)
private let geluAdam = net(
  "gelu-adam", "GELU, He initialization, trained by Adam with a learning rate of 0.001", .heNormal, { GELU() },
  optimizer: { model, _ in Adam(model, learningRate: 0.001) }, isRecorded: false)

// MARK: What is measured

private let firstLayer = "change of first layer", spreadFactor = "spread factor per layer",
  spread = "spread over images",
  predictedByImages = "predicted factor over images"

/// A net of one activation and initialization. Besides what each net reports, it reports by how much the weights of its first layer
/// have changed, ‖ΔW‖ / ‖W‖, and how much the outputs of each layer differ between images before training.
private func net(
  _ name: String, _ title: String, _ weights: Initializer, _ activation: @escaping @Sendable () -> Module,
  biases: Initializer? = nil, adjust: @escaping @Sendable (inout Settings) -> Void = { _ in },
  prepare: @escaping @Sendable (Module) -> Void = { _ in },
  predicted: (@Sendable (_ images: Tensor, _ depth: Int) -> Double?)? = nil,
  optimizer: @escaping @Sendable (Module, Settings) -> Optimizer = { SGD($0, learningRate: Float($1.learningRate)) },
  frozen: (@Sendable (Settings) -> [String])? = nil,
  isRecorded: Bool = true, theory: (@Sendable (Settings) -> GradientTheory)? = nil
) -> Variant {
  let make: @Sendable (Settings) -> Module = { settings in
    DeepNet(settings, initializer: weights, biasInitializer: biases, activation: activation)
  }
  return Variant(
    name, title, adjust: adjust, theory: theory, optimizer: optimizer, frozen: frozen ?? { _ in [] },
    isRecorded: isRecorded && frozen == nil,
    beforeTraining: { context, model in
      prepare(model)
      let images = try context.data().train.batches(of: context.settings.batch, seed: UInt64(context.seed))
        .first { _ in true }!.inputs
      let spreads = try rowSpreads(of: model, images)
      context.report(spread, spreads, over: spreads.indices.map { Double($0 + 1) })
      context.report(spreadFactor, factorPerLayer(spreads))
      if let predicted { context.report(predictedByImages, predicted(images, context.settings.depth)) }
    },
    afterTraining: { context, trained in
      let before = context.variant.untrainedNet(context.settings, seed: context.seed)
      prepare(before)
      context.report(firstLayer, trained.weightChanges(since: before)[0].share)
    },
    net: make)
}

/// The factor per layer of the RMS over images of the gradient with GELU and He initialization. The first layer's outputs have twice the
/// mean square of an image's pixels; from there on the length map decides, and all images have the same gradient at the last layer.
private func predictedFactor(_ images: Tensor, depth: Int) -> Double? {
  let pixels = images.shape[1], values = images.values, theory = MeanField(.gelu, weightVariance: 2)
  var squares = [Double](repeating: 0, count: depth)
  for image in 0..<images.shape[0] {
    let square = values[image * pixels..<(image + 1) * pixels].reduce(0) { $0 + Double($1) * Double($1) }
    let factors = theory.gradientFactors(depth: depth, inputLength: 2 * square / Double(pixels))
    let profile = factors.reversed().reduce(into: [1]) { $0.append($0.last! * $1) }.reversed()
    for (layer, value) in profile.enumerated() { squares[layer] += value * value }
  }
  return gradientFactorPerLayer(
    squares.enumerated().map { (depth: Double($0.offset + 1), value: $0.element.squareRoot()) })
}

private let selu = Activation(
  "SELU", value: { 1.0507009873554805 * ($0 > 0 ? $0 : 1.6732632423543772 * expm1($0)) },
  slope: { 1.0507009873554805 * ($0 > 0 ? 1 : 1.6732632423543772 * exp($0)) })

/// The mean square of the first layer's outputs: 784 pixels of mean square 1, times weights of variance 2 / (784 + width).
private func xavierFirstLength(_ settings: Settings) -> Double { 784 * 2 / Double(784 + settings.width) }

// MARK: The experiment

private let trained = [
  reluNet, sigmoidNet, criticalSigmoidNet, sigmoidAsTanhNet, tanhNet, geluNet, criticalGELUNet, seluNet,
]

/// Weights of half the variance, as if those for tanh were taken for ReLU.
private func halfVariance(of net: Variant) -> Null {
  .value("weights of half the variance, the predicted factor / √2") { seed in
    (net.predictedGradientFactor(seed.settings) ?? .nan) / 2.0.squareRoot()
  }
}

private let theory: [Claim] = [
  .gradientFactor(of: reluNet, rejects: [.swapping(reluNet, for: sigmoidNet), halfVariance(of: reluNet)]),
  .gradientFactor(of: sigmoidNet, rejects: [.swapping(sigmoidNet, for: criticalSigmoidNet)]),
  .gradientFactor(of: criticalSigmoidNet, rejects: [.swapping(criticalSigmoidNet, for: sigmoidNet)]),
  .gradientFactor(of: tanhNet, rejects: [.swapping(tanhNet, for: sigmoidNet), halfVariance(of: tanhNet)]),
  Claim(
    .identity,
    "sigmoid-as-tanh is the tanh net: each layer multiplies the gradient by the same factor (sigmoid-as-tanh / tanh)",
    expected: .near(1, within: 1e-3), source: "tanh x = 2 sigmoid(2x) − 1; float32", appliesTo: .deep
  ) { try $0[MetricNames.gradientFactor, sigmoidAsTanhNet] / $0[MetricNames.gradientFactor, tanhNet] },
  .gradientFactor(
    of: criticalGELUNet, "Roberts, Yaida and Hanin 2022",
    rejects: [.swapping(criticalGELUNet, for: sigmoidNet), halfVariance(of: criticalGELUNet)]),
  .gradientFactor(of: seluNet, rejects: [.swapping(seluNet, for: sigmoidNet), halfVariance(of: seluNet)]),
  // Both shrink by √χ where the outputs of images are almost alike. The few layers until float32 ends are the fit.
  Claim(
    .theory, source: "mean field theory (Schoenholz et al. 2017); tolerance: Hanin and Rolnick 2018, over six layers",
    appliesTo: .deep, rejects: [.swapping(sigmoidNet, for: criticalSigmoidNet)],
    statement: { _ in
      "sigmoid: in the forward pass each layer multiplies the differences between images by \(formatPlain(sigmoidFactor)), "
        + "the factor of the gradient in the backward pass"
    },
    expected: { settings in
      var few = settings
      few.depth = 10
      return .near(sigmoidFactor, withinShare: few.factorTolerance(variance: 2))
    },
    measure: { try $0[spreadFactor, sigmoidNet] }),
]

private let geluClaim = Claim(
  .theory, source: "the length map for each image (Poole et al. 2016); tolerance: Hanin and Rolnick 2018",
  appliesTo: .deep,
  rejects: [
    .value("ReLU's factor of 1 in every layer") { try 1 / $0[predictedByImages, geluNet] },
    .value("the factor for small activations, 0.707, in every layer") {
      try 0.5.squareRoot() / $0[predictedByImages, geluNet]
    },
  ],
  statement: { _ in
    "gelu: in the backward pass each layer multiplies the gradient by the factor that follows from the images' brightness "
      + "(measured / predicted)"
  },
  expected: { settings in
    let theory = GradientTheory.meanField(MeanField(.gelu, weightVariance: 2), firstLength: 2)
    return .near(
      1, withinShare: settings.factorTolerance(variance: theory.varianceOfLayer(depth: settings.depth)))
  },
  measure: { try $0[MetricNames.gradientFactor, geluNet] / $0[predictedByImages, geluNet] })

private let sigmoidFactor = MeanField(.sigmoid, weightVariance: 1).gradientFactor

private let findings: [Claim] =
  [
    (reluNet, "He et al. 2015"), (criticalSigmoidNet, "mean field theory (Schoenholz et al. 2017)"),
    (sigmoidAsTanhNet, "Glorot and Bengio 2010, for tanh"), (tanhNet, "Glorot and Bengio 2010"),
    (criticalGELUNet, "Roberts, Yaida and Hanin 2022"), (seluNet, "Klambauer et al. 2017, arXiv:1706.02515"),
  ].flatMap { net, source in
    [
      .learns(net, source, rejects: [.swapping(net, for: sigmoidNet)]),
      Claim(
        .finding, "\(net.name): training changes the first layer by 0.1 % or more (‖ΔW‖ / ‖W‖)", net, firstLayer,
        .atLeast(movedLimit), source: source, appliesTo: .deepAndLong,
        rejects: [.swapping(net, for: sigmoidNet)]),
    ]
  } + [
    .staysAtChance(
      sigmoidNet, "Glorot and Bengio 2010", rejects: [.swapping(sigmoidNet, for: sigmoidAsTanhNet)]),
    .doesNotLearn(
      sigmoidRates, "sigmoid", "SGD has one learning rate for all layers",
      rejects: [
        .value("sigmoid-6") { try $0[MetricNames.finalLoss, sixLayerNet] },
        .value("sigmoid-critical") { try $0[MetricNames.finalLoss, criticalSigmoidNet] },
      ]),
    Claim(
      .finding, "sigmoid: training does not change the first layer (‖ΔW‖ / ‖W‖)", sigmoidNet, firstLayer, .exactly(0),
      source: "a gradient of 10⁻³⁰ is lost when float32 adds it to a weight", appliesTo: .deepAndLong,
      rejects: [.swapping(sigmoidNet, for: criticalSigmoidNet)]),
    .endsHigher(
      "gelu ends higher than gelu-critical", geluNet, than: criticalGELUNet, "Roberts, Yaida and Hanin 2022",
      appliesTo: .deepAndLong, rejects: [.swapping(geluNet, for: tanhNet)]),
    .doesNotLearn(
      geluRates, "gelu, trained by SGD,", "SGD has one learning rate for all layers",
      rejects: [.value("gelu-critical") { try $0[MetricNames.finalLoss, criticalGELUNet] }]),
    .learns(
      geluAdam, "control: Adam divides each gradient by its size", rejects: [.swapping(geluAdam, for: geluNet)]),
    .learns(
      tanhTopNet, "random features (Rahimi and Recht 2008)", rejects: [.swapping(tanhTopNet, for: sigmoidTopNet)]),
    .learns(
      sixLayerNet, "control: the learning rate of sigmoid-top", appliesTo: .long,
      rejects: [.swapping(sixLayerNet, for: sigmoidTopNet)]
    ).tested(with: 20...39, "within range in 16 of 20, so not shown: in four the net does not learn"),
    .staysAtChance(
      sigmoidTopNet, "the outputs of its lower layers hardly depend on the image",
      rejects: [.swapping(sigmoidTopNet, for: sixLayerNet)]),
    .endsHigher(
      "tanh-top: with its lower layers frozen the net ends higher than with all layers trained", tanhTopNet,
      than: tanhNet, "measured here", appliesTo: .deepAndLong, rejects: [.swapping(tanhTopNet, for: tanhNet)]),
  ]

/// Those in charts: sigmoid-as-tanh would lie on tanh.
private let shown = trained.filter { $0.name != sigmoidAsTanhNet.name }

/// 0.1 %: far above rounding, and above the 0.01 % of the GELU net that does not learn. The weights of sigmoid-critical are ten times as
/// large as the others', so the same change is a smaller share.
private let movedLimit = 0.001

extension Experiment {
  /// Nets that differ in their activation and initialization, with controls.
  ///
  /// Measured: the training loss, the test accuracy, the factor by which a layer multiplies the gradient and the differences between images
  /// before training, and by how much training changes the first layer.
  public static let activations = Experiment(
    name: "activations",
    question: "Which activation lets the first layer of a deep net learn: ReLU, sigmoid, tanh, GELU or SELU?",
    settings: [
      .depth(50), .width(64), .batch(64), .steps(600, quick: 50), .seeds(3, quick: 2, full: 20), .learningRate(0.01),
    ],
    variants: trained + [tanhTopNet, sigmoidTopNet, sixLayerNet] + sigmoidRates.variants + geluRates.variants + [
      geluAdam
    ],
    claims: theory + findings,
    disagreements: [
      Disagreement(
        with: geluClaim,
        reason:
          "It holds in most seeds. GELU's length map is unstable: activations that are a little larger in a layer of 64 units than "
          + "theory has them shrink later, and factors of a few more layers are 1."),
      Disagreement(
        with: .staysAtChance(geluNet, "mean field theory", rejects: [.swapping(geluNet, for: criticalGELUNet)]),
        reason: "It holds in most seeds; in the others the gradient shrinks little, for the same reason."),
    ],
    figures: [
      .chart("loss", of: shown), .chart("gradient-flow", of: shown), .chart("gradient-profile", of: shown),
      .curves(
        "spread", "How much the outputs of a layer differ between images, before training", of: spread,
        in: shown,
        x: Axis(.integer, "layer", ends: ("input", "output")), y: Axis(.log, "spread over images / RMS")),
    ])
}
