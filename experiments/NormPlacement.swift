import ExperimentHarness
import Foundation
import Rheoscope

// A Transformer reads a row of inputs, words or here strips of an image, and keeps a vector of numbers for each: the stream. Block
// after block adds something to it, as shortcuts do. What is added is first a mean of the others' vectors, each weighted by how much
// it has to do with this one, which is called attention, and then what two layers of weights make of each vector by itself. Somewhere
// the stream has to be brought back to size: subtract the mean, divide by the deviation. That is a norm.
//
// Post-norm, as first published (Vaswani et al. 2017): the stream itself is normalized after each addition. So the last block's
// output is as large as any other's, and so is the blame that its weights get, however many blocks there are.
//
// Pre-norm: each branch normalizes what it reads, and the stream only grows. After L blocks its mean square is about L times what a
// block adds; a last norm divides by the root of that, and on the way back blame is divided by it too: less for each block the
// more blocks there are (Xiong et al. 2020).
//
// What varies is where the norm stands, how many blocks there are, the learning rate, and whether it begins small and grows, which is
// called warm-up. Measured is the gradient of each block's last weights before training, and the loss after it.
private typealias Placement = TransformerBlock.NormPlacement

/// A Transformer that reads an image two rows at a time, 14 times 56 pixels, and gives its answer at the last place.
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

/// The gradient with respect to the last layer of weights of each block, before any training: for 64 images, the mean over draws
/// of first weights. A shallow net has a quarter of the blocks.
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
    context.report("gradient", sizes, over: sizes.indices.map { Double($0 + 1) })
  }
}

private let pre = start(.pre), shallowPre = start(.pre, isShallow: true)
private let post = start(.post), shallowPost = start(.post, isShallow: true)
private let last = "last gradient", uncertainty = "its standard error", lastOverFirst = "last / first gradient"

/// How many blocks the deep and the shallow net have.
private func blocks(_ settings: Settings) -> (deep: Double, shallow: Double) {
  (settings["blocks"], shallowPre.adjusted(settings)["blocks"])
}

/// The mean square of the stream of a pre-norm net after some blocks is between 1 + l/2 and 1 + 3 l/2, that of a post-norm net before
/// its last norm 3/2, by lemma 2 of Xiong et al. A gradient is divided by the root of that. `range` gives between which numbers the
/// square of the quotient of two lies; measured is by how many of its standard errors the quotient is outside.
private func claim(
  _ statement: String, _ range: @escaping @Sendable (_ deep: Double, _ shallow: Double) -> (Double, Double),
  _ above: Variant, _ below: Variant
) -> Claim {
  @Sendable func ends(_ settings: Settings) -> (low: Double, high: Double) {
    let (low, high) = range(blocks(settings).deep, blocks(settings).shallow)
    return (low.squareRoot(), high.squareRoot())
  }
  return Claim(
    source: "Xiong et al. 2020, arXiv:2002.04745, theorem 1 and lemma 2; three standard errors",
    about: Claim.Scope("12 blocks or more") { $0["blocks"] >= 12 },
    statement: { settings in
      let (low, high) = ends(settings)
      let factor = low == high ? significant(low) : "\(significant(low)) to \(significant(high))"
      return "\(statement), by a factor of \(factor) (how many standard errors it is off)"
    },
    expected: { _ in .atMost(3) },
    measure: { seed in
      let (low, high) = ends(seed.settings), quotient = try seed[last, above] / seed[last, below]
      let share =
        try pow(seed[uncertainty, above] / seed[last, above], 2) + pow(seed[uncertainty, below] / seed[last, below], 2)
      return max(0, low - quotient, quotient - high) / (quotient * share.squareRoot())
    })
}

/// What Xiong et al. find from block to block.
private func differs(_ statement: String, _ net: Variant, _ expected: Expectation) -> Disagreement {
  Disagreement(
    with: Claim(
      statement, net, lastOverFirst, expected, source: "Xiong et al. 2020, arXiv:2002.04745, figure 3",
      about: Claim.Scope("12 blocks or more") { $0["blocks"] >= 12 }),
    why:
      "The paper’s nets are hundreds of units wide and trained to translate, with a loss at every place. These have a width of "
      + "32 and one answer at the last place, so blame has to get from there to all others by attention. Whether that is the "
      + "reason was not tried.")
}

// MARK: Training

/// The optimizer is Adam, its learning rate one of these. A warm-up is the customary remedy against blame that is too large at first:
/// the learning rate begins small, and grows to what it should be over half of the steps.
private let rates = [0.001, 0.003, 0.01]

private func trained(_ placement: Placement, isWarmedUp: Bool) -> [Variant] {
  rates.map { rate in
    Variant(
      "\(placement)\(isWarmedUp ? "-warm" : "")-\(shortest(rate))",
      "\(placement)-norm, learning rate \(shortest(rate))\(isWarmedUp ? " after a warm-up" : "")",
      optimizer: { model, _ in Adam(model, learningRate: Float(rate)) },
      schedule: { isWarmedUp ? .constant.warmedUp(over: max($0.steps / 2, 1)) : .constant }, testImages: 1_000,
      isRecorded: false, net: { RowReader($0, placement) })
  }
}

