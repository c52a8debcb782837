import ExperimentHarness
import Foundation
import Rheoscope

// A Transformer reads a sequence of inputs, words or here strips of an image, and keeps one vector for each: the residual
// stream. Each block adds to it: first attention, a mean of the vectors of other positions, weighted by how relevant they
// are, and then a two-layer net of each vector by itself. Somewhere the stream has to be normalized: subtract the mean,
// divide by the standard deviation.
//
// Post-norm, as first published (Vaswani et al. 2017): the stream itself is normalized after each addition. So the output of
// the last block has the same size as that of any other, and so has the gradient of its weights, however many blocks there
// are.
//
// Pre-norm: each branch normalizes its input, and the stream only grows. Let q be its mean square after a block. The norm of
// the next branch divides by √q, and in the backward pass it divides the gradient by √q too. So what a block adds to the
// stream, forward, and what it adds to the gradient, backward, are the same share of it, and the gradient that arrives at a
// block is proportional to 1/√q: it shrinks from the first block to the last, and the more blocks, the smaller is that of the
// last (Xiong et al. 2020). Both can be predicted from a forward pass alone.
//
// Post-norm's gradient from block to block depends on the task besides. With one output, read from the last position, only that
// position has a gradient behind the last block. Attention spreads it: behind the first it is nearly even over positions. That of the
// weights is about the same in all blocks. With an output at each position and labels that are random and independent, the gradients
// of positions differ, and lower blocks get less. Where all outputs have the image's label, they do not.
//
// The placement of the norm, the number of blocks, the learning rate and the outputs vary, and whether the learning rate is
// warmed up. Measured are the gradient of each block's last weights before training, and the final loss.
private typealias Placement = TransformerBlock.NormPlacement

/// Where the net has outputs: at the last position, which classifies the image, or at each. Their labels are random and independent, or
/// all that of the image.
private enum Readout { case last, each, image }

/// A Transformer that reads an image two rows at a time, as 14 positions of 56 pixels: inputs [n, 784], logits [n, 10], or
/// [14 n, 10] with outputs at each position.
private final class RowReader: Module {
  let rows: Linear, places: Parameter, blocks: [TransformerBlock], stream: Sequential, norm: Module, head: Linear
  let readout: Readout

  init(_ settings: Settings, _ placement: Placement, _ readout: Readout = .last) {
    let width = settings.width
    rows = Linear(56, width, initializer: .xavierNormal)
    places = Parameter([14, width], initializer: .normal(weightVariance: 1))
    blocks = (0..<settings.whole("blocks")).map { _ in
      TransformerBlock(
        width, heads: width % 4 == 0 ? 4 : 1, hidden: 2 * width, placement: placement, initializer: .xavierNormal)
    }
    stream = Sequential(blocks)
    norm = placement == .pre ? LayerNorm(width) : Identity()
    head = Linear(width, 10, initializer: .xavierNormal)
    self.readout = readout
  }

  override func forward(_ x: Tensor) -> Tensor {
    let read = norm(stream(rows(x.reshaped(-1, 14, 56)) + places.value))
    switch readout {
    case .last: return head(read.sliced(1, 13..<14).reshaped(-1, read.shape[2]))
    case .each, .image: return head(read.reshaped(-1, read.shape[2]))
    }
  }
}

// MARK: Before training

