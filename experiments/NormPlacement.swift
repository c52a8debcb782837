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
// Pre-norm: each branch normalizes its input, and the stream only grows. After L blocks its mean square is about L times what
// a block adds; a final norm divides by the root of that, and in the backward pass it divides the gradient too: the more
// blocks, the smaller the gradient of each (Xiong et al. 2020).
//
// The placement of the norm, the number of blocks and the learning rate vary, and whether the learning rate is warmed up.
// Measured are the gradient of each block's last weights before training, and the final loss.
private typealias Placement = TransformerBlock.NormPlacement

/// A Transformer that reads an image two rows at a time, as 14 positions of 56 pixels, and classifies it by the last
/// position: inputs [n, 784], logits [n, 10].
private final class RowReader: Module {
  let rows: Linear, places: Parameter, blocks: [TransformerBlock], stream: Sequential, norm: Module, head: Linear

  init(_ settings: Settings, _ placement: Placement) {
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
  }

  override func forward(_ x: Tensor) -> Tensor {
    let read = norm(stream(rows(x.reshaped(-1, 14, 56)) + places.value))
    return head(read.sliced(1, 13..<14).reshaped(-1, read.shape[2]))
  }
}

// MARK: Before training

/// The gradient of the last weights of each block before training: for 64 images, the mean over draws of initial weights. A
/// shallow net has a quarter of the blocks.
private func start(_ placement: Placement, isShallow: Bool = false) -> Variant {
  let blocks = isShallow ? "a quarter of the blocks" : "all blocks"
  return Variant(
    "\(placement)-start\(isShallow ? "-shallow" : "")", "\(placement)-norm, \(blocks), not trained",
    adjust: { if isShallow { $0["blocks"] = max(($0["blocks"] / 4).rounded(), 1) } }
  ) { context in
    let batch = try context.data().train.batch(at: 0..<64)
    let draws = context.settings.whole("draws"), count = Double(draws)
    let drawn = (0..<draws).map { draw in
      let model = RowReader(context.settings, placement)
      model.initialize(seed: UInt64(draws * context.seed + draw))
      crossEntropy(model(batch.inputs), batch.labels).backward()
      return model.blocks.map { block in
        let gradient = block.contract.weight.gradient!
        return Double(gradient.rms) * Double(gradient.elementCount).squareRoot()
      }
    }
    let sizes = drawn[0].indices.map { block in drawn.reduce(0) { $0 + $1[block] } / count }
    let squares = drawn.reduce(0) { $0 + pow($1.last! - sizes.last!, 2) }
    context.report(last, sizes.last!)
    context.report(uncertainty, (squares / (count * (count - 1))).squareRoot())
    context.report(lastOverFirst, sizes.last! / sizes[0])
    context.report(MetricNames.gradient, sizes, over: sizes.indices.map { Double($0 + 1) })
  }
}

private let pre = start(.pre), shallowPre = start(.pre, isShallow: true)
private let post = start(.post), shallowPost = start(.post, isShallow: true)
private let last = "last gradient", uncertainty = "standard error of last gradient",
  lastOverFirst = "last / first gradient"

/// The number of blocks of the deep and the shallow net.
private func blocks(_ settings: Settings) -> (deep: Double, shallow: Double) {
  (settings["blocks"], shallowPre.adjusted(settings)["blocks"])
}