private let preNets = trained(.pre, isWarmedUp: false), preWarm = trained(.pre, isWarmedUp: true)
private let postNets = trained(.post, isWarmedUp: false), postWarm = trained(.post, isWarmedUp: true)

/// By how much the loss ends higher without a warm-up, at the learning rate where that is most.
private func costOfNoWarmUp(_ cold: [Variant], _ warm: [Variant], _ seed: OneSeed) throws -> Double {
  try zip(cold, warm).map { try seed[MetricNames.finalLoss, $0] - seed[MetricNames.finalLoss, $1] }.max()!
}

/// Of three differences that chance makes, one is beyond three standard deviations once in 250 times.
private let longEnough = Claim.Scope("12 blocks or more that are trained for 100 steps or more") {
  $0["blocks"] >= 12 && $0.steps >= 100
}

extension Experiment {
  /// Transformers that differ in where they normalize, at three learning rates, with and without a warm-up.
  ///
  /// Measured: before training, the gradient with respect to the last layer of weights of each block; after it, the loss.
  public static let normPlacement = Experiment(
    name: "norm-placement",
    question: "Pre-norm or post-norm Transformer?",
    settings: [
      .whole("blocks", 12, in: 1...1_000, "blocks of the Transformer"), .width(32), .batch(32),
      .whole(
        "draws", 32, quick: 8, in: 2...10_000, "draws of first weights that gradients before training are means of"),
      .steps(120, quick: 2), .seeds(3, quick: 1, full: 20),
    ],
    variants: [pre, post, shallowPre, shallowPost] + preNets + preWarm + postNets + postWarm,
    claims: [
      claim(
        "post-norm: the last block's gradient is that of a net with a quarter of the blocks",
        { _, _ in (1, 1) }, post, shallowPost),
      claim(
        "pre-norm: the last block's gradient is smaller than with a quarter of the blocks",
        { ((1 + 1.5 * $1) / (1 + 1.5 * $0), (1 + 0.5 * $1) / (1 + 0.5 * $0)) }, pre, shallowPre),
      claim(
        "the last block's gradient is larger in post-norm than in pre-norm",
        { deep, _ in ((1 + 0.5 * deep) / 1.5, (1 + 1.5 * deep) / 1.5) }, post, pre),
      .learns(preNets.last!, "Xiong et al. 2020, arXiv:2002.04745", about: longEnough),
      .endsHigher(
        "post-norm can't bear that rate: it ends clearly higher than pre-norm", postNets.last!, than: preNets.last!,
        "Xiong et al. 2020, arXiv:2002.04745", about: longEnough),
      Claim(
        source: "Xiong et al. 2020, arXiv:2002.04745", about: longEnough,
        statement: { _ in "pre-norm needs none: at none of the rates the loss ends clearly higher without it" },
        expected: { .atMost($0.differenceTolerance) }, measure: { try costOfNoWarmUp(preNets, preWarm, $0) }),
    ],
    disagreements: [
      Disagreement(
        with: Claim(
          source: "Xiong et al. 2020, arXiv:2002.04745, figure 2", about: longEnough,
          statement: { _ in "post-norm needs a warm-up: at one of the rates the loss ends clearly higher without it" },
          expected: { .atLeast($0.differenceTolerance) }, measure: { try costOfNoWarmUp(postNets, postWarm, $0) }),
        why:
          "Of twenty seeds some three in four show it. The paper warms up for thousands of steps; at the largest of these rates "
          + "a warm-up of sixty does not save post-norm, and at the smallest it is not needed."),
      differs(
        "post-norm: gradients grow from the first block to the last, to twice their size or more", post, .atLeast(2)),
      differs("pre-norm: gradients are the same in all blocks, within a factor of 2", pre, .near(1, withinFactor: 2)),
    ],
    pictures: [
      .curves(
        "gradient", "The gradient of each block’s last weights before training", of: "gradient",
        x: Axis(.integer, "block", ends: ("input", "output")), y: Axis(.log, "‖dL/dW‖")),
      ExperimentFigure("loss", "The loss after training against the learning rate") { results in
        var panel = Panel(x: Axis(.log, "learning rate"), y: Axis(.linear, "loss in the end"))
        let nets = [
          ("pre-norm", preNets), ("pre-norm, warm-up", preWarm), ("post-norm", postNets),
          ("post-norm, warm-up", postWarm),
        ]
        for (index, (name, variants)) in nets.enumerated() {
          let medians = variants.map { results.median(MetricNames.finalLoss, of: $0) }
          panel.marks.append(LineMark(x: rates, y: medians, color: .series(index), width: 2.2))
          for (rate, variant) in zip(rates, variants) {
            let losses = results.values(MetricNames.finalLoss, of: variant).map { $0 ?? .nan }
            panel.marks.append(
              DotMark(x: losses.map { _ in rate }, y: losses, color: .series(index), shape: .ofSeries(index), size: 7))
          }
          panel.directLabels.append(DirectLabel(at: medians.last, name, color: .series(index)))
        }
        return Figure(
          title: "Loss against the learning rate · norm-placement",
          subtitle: "a dot a seed, a line through the medians; guessing gives ln 10 = 2.3", panels: [panel],
          description:
            "The loss after training over learning rates, of pre-norm and post-norm, with and without warm-up.")
      },
    ])
}