/// The gradient of the last weights of each block before training: for 64 images, the mean over draws of initial weights. A
/// shallow net has a quarter of the blocks.
private func start(_ placement: Placement, _ readout: Readout = .last, isShallow: Bool = false) -> Variant {
  Variant(
    "\(placement)-start\(readout == .last ? "" : "-\(readout)")\(isShallow ? "-shallow" : "")",
    "\(placement)-norm, \(isShallow ? "a quarter of the blocks" : "all blocks"), not trained"
      + (readout == .last
        ? "" : ", outputs at each position with \(readout == .each ? "random labels" : "the image’s label")"),
    adjust: { if isShallow { $0["blocks"] = max(($0["blocks"] / 4).rounded(), 1) } }
  ) { context in
    let batch = try context.data().train.batch(at: 0..<64), draws = context.settings.whole("draws")
    var gradients: [[Double]] = [], squares: [[Double]] = [], additions: [[Double]] = [], shares: [[Double]] = []
    for draw in 0..<draws {
      let seed = UInt64(draws * context.seed + draw)
      let model = RowReader(context.settings, placement, readout)
      model.initialize(seed: seed)
      var stream: [Double] = [], ofTwoLayers: [Double] = [], ofOthers: [Double] = []
      let hooks = [
        try model.onForward("blocks.*") { _, output in
          stream.append(meanSquare(output))
          return nil
        },
        try model.onForward("blocks.*.contract") { _, output in
          ofTwoLayers.append(meanSquare(output))
          return nil
        },
        try model.onBackward("blocks.*") { _, gradient in
          ofOthers.append(Double(gradient.sliced(1, 0..<13).rms / gradient.sliced(1, 13..<14).rms))
          return nil
        },
      ]
      var random = RandomStream(seed: seed, name: "labels")
      let labels =
        switch readout {
        case .last: batch.labels
        case .each: (0..<64 * 14).map { _ in Int(10 * random.uniform()) }
        case .image: (0..<64 * 14).map { batch.labels[$0 / 14] }
        }
      crossEntropy(model(batch.inputs), labels).backward()
      for hook in hooks { hook.remove() }
      gradients.append(model.blocks.map { norm($0.contract.weight.gradient!) })
      squares.append(stream)
      additions.append(ofTwoLayers)
      shares.append(ofOthers.reversed())
      context.reportProgress(Double(draw + 1) / Double(draws))
    }
    let sizes = means(gradients), stream = means(squares)
    context.report(last, sizes.last!)
    context.report(lastOverFirst, sizes.last! / sizes[0])
    context.report(streamOfFirst, stream[0])
    context.report(streamOfLast, stream.last!)
    let added = means(additions)
    context.report(addedByNets, added.reduce(0, +) / Double(added.count))
    let others = means(shares)
    context.report(othersAtFirst, others[0])
    context.report(othersBeforeLast, others.suffix(2)[others.suffix(2).startIndex])
    context.report(MetricNames.gradient, sizes, over: sizes.indices.map { Double($0 + 1) })
  }
}

/// The mean over positions of the variance of a vector's elements: what a layer norm divides by.
private func meanSquare(_ x: Tensor) -> Double {
  let centred = x - x.mean(axes: [2], keepingDimensions: true)
  return pow(Double(centred.rms), 2)
}

private func norm(_ tensor: Tensor) -> Double { Double(tensor.rms) * Double(tensor.elementCount).squareRoot() }

/// The means of the columns.
private func means(_ rows: [[Double]]) -> [Double] {
  rows[0].indices.map { column in rows.reduce(0) { $0 + $1[column] } / Double(rows.count) }
}

private let pre = start(.pre), shallowPre = start(.pre, isShallow: true)
private let post = start(.post), shallowPost = start(.post, isShallow: true)
private let preEach = start(.pre, .each), postEach = start(.post, .each)
private let postImage = start(.post, .image)
private let addedByNets = "added by a two-layer net",
  othersAtFirst = "gradient of other positions / last, after the first block",
  othersBeforeLast = "the same, after the last block but one"
private let last = "last gradient", lastOverFirst = "last / first gradient",
  streamOfFirst = "stream after the first block", streamOfLast = "stream after the last block"

/// By how much the mean square of the stream differs between two places, of the deep and the shallow pre-norm net's ends, or
/// of the first and the last block.
private func streamGrowth(_ seed: SeedResults) throws -> Double {
  try seed[streamOfLast, pre] / seed[streamOfFirst, pre]
}