/// By lemma 2 of Xiong et al. the mean square of the stream of a pre-norm net after l blocks is between 1 + l/2 and 1 + 3
/// l/2, and that of a post-norm net before its last norm is 3/2. A gradient is divided by the root of that. `range` returns
/// the bounds of the squared quotient of two gradients; measured is by how many standard errors the quotient is outside.
private func claim(
  _ statement: String, _ range: @escaping @Sendable (_ deep: Double, _ shallow: Double) -> (Double, Double),
  _ above: Variant, _ below: Variant
) -> Claim {
  @Sendable func ends(_ settings: Settings) -> (low: Double, high: Double) {
    let (low, high) = range(blocks(settings).deep, blocks(settings).shallow)
    return (low.squareRoot(), high.squareRoot())
  }
  return Claim(
    .finding,
    source: "Xiong et al. 2020, arXiv:2002.04745, theorem 1 and lemma 2; three standard errors",
    appliesTo: Claim.Scope("12 blocks or more") { $0["blocks"] >= 12 },
    statement: { settings in
      let (low, high) = ends(settings)
      let factor = low == high ? formatPlain(low) : "\(formatPlain(low)) to \(formatPlain(high))"
      return "\(statement), by a factor of \(factor) (standard errors outside)"
    },
    expected: { _ in .atMost(3) },
    measure: { seed in
      let (low, high) = ends(seed.settings), quotient = try seed[last, above] / seed[last, below]
      let share =
        try pow(seed[uncertainty, above] / seed[last, above], 2) + pow(seed[uncertainty, below] / seed[last, below], 2)
      return max(0, low - quotient, quotient - high) / (quotient * share.squareRoot())
    })
}

/// A finding of Xiong et al. about gradients from block to block.
private func differs(_ statement: String, _ net: Variant, _ expected: Expectation) -> Disagreement {
  Disagreement(
    with: Claim(
      .finding,
      statement, net, lastOverFirst, expected, source: "Xiong et al. 2020, arXiv:2002.04745, figure 3",
      appliesTo: Claim.Scope("12 blocks or more") { $0["blocks"] >= 12 }),
    reason:
      "The paper’s nets are hundreds of units wide and translate, with a loss at every position. These have a width of 32 and one "
      + "output at the last position, so the gradient reaches the others through attention alone. Whether this is the reason was "
      + "not tested.")
}

// MARK: Training

/// The learning rates of the optimizer, Adam. Warm-up is the common remedy for gradients that are too large at first: the
/// learning rate begins small and rises to its value over half of the steps.
private let learningRates = [0.001, 0.003, 0.01]

private func trained(_ placement: Placement, isWarmedUp: Bool) -> [Variant] {
  learningRates.map { rate in
    Variant(
      "\(placement)\(isWarmedUp ? "-warm" : "")-\(formatShortest(rate))",
      "\(placement)-norm, learning rate \(formatShortest(rate))\(isWarmedUp ? " with warm-up" : "")",
      optimizer: { model, _ in Adam(model, learningRate: Float(rate)) },
      schedule: { isWarmedUp ? .constant.warmedUp(over: max($0.steps / 2, 1)) : .constant }, testImages: 1_000,
      isRecorded: false, net: { RowReader($0, placement) })
  }
}

private let preNets = trained(.pre, isWarmedUp: false), preWarm = trained(.pre, isWarmedUp: true)
private let postNets = trained(.post, isWarmedUp: false), postWarm = trained(.post, isWarmedUp: true)

/// By how much the final loss is higher without a warm-up, at the learning rate where that is most.
private func costOfNoWarmUp(_ cold: [Variant], _ warm: [Variant], _ seed: SeedResults) throws -> Double {
  try zip(cold, warm).map { try seed[MetricNames.finalLoss, $0] - seed[MetricNames.finalLoss, $1] }.max()!
}

/// The largest of three random differences is beyond three standard errors once in 250 times.
private let longEnough = Claim.Scope("12 blocks or more, trained for 100 steps or more") {
  $0["blocks"] >= 12 && $0.steps >= 100
}

