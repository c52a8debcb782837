import ExperimentHarness
import Foundation
import Rheoscope

// A plain net maps x to W relu(x) in each layer. With PyTorch's default weights, uniform from −1/√n to 1/√n, the gradient is
// multiplied by √(1/6) = 0.41 per layer, and after 48 layers 10⁻¹⁹ of it is left. (The plain nets of the paper that made skip
// connections known, He et al. 2015, arXiv:1512.03385, have batch norm and do learn; theirs is another effect, which the
// experiment resnet shows.)
private let plainNet = Variant(
  "plain", "x → W relu(x)",
  theory: { _ in .sameInEveryLayer(factor: MeanField(.relu, weightVariance: 1.0 / 3).gradientFactor) },
  afterTraining: reportChange,
  net: { settings in DeepNet(settings, activation: { ReLU() }) { Sequential($0, $1) } })

// What skip connections cure here, other changes cure too. With gradients that are scaled to the size of each layer's weights the plain net
// learns, and with larger weights as well: with He initialization it learns at a rate of its own. By SGD neither gets as far as with
// skip connections.
private let plainScaledNet = Variant(
  "plain-scaled", "x → W relu(x), the gradient of each weight matrix scaled to its weights, momentum 0.9",
  optimizer: { model, settings in
    let optimizer = SGD(model, learningRate: Float(settings.learningRate / 5), momentum: 0.9)
    optimizer.scaleGradientsToWeights()
    return optimizer
  },
  isRecorded: false,
  net: { settings in DeepNet(settings, activation: { ReLU() }) { Sequential($0, $1) } })
private let plainHeNet = Variant(
  "plain-he", "x → W relu(x), He initialization",
  theory: { _ in .sameInEveryLayer(factor: MeanField(.relu, weightVariance: 2).gradientFactor) },
  net: { settings in DeepNet(settings, initializer: .heNormal, activation: { ReLU() }) { Sequential($0, $1) } })
private let plainHeRates = LearningRateSweep(of: plainHeNet, over: [0.003, 0.01, 0.03])

// A residual net adds the layer's output to x instead of replacing it. In the backward pass the gradient also takes the skip
// connection, past all weights and activations, where nothing multiplies it. Each layer increases its mean square by α² / 6
// for these weights, so α is chosen as 1/√L for L layers: then all of them together change it little.
private let residualNet = Variant(
  "residual", "x → x + α W relu(x), α = 1/√L",
  theory: { settings in
    .sameInEveryLayer(factor: MeanField.residualFactor(scale: scale(settings), weightVariance: 1.0 / 3))
  },
  afterTraining: reportChange, net: residual)

@Sendable private func residual(_ settings: Settings) -> Module {
  DeepNet(settings, activation: { ReLU() }) { Residual($0, $1, scale: Float(scale(settings))) }
}

// Does the residual net learn because its blocks learn, or because images reach its last layer past them? Two controls: the
// same net with frozen blocks, and one without blocks.
private let frozenBlocksNet = Variant(
  "residual-frozen", "the same, only the first and the last layer are trained",
  frozen: { $0.depth > 2 ? ["blocks.**"] : [] },
  isRecorded: false, afterTraining: reportChange, net: residual)
private let withoutBlocksNet = Variant(
  "no-blocks", "the first and the last layer alone", adjust: { $0.depth = 2 }, isRecorded: false, net: residual)

/// By how much training changes the weights of the middle block, ‖ΔW‖ / ‖W‖.
@Sendable private func reportChange(_ context: TrialContext, _ trained: TrainedNet) {
  guard context.settings.depth > 2 else { return }
  let before = context.variant.untrainedNet(context.settings, seed: context.seed)
  let ofBlocks = trained.weightChanges(since: before).filter { $0.path.hasPrefix("blocks.") }
  context.report(change, ofBlocks[ofBlocks.count / 2].share)
}

private let change = "change of middle block"

