import ExperimentHarness
import Foundation
import Rheoscope

// A layer x → W relu(x) with weights of variance σ²/n multiplies the RMS of activations by √(σ²/2). With σ² = 2 that is 1;
// with another σ² activations vanish or explode from layer to layer, and gradients do so in the backward pass. Normalization
// removes the dependence on σ²: before each ReLU, activations are divided by their own size. Two variances of weights, one
// too small and one too large, and three nets with each.

/// x → W relu(x): activations and gradients both change by √(σ²/2) per layer.
private let plainNets = nets("plain", "x → W relu(x)", activation: { ($0 / 2).squareRoot() }) { weights in
  (MeanField(.relu, weightVariance: weights).gradientFactor, { _ in ReLU() })
}

/// Layer norm divides the activations of an image by their size over the units of a layer, so their RMS is 1. In the backward
/// pass the gradient is multiplied by the size of the weights, and divided by the size of the activations, which is that of
/// the weights.
private let layerNormNets = nets("layer-norm", "x → W relu(layer norm(x))", activation: { _ in 1 }) { weights in
  (MeanField(.relu, weightVariance: weights).layerNormFactor, { Sequential(LayerNorm($0.width), ReLU()) })
}

/// Batch norm normalizes each unit over the images of a batch: it subtracts the mean and divides by the standard deviation.
/// The mean is what images have in common, most of what passes through ReLU. What remains, and is scaled up, is how images
/// differ, and gradients grow by √(π/(π−1)) = 1.21 per layer (Yang et al. 2019).
private let batchNormNets = nets("batch-norm", "x → W relu(batch norm(x))", activation: { _ in 1 }) { _ in
  (MeanField.batchNormFactor, { Sequential(BatchNorm($0.width), ReLU()) })
}

/// A net, and the predicted factor by which a layer multiplies activations.
private struct StartingNet {
  let variant: Variant
  let activationFactor: Double
}

/// The nets with small and with large weights, before training. `kind` returns the gradient factor per layer, and the modules
/// between two layers of weights.
private func nets(
  _ name: String, _ title: String, activation: (Double) -> Double,
  _ kind: (_ weightVariance: Double) -> (factor: Double, activation: @Sendable (Settings) -> Module)
) -> [StartingNet] {
  [0.5, 8].map { weights in
    let kind = kind(weights)
    let variant = Variant(
      "\(name)-\(formatShortest(weights))", "\(title), weights of variance \(formatShortest(weights))/n",
      theory: { _ in .sameInEveryLayer(factor: kind.factor) }
    ) { context in
      let settings = context.settings
      let model = DeepNet(
        settings, initializer: .normal(weightVariance: weights), activation: { kind.activation(settings) })
      model.initialize(seed: UInt64(context.seed))
      let batch = try context.data().train.batches(of: settings.batch, seed: UInt64(context.seed)).first { _ in true }!
      let optimizer = SGD(model, learningRate: Float(settings.learningRate))
      let recorder = try context.recorder(model, optimizer)
      let loss = crossEntropy(model(batch.inputs), batch.labels)
      loss.backward()
      optimizer.step()
      try recorder.step(loss: loss)
      let run = try recorder.finish()

      let activations = try run.profileAtStart(of: .activationRMS)
      context.report(MetricNames.activationFactor, try run.activationFactorAtStart())
      context.report(MetricNames.gradientFactor, try run.gradientFactorAtStart())
      context.report(activationRMS, activations.map(\.value), over: activations.indices.map { Double($0 + 1) })
    }
    return StartingNet(variant: variant, activationFactor: activation(weights))
  }
}

private let activationRMS = "activation RMS"

// The consequences in training: small nets of 64 units per layer, with 64 images per batch. Weights of variance 1/(2n) are
// about as small as PyTorch's, and a plain net of thirty layers does not learn with them at any of three learning rates, the same for all
// layers. (Scaled gradients can make up for that, as the experiment initialization shows.) With layer norm it can: outputs do not depend on the size of the weights. But the angle by which a step rotates them does: small weights are rotated
// far, and at a learning rate that is too large the loss falls unevenly.
private let small = 0.5
private let plainLearner = learner("plain-trained", "plain, 30 layers", depth: 30, weights: small, activation: plain)
private let layerNormLearner = learner(
  "layer-norm-trained", "layer norm, 30 layers", depth: 30, weights: small, activation: layerNorm)
private let plainSweep = LearningRateSweep(of: plainLearner, over: [0.01, 1, 100])
private let layerNormSweep = LearningRateSweep(of: layerNormLearner, over: [0.001, 0.003, 0.01])

