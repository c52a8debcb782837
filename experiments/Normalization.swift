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
// about as small as PyTorch's, and a plain net of thirty layers cannot learn with them.
private let plainLearner = learner("plain-trained", "trained: plain, 30 layers", depth: 30, activation: { _ in ReLU() })
// The outputs of layer norm do not depend on the size of the weights, but the angle by which a step rotates them does: small
// weights are rotated far, and the loss falls unevenly.
private let layerNormLearner = learner(
  "layer-norm-trained", "trained: layer norm, 30 layers", depth: 30,
  activation: { Sequential(LayerNorm($0.width), ReLU()) })
private let shallowBatchNormLearner = batchNormLearner(depth: 10)
private let deepBatchNormLearner = batchNormLearner(depth: 100)

// With batch norm the gradient of the first of ten layers is 1.21⁸ = 4.6 times that of the last, the first of a hundred 10⁸
// times.
private func batchNormLearner(depth: Int) -> Variant {
  learner(
    "batch-norm-trained-\(depth)", "trained: batch norm, \(depth) layers", depth: depth,
    activation: { Sequential(BatchNorm($0.width), ReLU()) })
}

private func learner(
  _ name: String, _ title: String, depth: Int, activation: @escaping @Sendable (Settings) -> Module
) -> Variant {
  Variant(
    name, title + " of 64 units, weights of variance 0.5/n, batches of 64",
    adjust: { ($0.depth, $0.width, $0.batch) = (depth, 64, 64) },
    net: { settings in
      DeepNet(settings, initializer: .normal(weightVariance: 0.5), activation: { activation(settings) })
    })
}

private let learners = [plainLearner, layerNormLearner, shallowBatchNormLearner, deepBatchNormLearner]
private let startingNets = plainNets + layerNormNets + batchNormNets

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
    variants: startingNets.map(\.variant) + learners,
    claims: startingNets.map { net in
      Claim(
        .finding,
        source: "the length map (Poole et al. 2016); tolerance at finite width: Hanin and Rolnick 2018",
        appliesTo: .deep,
        statement: { _ in
          "\(net.variant.name): each layer multiplies activations by \(formatPlain(net.activationFactor))"
        },
        expected: { .near(net.activationFactor, withinShare: $0.factorTolerance()) },
        measure: { try $0[MetricNames.activationFactor, net.variant] })
    } + (plainNets + layerNormNets).map { .gradientFactor(of: $0.variant) }
      + batchNormNets.map {
        .gradientFactor(of: $0.variant, "Yang et al. 2019, arXiv:1902.08129", appliesTo: .wideInLargeBatches)
      }
      + [
        .staysAtChance(plainLearner, "He et al. 2015"),
        .learns(shallowBatchNormLearner, "Ioffe and Szegedy 2015; for shallow nets Yang et al. 2019", appliesTo: .long),
        .endsHigher(
          "batch norm: the final loss of a hundred layers is higher than that of ten", deepBatchNormLearner,
          than: shallowBatchNormLearner, "Yang et al. 2019, arXiv:1902.08129", appliesTo: .long),
      ],
    disagreements: [
      Disagreement(
        with: .learns(layerNormLearner, "Ba et al. 2016, arXiv:1607.06450"),
        reason:
          "It does in nine of ten seeds. In the others a step has rotated its small weights so far that the loss is that of guessing again."
      )
    ],
    figures: [
      .chart("gradient-profile", of: startingNets.map(\.variant)),
      .curves(
        "activations", "The RMS of activations over layers before training", of: activationRMS,
        x: Axis(.integer, "layer", ends: ("input", "output")), y: Axis(.log, "RMS of activations")),
      .chart("loss", of: learners),
    ])
}

extension Claim.Scope {
  /// Nets as wide, and batches as large, as the theory of batch norm needs.
  fileprivate static let wideInLargeBatches = Claim.Scope("nets of width 512 or more in batches of 512 or more") {
    $0.depth >= 8 && $0.width >= 512 && $0.batch >= 512
  }
}