// The same nets with fewer layers, to see the effect of depth on each. How deep a plain net can be depends on its weights: with He
// initialization and a smaller learning rate, those of 12 and 25 layers learn as well.
private let shallowDepths = [3, 6, 12, 25]
private let shallowPlainNets = shallowDepths.map { depth in
  Variant(
    "plain-\(depth)", "x → W relu(x), \(depth) layers", adjust: { $0.depth = depth }, isRecorded: false,
    net: { settings in DeepNet(settings, activation: { ReLU() }) { Sequential($0, $1) } })
}
private let shallowHeNets = [12, 25].map { depth in
  Variant(
    "plain-he-\(depth)", "x → W relu(x), He initialization, \(depth) layers, 0.4 times the learning rate",
    adjust: { ($0.depth, $0.learningRate) = (depth, 0.4 * $0.learningRate) }, isRecorded: false,
    net: { settings in DeepNet(settings, initializer: .heNormal, activation: { ReLU() }) { Sequential($0, $1) } })
}
private let shallowResidualNets = shallowDepths.map { depth in
  Variant(
    "residual-\(depth)", "x → x + α W relu(x), α = 1/√L, \(depth) layers", adjust: { $0.depth = depth },
    isRecorded: false,
    net: residual)
}

/// The difference between the final loss of each deeper net and that of the net of three layers.
private func risesWithDepth(_ shallow: [Variant], _ deep: Variant, _ seed: SeedResults) throws -> [Double] {
  let least = try seed[MetricNames.finalLoss, shallow[0]]
  return try (shallow.dropFirst() + [deep]).map { try seed[MetricNames.finalLoss, $0] - least }
}

// With He initialization a branch is as large as the stream that it is added to. With α = 1 each layer doubles the mean
// square, forward and backward; with α = 1/√L all L layers together multiply it by at most e.
private let unscaledNet = heNet("he-unscaled", "x → x + W relu(x), He initialization") { _ in 1 }
private let scaledNet = heNet("he-scaled", "x → x + α W relu(x), α = 1/√L, He initialization", scale)

private func heNet(_ name: String, _ title: String, _ scale: @escaping @Sendable (Settings) -> Double) -> Variant {
  Variant(
    name, title,
    theory: { .sameInEveryLayer(factor: MeanField.residualFactor(scale: scale($0), weightVariance: 2)) },
    afterTraining: reportGradientRatio,
    net: { settings in
      DeepNet(settings, initializer: .heNormal, activation: { ReLU() }) {
        Residual($0, $1, scale: Float(scale(settings)))
      }
    })
}

// ReZero begins with α = 0, where each layer is the identity, and learns one α per layer. Heatmaps show the gradient inside
// the branches, α times that of the stream: it varies between layers as the learned α do.
private let reZeroNet = Variant(
  "rezero", "x → x + α W relu(x), α learned from 0, He initialization", afterTraining: reportGradientRatio,
  net: { settings in DeepNet(settings, initializer: .heNormal, activation: { ReLU() }) { Residual.reZero($0, $1) } })

/// The number of layers with a skip connection: all but the first and the last.
private func blocks(_ settings: Settings) -> Double { Double(max(settings.depth - 2, 1)) }

/// α = 1/√L.
private func scale(_ settings: Settings) -> Double { 1 / blocks(settings).squareRoot() }

private let gradientRatio = "gradient ratio", timesBelowChance = "share of steps below ln 10"

/// The gradient before all the residual layers relative to that behind them, at step 0, and the share of steps at which the
/// loss is below that of guessing.
@Sendable private func reportGradientRatio(_ context: TrialContext, _ trained: TrainedNet) throws {
  let run = trained.run!, gradients = try run.layers(.gradientRMS)
  let first = run.sites.firstIndex { $0.path == "stem" }
  let last = run.sites.firstIndex { $0.path == "blocks.\(context.settings.depth - 3)" }
  if let first, let last, let before = gradients[first, 0], let behind = gradients[last, 0] {
    context.report(gradientRatio, before / behind)
  }
  context.report(timesBelowChance, Double(trained.losses.count { $0 < log(10) }) / Double(trained.losses.count))
}