// With batch norm the gradient of the first of ten layers is 1.21⁸ = 4.6 times that of the last, the first of a hundred 10⁸
// times. Ten layers learn, a hundred do not, at any of these learning rates; without batch norm, with He initialization alone, a hundred
// do. The growth of gradients need not be the only cause: with layer norm they do not grow, and yet a hundred layers learn less
// than without.
private let batchNormLearner10 = learner(
  "batch-norm-trained-10", "batch norm, 10 layers", depth: 10, activation: batchNorm)
private let batchNormLearner100 = learner(
  "batch-norm-trained-100", "batch norm, 100 layers", depth: 100, activation: batchNorm)
private let layerNormLearner100 = learner(
  "layer-norm-trained-100", "layer norm, 100 layers", depth: 100, activation: layerNorm)
private let heLearner100 = learner("he-trained-100", "plain, 100 layers", depth: 100, activation: plain)
private let rates = [0.001, 0.003, 0.01, 0.1]
private let batchNormSweep10 = LearningRateSweep(of: batchNormLearner10, over: rates)
private let batchNormSweep100 = LearningRateSweep(of: batchNormLearner100, over: rates)
private let layerNormSweep100 = LearningRateSweep(of: layerNormLearner100, over: [0.0001, 0.0003, 0.001, 0.003])
private let heSweep100 = LearningRateSweep(of: heLearner100, over: rates)
private let sweeps = [
  ("plain, 30 layers, small weights", plainSweep), ("layer norm, 30 layers, small weights", layerNormSweep),
  ("batch norm, 10 layers", batchNormSweep10), ("batch norm, 100 layers", batchNormSweep100),
  ("layer norm, 100 layers", layerNormSweep100), ("plain, 100 layers", heSweep100),
]

private func plain(_ settings: Settings) -> Module { ReLU() }
private func layerNorm(_ settings: Settings) -> Module { Sequential(LayerNorm(settings.width), ReLU()) }
private func batchNorm(_ settings: Settings) -> Module { Sequential(BatchNorm(settings.width), ReLU()) }

/// A net that is trained, with weights of variance `weights`/n, He's by default.
private func learner(
  _ name: String, _ title: String, depth: Int, weights: Double = 2,
  activation: @escaping @Sendable (Settings) -> Module
) -> Variant {
  Variant(
    name, "trained: \(title) of 64 units, weights of variance \(formatShortest(weights))/n, batches of 64",
    adjust: { ($0.depth, $0.width, $0.batch) = (depth, 64, 64) },
    net: { settings in
      DeepNet(settings, initializer: .normal(weightVariance: weights), activation: { activation(settings) })
    })
}

private let learners = [plainLearner, layerNormLearner, batchNormLearner10, batchNormLearner100]
private let startingNets = plainNets + layerNormNets + batchNormNets

/// Each layer multiplies activations by the predicted factor. In normalized nets that is so by construction.
private func activationClaim(
  _ kind: Claim.Kind, _ net: StartingNet, butNot other: StartingNet? = nil,
  within tolerance: @escaping @Sendable (Settings) -> Double
) -> Claim {
  Claim(
    kind,
    source: kind == .identity
      ? "the norm divides by the size of its input; tolerance: the random size of the weights"
      : "the length map (Poole et al. 2016); tolerance at finite width: Hanin and Rolnick 2018",
    appliesTo: .deep, rejects: other.map { [.swapping(net.variant, for: $0.variant)] } ?? [],
    statement: { _ in
      "\(net.variant.name): each layer multiplies activations by \(formatPlain(net.activationFactor))"
    },
    expected: { .near(net.activationFactor, withinShare: tolerance($0)) },
    measure: { try $0[MetricNames.activationFactor, net.variant] })
}

/// The tolerance of the activation factor of a normalized net.
///
/// The logarithm of the RMS of a layer's outputs varies with the variance v/(4 n), v = 5, as in a plain net. But normalization removes the
/// variation, and the next layer's does not add to it. A slope through m independent numbers has 12/m³ times their
/// variance. Three standard deviations.
private func normalizedTolerance(_ settings: Settings) -> Double {
  let layers = Double(max(settings.depth - 4, 2)), width = Double(settings.width)
  return 3 * (12 * varianceOfReLU / (4 * width * layers * layers * layers)).squareRoot()
}

/// The net learns at its best learning rate, or at none. `other` does otherwise.
private func learns(
  _ name: String, _ sweep: LearningRateSweep, _ expected: Bool = true,
  butNot other: (name: String, sweep: LearningRateSweep),
  _ source: String
) -> Claim {
  let tried = sweep.rates.map { formatShortest($0) }.joined(separator: ", ")
  return Claim(
    .finding, source: source, appliesTo: .long,
    rejects: [.value(other.name) { try other.sweep.finalLoss($0) }],
    statement: { _ in
      expected
        ? "\(name) learn at the best of the learning rates \(tried) (final loss)"
        : "\(name) learn at none of the learning rates \(tried) (lowest final loss)"
    },
    expected: { settings in
      let settings = sweep.variants[0].adjusted(settings)
      return expected ? .atMost(settings.learnedLoss) : .near(log(10), within: settings.lossTolerance)
    },
    measure: { try sweep.finalLoss($0) })
}