/// What a block adds to the mean square of the stream, a mean over all but the first.
private func growthPerBlock(_ seed: SeedResults) throws -> Double {
  try (seed[streamOfLast, pre] - seed[streamOfFirst, pre]) / (seed.settings["blocks"] - 1)
}

private func streamOfDeepOverShallow(_ seed: SeedResults) throws -> Double {
  try seed[streamOfLast, pre] / seed[streamOfLast, shallowPre]
}

/// What the two-layer net of a block adds to the mean square of a stream that is normalized before it: from `width` to twice as
/// many units, with Xavier's variance of 2 / (inputs + outputs), each layer's squared weights sum up to 2/3 or 4/3. For ReLU
/// this is 4/9. Lemma 2 of Xiong et al. has 1/2, for two square matrices.
private let addedByTwoLayers = MeanField(.gelu, weightVariance: 4.0 / 3).nextLength(after: 2.0 / 3)

private let xiong = "Xiong et al. 2020, arXiv:2002.04745, theorem 1 and lemma 2"

/// Twelve blocks, for which the gradients of pre-norm and post-norm differ by more than the margin.
private let deepEnough = Claim.Scope("12 blocks or more") { $0["blocks"] >= 12 }

/// A quotient of gradients relative to the predicted one. Theory is for infinitely wide nets; at width n its relative error is
/// of the order of 1/√n, 0.18 for 32 units. Nulls are larger errors than this margin of 1.25.
private func theory(
  _ statement: String, rejects nulls: [Null], _ measure: @escaping @Sendable (SeedResults) throws -> Double
) -> Claim {
  Claim(
    .theory, "\(statement) (measured / predicted)", expected: .near(1, withinFactor: 1.25), source: xiong,
    appliesTo: deepEnough, rejects: nulls, measure: measure
  ).judgedByInterval()
}

/// A finding of Xiong et al. about gradients from block to block.
private func differs(
  _ statement: String, _ net: Variant, _ expected: Expectation, null: Null, reason: String
) -> Disagreement {
  Disagreement(
    with: Claim(
      .finding, statement, net, lastOverFirst, expected, source: "Xiong et al. 2020, arXiv:2002.04745, figure 3",
      appliesTo: deepEnough, rejects: [null]), reason: reason)
}

// MARK: Training

/// The learning rates of the optimizer, Adam. Warm-up is the common remedy for gradients that are too large at first: the
/// learning rate begins small and rises to its value over half of the steps.
private let learningRates = [0.0003, 0.001, 0.003, 0.01]

private func trained(_ placement: Placement, isWarmedUp: Bool) -> LearningRateSweep {
  LearningRateSweep(
    of: Variant(
      "\(placement)\(isWarmedUp ? "-warm" : "")", "\(placement)-norm\(isWarmedUp ? " with warm-up" : "")",
      optimizer: { model, settings in Adam(model, learningRate: Float(settings.learningRate)) },
      schedule: { isWarmedUp ? .constant.warmedUp(over: max($0.steps / 2, 1)) : .constant }, testImages: 1_000,
      isRecorded: false, net: { RowReader($0, placement) }), over: learningRates)
}

private let preNets = trained(.pre, isWarmedUp: false), preWarm = trained(.pre, isWarmedUp: true)
private let postNets = trained(.post, isWarmedUp: false), postWarm = trained(.post, isWarmedUp: true)

/// By how much the final loss is higher without a warm-up, at the learning rate where that is most.
private func costOfNoWarmUp(_ cold: LearningRateSweep, _ warm: LearningRateSweep, _ seed: SeedResults) throws -> Double
{
  try zip(cold.variants, warm.variants).map { try seed[MetricNames.finalLoss, $0] - seed[MetricNames.finalLoss, $1] }
    .max()!
}

/// Differences of final losses are judged by three standard errors; the largest of four random differences is beyond that once
/// in 190 times.
private let longEnough = Claim.Scope("12 blocks or more, trained for 100 steps or more") {
  $0["blocks"] >= 12 && $0.steps >= 100
}