/// The ratio of gradients over L layers x + α W relu(x) with He initialization: (1 + α²)^(L/2).
///
/// At width n the logarithm of its square has the variance v/n per layer, with v from `varianceOfResidual`, and drifts by
/// v/(2n); the logarithm of the gradient itself has a quarter of that variance and half the drift. The tolerance is the drift
/// and three standard deviations over L layers.
private func gradientRatioClaim(
  _ variant: Variant, rejects nulls: [Null], _ scale: @escaping @Sendable (Settings) -> Double
) -> Claim {
  Claim(
    .theory,
    source: "the chain rule and He et al. 2015; tolerance after Hanin and Rolnick 2018, arXiv:1803.01719",
    rejects: nulls,
    statement: { "\(variant.name): \(Int(blocks($0))) layers multiply the gradient by (1 + α²)^(L/2)" },
    expected: { settings in
      let square = pow(scale(settings), 2), layers = blocks(settings)
      let variance = layers * varianceOfResidual(branch: square) / Double(settings.width)
      return .near(
        pow(1 + square, layers / 2), withinFactor: exp(variance / 4 + 3 * variance.squareRoot() / 2))
    },
    measure: { try $0[gradientRatio, variant] })
}

private let theory: [Claim] = [
  .gradientFactor(of: plainNet, rejects: [.swapping(plainNet, for: plainHeNet)]),
  .gradientFactor(of: plainHeNet, rejects: [.swapping(plainHeNet, for: plainNet)]),
  .gradientFactor(
    of: residualNet, "the chain rule", variance: { varianceOfResidual(branch: pow(scale($0), 2) / 6) },
    rejects: [.swapping(residualNet, for: plainNet)]),
  gradientRatioClaim(unscaledNet, rejects: [.swapping(unscaledNet, for: scaledNet)]) { _ in 1 },
  gradientRatioClaim(scaledNet, rejects: [.swapping(scaledNet, for: unscaledNet)], scale),
  Claim(
    .identity, "rezero: at initialization all layers together leave the gradient exactly unchanged (ratio)", reZeroNet,
    gradientRatio, .exactly(1), source: "Bachlechner et al. 2020, arXiv:2003.04887"),
]