extension Experiment {
  /// Transformers that differ in where they normalize, at three learning rates, with and without warm-up.
  ///
  /// Measured: before training, the gradient of the last weights of each block; after training, the final loss.
  public static let normPlacement = Experiment(
    name: "norm-placement",
    question: "Pre-norm or post-norm Transformer?",
    settings: [
      .whole("blocks", 12, in: 1...1_000, "number of blocks"), .width(32), .batch(32),
      .whole(
        "draws", 32, quick: 8, in: 2...10_000,
        "draws of initial weights, over which gradients before training are averaged"),
      .steps(120, quick: 2), .seeds(3, quick: 1, full: 20),
    ],
    variants: [pre, post, shallowPre, shallowPost] + preNets + preWarm + postNets + postWarm,
    claims: [
      claim(
        "post-norm: the last block's gradient changes from a quarter of the blocks to all",
        { _, _ in (1, 1) }, post, shallowPost),
      claim(
        "pre-norm: the last block's gradient is smaller than with a quarter of the blocks",
        { ((1 + 1.5 * $1) / (1 + 1.5 * $0), (1 + 0.5 * $1) / (1 + 0.5 * $0)) }, pre, shallowPre),
      claim(
        "the last block's gradient is larger in post-norm than in pre-norm",
        { deep, _ in ((1 + 0.5 * deep) / 1.5, (1 + 1.5 * deep) / 1.5) }, post, pre),
      .learns(preNets.last!, "Xiong et al. 2020, arXiv:2002.04745", appliesTo: longEnough),
      .endsHigher(
        "post-norm does not tolerate that learning rate: its final loss is clearly higher than that of pre-norm",
        postNets.last!, than: preNets.last!,
        "Xiong et al. 2020, arXiv:2002.04745", appliesTo: longEnough),
      Claim(
        .finding,
        source: "Xiong et al. 2020, arXiv:2002.04745", appliesTo: longEnough,
        statement: { _ in "pre-norm needs no warm-up: at no learning rate is the final loss clearly higher without it"
        },
        expected: { .atMost($0.differenceTolerance) }, measure: { try costOfNoWarmUp(preNets, preWarm, $0) }),
    ],
    disagreements: [
      Disagreement(
        with: Claim(
          .finding,
          source: "Xiong et al. 2020, arXiv:2002.04745, figure 2", appliesTo: longEnough,
          statement: { _ in
            "post-norm needs a warm-up: at one of the learning rates the final loss is clearly higher without it"
          },
          expected: { .atLeast($0.differenceTolerance) }, measure: { try costOfNoWarmUp(postNets, postWarm, $0) }),
        reason:
          "About three in four of twenty seeds show it. The paper warms up for thousands of steps; at the largest of these learning "
          + "rates a warm-up of sixty steps does not help post-norm, and at the smallest it is not needed."),
      differs(
        "post-norm: gradients grow from the first block to the last by a factor of 2 or more", post, .atLeast(2)),
      differs(
        "pre-norm: gradients are the same in all blocks within a factor of 2 (last / first)", pre,
        .near(1, withinFactor: 2)),
    ],
    figures: [
      .curves(
        "gradient", "The gradient of each block’s last weights before training", of: MetricNames.gradient,
        x: Axis(.integer, "block", ends: ("input", "output")), y: Axis(.log, "‖dL/dW‖")),
      ExperimentFigure("loss", "The final loss against the learning rate") { results in
        var panel = Panel(x: Axis(.log, "learning rate"), y: Axis(.linear, "final loss"))
        let nets = [
          ("pre-norm", preNets), ("pre-norm, warm-up", preWarm), ("post-norm", postNets),
          ("post-norm, warm-up", postWarm),
        ]
        for (index, (name, variants)) in nets.enumerated() {
          let medians = variants.map { results.median(MetricNames.finalLoss, of: $0) }
          panel.marks.append(LineMark(x: learningRates, y: medians, color: .series(index), width: 2.2))
          for (rate, variant) in zip(learningRates, variants) {
            let losses = results.values(MetricNames.finalLoss, of: variant).map { $0 ?? .nan }
            panel.marks.append(
              DotMark(x: losses.map { _ in rate }, y: losses, color: .series(index), shape: .ofSeries(index), size: 7))
          }
          panel.directLabels.append(DirectLabel(at: medians.last, name, color: .series(index)))
        }
        return Figure(
          title: "Final loss against the learning rate · norm-placement",
          subtitle: "dots: seeds; lines: medians; the loss of guessing is ln 10 = 2.3", panels: [panel],
          description:
            "The final loss against the learning rate, of pre-norm and post-norm, with and without warm-up.")
      },
    ])
}
