import ExperimentHarness
import Foundation
import Rheoscope

// A layer of ReLU, x → W relu(x), with weights of variance σ²/n, multiplies what it is given by √(σ²/2). With σ² = 2 that is 1;
// with another σ², signals fade or explode, layer after layer, and so does blame on its way back. Normalizing means not to rely
// on σ²: before each ReLU, signals are divided by their own size. Two sizes of weights, one too small and one too large,
// and three nets with each.

/// x → W relu(x): signals and blame both change by √(σ²/2) a layer.
private let plainNets = nets("plain", "x → W relu(x)", signal: { ($0 / 2).squareRoot() }) { weights in
  (MeanField(.relu, weightVariance: weights).gradientFactor, { _ in ReLU() })
}

/// Layer normalization divides by the size that an image's signals have over the units of a layer, and hands them on with a
/// size of 1. Going back, blame is multiplied by the weights' size, and divided by the very size that they gave to signals.
private let layerNormNets = nets("layer-norm", "x → W relu(layer norm(x))", signal: { _ in 1 }) { weights in
  (MeanField(.relu, weightVariance: weights).layerNormFactor, { Sequential(LayerNorm($0.width), ReLU()) })
}

/// Batch normalization does so unit by unit, over the images of a batch: it takes away their mean and divides by their spread. The
/// mean is what images have in common, most of what ReLU lets through. What remains, and is made large again, is how they differ,
/// and the blame for that grows by √(π/(π−1)) = 1.21 a layer (Yang et al. 2019).
private let batchNormNets = nets("batch-norm", "x → W relu(batch norm(x))", signal: { _ in 1 }) { _ in
  (MeanField.batchNormFactor, { Sequential(BatchNorm($0.width), ReLU()) })
}

/// What is claimed of a net: by what a layer multiplies signals.
private struct SizedNet {
  let variant: Variant
  let signalFactor: Double
}

/// The nets with small and with large weights, looked at before any training. `kind` gives blame's factor a layer, and what
/// stands between two layers of weights.
private func nets(
  _ name: String, _ title: String, signal: (Double) -> Double,
  _ kind: (_ weightVariance: Double) -> (factor: Double, activation: @Sendable (Settings) -> Module)
) -> [SizedNet] {
  [0.5, 8].map { weights in
    let kind = kind(weights)
    let variant = Variant(
      "\(name)-\(shortest(weights))", "\(title), weights of variance \(shortest(weights))/n",
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

      let signals = try run.layers(.activationRMS), layers = run.sites.indices.filter { run.sites[$0].kind == "Linear" }
      let profile = layers.map { (depth: Double(run.sites[$0].depth), value: signals[$0, 0] ?? .nan) }
      context.report(signalFactor, GeometricFit(interiorOf: profile).map { 1 / $0.factorPerLayer })
      context.report(MetricNames.gradientFactor, try run.gradientFactorAtStart())
      context.report("signals", profile.map(\.value), over: layers.indices.map { Double($0 + 1) })
    }
    return SizedNet(variant: variant, signalFactor: signal(weights))
  }
}

private let signalFactor = "signal × a layer"

// What comes of it in training: small nets, of 64 units a layer and with 64 images a batch. Weights of variance 1/(2n) are as much
// too small as those of PyTorch, and a plain net of thirty layers can't learn with them.
private let plainLearner = learner("plain-trained", "trained: plain, 30 layers", depth: 30, activation: { _ in ReLU() })
// What layer norm hands on does not depend on the weights' size, but how far a step turns them does: small weights are turned far,
// and the loss falls by fits and starts.
private let layerNormLearner = learner(
  "layer-norm-trained", "trained: layer norm, 30 layers", depth: 30,
  activation: { Sequential(LayerNorm($0.width), ReLU()) })
private let shallowBatchNormLearner = batchNormLearner(depth: 10)
private let deepBatchNormLearner = batchNormLearner(depth: 100)

// With batch normalization the first of ten layers gets 1.21⁸ = 4.6 times the last one's blame, the first of a hundred 10⁸ times.
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
  /// Nets with and without normalization, begun with weights of two sizes.
  ///
  /// Measured before training: by how much a layer multiplies signals on their way forward and the gradient on its way back. Then
  /// the loss while training.
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
        source: "the length map (Poole et al. 2016), its tolerance at finite width by Hanin and Rolnick 2018",
        about: .deep,
        statement: { _ in "\(net.variant.name): each layer multiplies signals by \(significant(net.signalFactor))" },
        expected: { .near(net.signalFactor, withinShare: $0.factorTolerance()) },
        measure: { try $0[signalFactor, net.variant] })
    } + (plainNets + layerNormNets).map { .gradientFactor(of: $0.variant) }
      + batchNormNets.map {
        .gradientFactor(of: $0.variant, "Yang et al. 2019, arXiv:1902.08129", about: .wideInLargeBatches)
      }
      + [
        .staysAtChance(plainLearner, "He et al. 2015"),
        .learns(shallowBatchNormLearner, "Ioffe and Szegedy 2015; for shallow nets Yang et al. 2019", about: .long),
        .endsHigher(
          "batch norm: a hundred layers end at a higher loss than ten", deepBatchNormLearner,
          than: shallowBatchNormLearner, "Yang et al. 2019, arXiv:1902.08129", about: .long),
      ],
    disagreements: [
      Disagreement(
        with: .learns(layerNormLearner, "Ba et al. 2016, arXiv:1607.06450"),
        why: "It does in nine of ten seeds. In others a step has turned its small weights so far that it guesses again."
      )
    ],
    pictures: [
      .chart("gradient-profile", of: startingNets.map(\.variant)),
      .curves(
        "signals", "The size of signals over layers before training", of: "signals",
        x: Axis(.integer, "layer", ends: ("input", "output")), y: Axis(.log, "size of signals (RMS)")),
      .chart("loss", of: learners),
    ])
}

extension Claim.Scope {
  /// Nets as wide, and batches as large, as theory of batch normalization needs them.
  fileprivate static let wideInLargeBatches = Claim.Scope("nets of width 512 or more in batches of 512 or more") {
    $0.depth >= 8 && $0.width >= 512 && $0.batch >= 512
  }
}