private let findings: [Claim] = [
  .staysAtChance(plainNet, "He et al. 2015, arXiv:1502.01852", rejects: [.swapping(plainNet, for: residualNet)]),
  .learns(
    plainScaledNet, "control: the sizes of gradients; You et al. 2017, arXiv:1708.03888",
    rejects: [.swapping(plainScaledNet, for: plainNet)]),
  .endsHigher(
    "plain-scaled ends higher than residual", plainScaledNet, than: residualNet, "measured here",
    appliesTo: .deepAndLong,
    rejects: [.swapping(plainScaledNet, for: frozenBlocksNet)]),
  .learns(
    residualNet, "He et al. 2015, arXiv:1512.03385; α by Hanin and Rolnick 2018",
    rejects: [.swapping(residualNet, for: plainNet)]),
  Claim(
    .finding, "plain: training does not change the middle block (‖ΔW‖ / ‖W‖)", plainNet, change, .atMost(1e-6),
    source: "a gradient of 10⁻¹⁰ is nothing beside a weight of 0.1", appliesTo: .deepAndLong,
    rejects: [.swapping(plainNet, for: residualNet)]),
  Claim(
    .finding, "residual: training changes the middle block by 0.1 % or more (‖ΔW‖ / ‖W‖)", residualNet, change,
    .atLeast(1e-3), source: "He et al. 2015, arXiv:1512.03385", appliesTo: .deepAndLong,
    rejects: [.swapping(residualNet, for: plainNet), .swapping(residualNet, for: frozenBlocksNet)]),
  Claim(
    .finding, source: "the same data, one rate per net: the best of those tried", appliesTo: .deepAndLong,
    rejects: [
      .value("residual-frozen in place of plain-he") {
        try $0[MetricNames.finalLoss, frozenBlocksNet] - $0[MetricNames.finalLoss, residualNet]
      }
    ],
    statement: { _ in "trained by SGD, plain-he at the best of three rates ends higher than residual" },
    expected: { .atLeast($0.differenceTolerance) },
    measure: { try plainHeRates.finalLoss($0) - $0[MetricNames.finalLoss, residualNet] }),
  .learns(
    plainHeRates, "plain-he", "He et al. 2015, arXiv:1502.01852",
    rejects: [
      .value("plain") { try $0[MetricNames.finalLoss, plainNet] }
    ]),
  // A block's share of the loss: what its training adds, and what is lost by its presence. Less than what two batches' losses differ by.
  .endsEqual(
    "training the blocks of residual changes the final loss by little: its first and last layer alone learn as much here",
    residualNet, frozenBlocksNet, within: { $0.differenceTolerance },
    "measured here; on images that a linear net mostly tells apart, depth is of little use", appliesTo: .deepAndLong,
    rejects: [.swapping(residualNet, for: plainNet), .swapping(frozenBlocksNet, for: plainHeNet)]),
  Claim(
    .finding, source: "He et al. 2015, arXiv:1512.03385", appliesTo: .deepAndLong,
    rejects: [.swapping(residualNet, for: plainNet)],
    statement: { "residual: \(Int(blocks($0))) blocks do no harm: it ends at most a little higher than no-blocks" },
    expected: { .atMost($0.differenceTolerance) },
    measure: { try $0[MetricNames.finalLoss, residualNet] - $0[MetricNames.finalLoss, withoutBlocksNet] }),
  Claim(
    .finding, "he-unscaled explodes: its loss is never below ln 10, the loss of guessing (share of steps)", unscaledNet,
    timesBelowChance, .exactly(0), source: "Hanin and Rolnick 2018, arXiv:1803.01719", appliesTo: .deepAndLong,
    rejects: [.swapping(unscaledNet, for: scaledNet)]),
  .learns(
    reZeroNet, "Bachlechner et al. 2020, arXiv:2003.04887", rejects: [.swapping(reZeroNet, for: plainNet)]),
  Claim(
    .finding, source: "a factor of 0.41 per layer", appliesTo: .deepAndLong,
    rejects: [
      .value("residual nets") { try risesWithDepth(shallowResidualNets, residualNet, $0).min()! },
      .value("12 layers, He initialization") {
        try $0[MetricNames.finalLoss, shallowHeNets[0]] - $0[MetricNames.finalLoss, shallowPlainNets[0]]
      },
    ],
    statement: {
      "plain nets of 12, 25 and \($0.depth) layers with PyTorch's weights, at one rate, have a higher final loss than that of three "
        + "(the smallest difference)"
    },
    expected: { .atLeast($0.differenceTolerance) },
    measure: { try risesWithDepth(shallowPlainNets, plainNet, $0).dropFirst().min()! }),
  Claim(
    .finding, source: "He et al. 2015, arXiv:1502.01852", appliesTo: .deepAndLong,
    rejects: [
      .value("PyTorch's weights") { seed in
        try shallowPlainNets.suffix(2).map { try seed[MetricNames.finalLoss, $0] }.max()!
      }
    ],
    statement: { _ in "plain nets of 12 and 25 layers with He initialization learn (the larger final loss)" },
    expected: { .atMost($0.learnedLoss) },
    measure: { seed in try shallowHeNets.map { try seed[MetricNames.finalLoss, $0] }.max()! }),
  Claim(
    .finding, source: "He et al. 2015, arXiv:1512.03385", appliesTo: .deepAndLong,
    rejects: [.value("plain nets") { try risesWithDepth(shallowPlainNets, plainNet, $0).max()! }],
    statement: {
      "residual nets of 6, 12, 25 and \($0.depth) layers do not have a higher final loss than that of three (the largest difference)"
    },
    expected: { .atMost($0.differenceTolerance) },
    measure: { try risesWithDepth(shallowResidualNets, residualNet, $0).max()! }),
]