/// The final loss over seeds, at the best learning rate.
private func interval(_ sweep: LearningRateSweep, _ seed: SeedResults) -> MedianInterval {
  MedianInterval(seed.allSeeds(MetricNames.finalLoss, of: sweep.best(in: seed)))!
}

/// What the nets do before training.
private let startingClaims: [Claim] = {
  var claims = zip(plainNets, layerNormNets).map { activationClaim(.theory, $0, butNot: $1) { $0.factorTolerance() } }
  claims += (layerNormNets + batchNormNets).map { activationClaim(.identity, $0, within: normalizedTolerance) }
  for (plain, norm) in zip(plainNets, layerNormNets) {
    claims += [
      .gradientFactor(of: plain.variant, rejects: [.swapping(plain.variant, for: norm.variant)]),
      .gradientFactor(of: norm.variant, rejects: [.swapping(norm.variant, for: plain.variant)]),
    ]
  }
  for (batchNorm, layerNorm) in zip(batchNormNets, layerNormNets) {
    claims.append(
      .gradientFactor(
        of: batchNorm.variant, "Yang et al. 2019, arXiv:1902.08129", appliesTo: .wideInLargeBatches,
        rejects: [.swapping(batchNorm.variant, for: layerNorm.variant)]))
  }
  return claims
}()

/// Which nets learn, at the best of several learning rates.
private let learningClaims: [Claim] = [
  learns(
    "plain nets of 30 layers with small weights and one learning rate for all layers", plainSweep, false,
    butNot: ("with layer norm", layerNormSweep),
    "He et al. 2015"),
  learns(
    "layer norm: nets of 30 layers with small weights", layerNormSweep,
    butNot: ("without layer norm", plainSweep),
    "Ba et al. 2016, arXiv:1607.06450"),
  learns(
    "batch norm: nets of 10 layers", batchNormSweep10, butNot: ("100 layers", batchNormSweep100),
    "Ioffe and Szegedy 2015"),
  learns(
    "batch norm: nets of 100 layers", batchNormSweep100, false, butNot: ("without batch norm", heSweep100),
    "Yang et al. 2019, arXiv:1902.08129"),
  learns(
    "plain nets of 100 layers", heSweep100, butNot: ("with batch norm", batchNormSweep100), "He et al. 2015"
  ).tested(with: 20...39, "within range in 14 of 20, so not shown: in six seeds the net does not learn"),
  Claim(
    .finding, source: "none; gradients of layer norm do not grow", appliesTo: .long,
    rejects: [
      .value("the upper end of the interval without layer norm") {
        interval(heSweep100, $0).high - interval(heSweep100, $0).median
      }
    ],
    statement: { _ in
      "100 layers: with layer norm the final loss is higher than without, each at its best learning rate (difference of medians)"
    },
    expected: { .atLeast(heLearner100.adjusted($0).differenceTolerance) },
    measure: { seed in
      interval(layerNormSweep100, seed).median - interval(heSweep100, seed).median
    }
  ).overAllSeeds().tested(
    with: 20...39, "0.36, but losses without layer norm vary between seeds by more, 0.42, so not shown"),
]

extension Experiment {
  /// Nets with and without normalization, with initial weights of two variances.
  ///
  /// Measured before training: the factors by which a layer multiplies activations in the forward pass and gradients in the
  /// backward pass. Then the training loss.
  public static let normalization = Experiment(
    name: "normalization",
    question: "Does normalizing keep activations in range, and gradients too?",
    settings: [
      .depth(30, quick: 20), .width(512, quick: 128), .batch(512, quick: 128), .steps(600, quick: 20),
      .seeds(3, quick: 2, full: 20), .learningRate(0.01),
    ],
    variants: startingNets.map(\.variant) + learners + sweeps.flatMap(\.1.variants),
    claims: startingClaims + learningClaims,
    figures: [
      .chart("gradient-profile", of: startingNets.map(\.variant)),
      .curves(
        "activations", "The RMS of activations over layers before training", of: activationRMS,
        x: Axis(.integer, "layer", ends: ("input", "output")), y: Axis(.log, "RMS of activations")),
      .chart("loss", of: learners),
      .learningRates(of: sweeps.map { (name: $0.0, sweep: $0.1) }),
    ])
}

extension Claim.Scope {
  /// Nets as wide, and batches as large, as the theory of batch norm needs.
  fileprivate static let wideInLargeBatches = Claim.Scope("nets of width 512 or more in batches of 512 or more") {
    $0.depth >= 8 && $0.width >= 512 && $0.batch >= 512
  }
}