extension Experiment {
  /// Transformers that differ in where they normalize, at four learning rates, with and without warm-up.
  ///
  /// Measured: before training, the gradient of the last weights of each block, and the mean square of the residual stream
  /// after each block; after training, the final loss.
  public static let normPlacement = Experiment(
    name: "norm-placement",
    question: "Pre-norm or post-norm Transformer?",
    settings: [
      .whole("blocks", 12, in: 1...1_000, "number of blocks"), .width(32), .batch(32),
      .whole(
        "draws", 64, quick: 16, in: 2...10_000,
        "draws of initial weights, over which gradients before training are averaged"),
      .steps(120, quick: 2), .seeds(3, quick: 1, full: 20),
    ],
    variants: [pre, post, shallowPre, shallowPost, preEach, postEach, postImage]
      + [preNets, preWarm, postNets, postWarm].flatMap(\.variants),
    claims: [
      theory(
        "pre-norm: the outputs of a block's two-layer net have the mean square \(formatPlain(addedByTwoLayers)), as for random inputs",
        rejects: [
          .value("two layers without an activation") { try $0[addedByNets, pre] / (8.0 / 9) },
          .value("what a block adds in all, with attention") { try growthPerBlock($0) / addedByTwoLayers },
        ]
      ) { try $0[addedByNets, pre] / addedByTwoLayers },
      Claim(
        .theory,
        source: "\(xiong): a mean over positions has at most the mean square of one, 1", appliesTo: deepEnough,
        rejects: [.value("without a two-layer net, all by attention") { try growthPerBlock($0) }],
        statement: { _ in
          "pre-norm: what a block adds to the mean square of the stream besides, by attention, is positive and at most 1"
        }, expected: { _ in .between(0, 1) },
        measure: { try growthPerBlock($0) - $0[addedByNets, pre] }),
      theory(
        "pre-norm: the gradient shrinks from the first block to the last, by the root of how the mean square of the stream grows",
        rejects: [
          .value("the same gradient in all blocks") { try streamGrowth($0).squareRoot() },
          .value("by the mean square, not its root") { try $0[lastOverFirst, pre] * streamGrowth($0) },
        ]
      ) { try $0[lastOverFirst, pre] * streamGrowth($0).squareRoot() },
      theory(
        "pre-norm: the last block's gradient is smaller than with a quarter of the blocks, by the root of the quotient of their streams",
        rejects: [
          .value("the same gradient with any number of blocks") { try streamOfDeepOverShallow($0).squareRoot() },
          .value("by the mean square, not its root") {
            try $0[last, pre] / $0[last, shallowPre] * streamOfDeepOverShallow($0)
          },
        ]
      ) { try $0[last, pre] / $0[last, shallowPre] * streamOfDeepOverShallow($0).squareRoot() },
      theory(
        "post-norm: the last block's gradient is the same with a quarter of the blocks",
        rejects: [.value("pre-norm in place of post-norm") { try $0[last, pre] / $0[last, shallowPre] }]
      ) { try $0[last, post] / $0[last, shallowPost] },
      theory(
        "the last block's gradient is larger in post-norm than in pre-norm, by the root of the quotient of what their last norms divide by",
        rejects: [
          .value("the same gradient in both") { try ((1 + addedByTwoLayers) / $0[streamOfLast, pre]).squareRoot() }
        ]
      ) { try $0[last, post] / $0[last, pre] * ((1 + addedByTwoLayers) / $0[streamOfLast, pre]).squareRoot() },
      Claim(
        .finding,
        "post-norm: with outputs whose labels are random and independent at each position the gradient grows more from the first block to the last than with one output, by a tenth or more",
        expected: .atLeast(1.1),
        source: "attention averages the gradients of positions; a tenth: three times the spread over seeds",
        appliesTo: deepEnough, rejects: [.swapping(postEach, for: post), .swapping(postEach, for: postImage)]
      ) { try $0[lastOverFirst, postEach] / $0[lastOverFirst, post] }.judgedByInterval(),
      Claim(
        .finding,
        "post-norm: with one output, the gradient of the other positions after the first block is at least half of that of the last position (RMS)",
        post, othersAtFirst, .atLeast(0.5), source: "attention spreads the gradient over positions",
        appliesTo: deepEnough,
        rejects: [
          .swapping(post, for: pre),
          .value("after the last block but one") { try $0[othersBeforeLast, post] },
        ]),
      .learns(
        preNets.variants.last!, xiong, appliesTo: longEnough,
        rejects: [.swapping(preNets.variants.last!, for: postNets.variants.last!)]),
      .endsHigher(
        "post-norm does not tolerate that learning rate: its final loss is clearly higher than that of pre-norm",
        postNets.variants.last!, than: preNets.variants.last!, xiong, appliesTo: longEnough,
        rejects: [.swapping(postNets.variants.last!, for: preWarm.variants.last!)]),
      // Both nets have the same batches, whose differences cancel; the margin is three standard errors of one final loss.
      Claim(
        .finding, source: "control for unequal learning rates", appliesTo: longEnough,
        rejects: [
          .value("pre-norm with warm-up in place of post-norm") { try preWarm.finalLoss($0) - preNets.finalLoss($0) }
        ],
        statement: { _ in
          "each at its best learning rate, and post-norm with or without warm-up, post-norm ends higher than pre-norm"
        }, expected: { .atLeast($0.lossTolerance) },
        measure: { try min(postNets.finalLoss($0), postWarm.finalLoss($0)) - preNets.finalLoss($0) }
      ).judgedByInterval(),
      .endsEqual(
        "pre-norm needs no warm-up even at that learning rate: with one its final loss changes by less than the margin",
        preNets.variants.last!, preWarm.variants.last!, within: { $0.differenceTolerance }, xiong,
        appliesTo: longEnough, rejects: [.swapping(preNets.variants.last!, for: postNets.variants.last!)]),
    ],
    disagreements: [
      Disagreement(
        with: Claim(
          .finding,
          source: "Xiong et al. 2020, arXiv:2002.04745, figure 2", appliesTo: longEnough,
          rejects: [.value("pre-norm in place of post-norm") { try costOfNoWarmUp(preNets, preWarm, $0) }],
          statement: { _ in
            "post-norm needs a warm-up: at one of the learning rates the final loss is clearly higher without it"
          },
          expected: { .atLeast($0.differenceTolerance) }, measure: { try costOfNoWarmUp(postNets, postWarm, $0) }),
        reason:
          "About three in four of twenty seeds show it. The paper warms up for thousands of steps; at the largest of these learning "
          + "rates a warm-up of sixty steps does not help post-norm, and at the smallest it is not needed."),
      differs(
        "post-norm: gradients grow from the first block to the last by a factor of 2 or more, with random labels at each position",
        postEach, .atLeast(2), null: .swapping(postEach, for: post),
        reason:
          "The paper’s nets translate and are hundreds of units wide, these are 32 wide and untrained on random labels. Part of the "
          + "difference is the task: with one output, or with the image’s label at each position, there is no growth at all."
      ),
      differs(
        "pre-norm: gradients are the same in all blocks within a factor of 2 (last / first)", pre,
        .near(1, withinFactor: 2),
        null: .value("mean-field theory") { try 1 / streamGrowth($0).squareRoot() },
        reason: "Mean-field theory predicts the decrease from the growth of the stream, and a claim above tests it."),
    ],
    figures: [
      .curves(
        "gradient", "The gradient of each block’s last weights before training", of: MetricNames.gradient,
        x: Axis(.integer, "block", ends: ("input", "output")), y: Axis(.log, "‖dL/dW‖")),
      .learningRates(
        "loss",
        of: [
          ("pre-norm", preNets), ("pre-norm, warm-up", preWarm), ("post-norm", postNets),
          ("post-norm, warm-up", postWarm),
        ]),
    ])
}