extension Experiment {
  /// Pairs of nets with the same weights, with and without skip connections.
  ///
  /// Measured: the training loss, the test accuracy, the factor by which a layer multiplies the gradient before training, and
  /// the factor of all residual layers together.
  public static let residual = Experiment(
    name: "residual",
    question: "What do skip connections change, if everything else is the same?",
    settings: [
      .depth(50), .width(64), .batch(64), .steps(600, quick: 50), .seeds(3, quick: 2, full: 20), .learningRate(0.05),
    ],
    variants: [plainNet, residualNet, frozenBlocksNet, withoutBlocksNet, plainScaledNet, plainHeNet]
      + plainHeRates.variants + [unscaledNet, scaledNet, reZeroNet] + shallowPlainNets + shallowHeNets
      + shallowResidualNets,
    claims: theory + findings,
    disagreements: [
      Disagreement(
        with: Claim(
          .finding,
          source: "six times the depth scale −1/ln(1/6) of gradients, after Schoenholz et al. 2017, arXiv:1611.01232",
          appliesTo: .deepAndLong, rejects: [.swapping(shallowPlainNets[1], for: shallowPlainNets[0])],
          statement: { _ in "plain nets of more than 3.3 layers with PyTorch's weights, such as plain-6, do not learn"
          },
          expected: { .near(log(10), within: $0.lossTolerance) },
          measure: { try $0[MetricNames.finalLoss, shallowPlainNets[1]] }),
        reason:
          "Four factors of 0.41 leave a thirty-sixth of the gradient, and with that a net of six layers learns in 600 steps. One of twelve "
          + "does not.")
    ],
    figures: [
      .chart("loss"), .chart("gradient-flow"), .chart("gradient-profile"),
      ExperimentFigure("depth", "The final training loss of plain and residual nets against depth") {
        results in
        let depths = (shallowDepths + [results.settings.depth]).map(Double.init)
        var panel = Panel(
          x: Axis(.log, "layers"), y: Axis(.linear, "final training loss", includes: [0]),
          marks: [RuleMark(.horizontal, at: log(10))])
        let nets = [("plain", shallowPlainNets + [plainNet]), ("residual", shallowResidualNets + [residualNet])]
        for (index, (name, nets)) in nets.enumerated() {
          let medians = nets.map { results.median(MetricNames.finalLoss, of: $0) }
          panel.marks.append(LineMark(x: depths, y: medians, color: .series(index), width: 2.2))
          for (depth, net) in zip(depths, nets) {
            let losses = results.values(MetricNames.finalLoss, of: net).map { $0 ?? .nan }
            panel.marks.append(
              DotMark(x: losses.map { _ in depth }, y: losses, color: .series(index), shape: .ofSeries(index), size: 7))
          }
          panel.directLabels.append(DirectLabel(at: medians.last, name, color: .series(index)))
        }
        let best = plainHeRates.best(in: results)
        for (depth, net) in zip([12, 25, depths.last!], shallowHeNets + [best]) {
          let losses = results.values(MetricNames.finalLoss, of: net).map { $0 ?? .nan }
          panel.marks.append(
            DotMark(x: losses.map { _ in depth }, y: losses, color: .series(2), shape: .ofSeries(2), size: 7))
        }
        panel.directLabels.append(
          DirectLabel(at: results.median(MetricNames.finalLoss, of: best), "plain-he, smaller rates", color: .series(2))
        )
        panel.marks.append(
          RuleMark(
            .horizontal, at: results.median(MetricNames.finalLoss, of: withoutBlocksNet), color: .text, dash: [5, 4]))
        return Figure(
          title: "Final training loss against depth · residual",
          subtitle:
            "dots: seeds; lines: medians; dashed above: ln 10, the loss of guessing; below: the net without blocks",
          panels: [panel],
          description: "The final training loss against depth, of plain and residual nets.")
      },
      .finalLosses(
        "Final losses of nets with and without skip connections, and of their controls",
        of: [plainNet, plainScaledNet, plainHeNet] + plainHeRates.variants
          + [residualNet, scaledNet, reZeroNet, frozenBlocksNet, withoutBlocksNet]),
    ])
}
