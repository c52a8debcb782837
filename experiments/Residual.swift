import ExperimentHarness
import Foundation
import Rheoscope

// A plain net maps x to W relu(x) in each layer. With PyTorch's default weights, uniform from −1/√n to 1/√n, the gradient is
// multiplied by √(1/6) = 0.41 per layer, and after 48 layers 10⁻¹⁹ of it is left.
private let plainNet = Variant(
  "plain", "x → W relu(x)",
  theory: { _ in .sameInEveryLayer(factor: MeanField(.relu, weightVariance: 1.0 / 3).gradientFactor) },
  net: { settings in DeepNet(settings, activation: { ReLU() }) { Sequential($0, $1) } })

// A residual net adds the layer's output to x instead of replacing it. In the backward pass the gradient also takes the skip
// connection, past all weights and activations, where nothing multiplies it. Each layer increases its mean square by α² / 6
// for these weights, so α is chosen as 1/√L for L layers: then all of them together change it little.
private let residualNet = Variant(
  "residual", "x → x + α W relu(x), α = 1/√L",
  theory: { settings in
    .sameInEveryLayer(factor: MeanField.residualFactor(scale: scale(settings), weightVariance: 1.0 / 3))
  },
  net: { settings in DeepNet(settings, activation: { ReLU() }) { Residual($0, $1, scale: Float(scale(settings))) } })

// The same two nets with fewer layers, to see the effect of depth on each. Plain nets deeper than six times −1/ln(1/6), which
// is 3.3 layers, should not train with these weights (Schoenholz et al. 2017).
private let shallowDepths = [3, 6, 12, 25]
private let shallowPlainNets = shallowDepths.map { depth in
  Variant(
    "plain-\(depth)", "x → W relu(x), \(depth) layers", adjust: { $0.depth = depth }, isRecorded: false,
    net: { settings in DeepNet(settings, activation: { ReLU() }) { Sequential($0, $1) } })
}
private let shallowResidualNets = shallowDepths.map { depth in
  Variant(
    "residual-\(depth)", "x → x + α W relu(x), α = 1/√L, \(depth) layers", adjust: { $0.depth = depth },
    isRecorded: false,
    net: { settings in DeepNet(settings, activation: { ReLU() }) { Residual($0, $1, scale: Float(scale(settings))) } })
}

/// The difference between the final loss of each deeper net and that of the net of three layers.
private func degradations(_ shallow: [Variant], _ deep: Variant, _ seed: SeedResults) throws -> [Double] {
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
  let first = run.sites.firstIndex { $0.path == "stem" }!
  let last = run.sites.firstIndex { $0.path == "blocks.\(context.settings.depth - 3)" }!
  if let before = gradients[first, 0], let behind = gradients[last, 0] {
    context.report(gradientRatio, before / behind)
  }
  context.report(timesBelowChance, Double(trained.losses.count { $0 < log(10) }) / Double(trained.losses.count))
}

/// The ratio of gradients over L layers x + α W relu(x) with He initialization: (1 + α²)^(L/2).
///
/// At width n the logarithm of its square has the variance v/n per layer, with v from `varianceOfResidual`, and drifts by
/// v/(2n); the logarithm of the gradient itself has a quarter of that variance and half the drift. The tolerance is the drift
/// and three standard deviations over L layers.
private func gradientRatioClaim(_ variant: Variant, _ scale: @escaping @Sendable (Settings) -> Double) -> Claim {
  Claim(
    .finding,
    source: "the chain rule and He et al. 2015; tolerance after Hanin and Rolnick 2018, arXiv:1803.01719",
    statement: { "\(variant.name): \(Int(blocks($0))) layers multiply the gradient by (1 + α²)^(L/2)" },
    expected: { settings in
      let square = pow(scale(settings), 2), layers = blocks(settings)
      let variance = layers * varianceOfResidual(branch: square) / Double(settings.width)
      return .near(
        pow(1 + square, layers / 2), withinFactor: exp(variance / 4 + 3 * variance.squareRoot() / 2))
    },
    measure: { try $0[gradientRatio, variant] })
}

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
    variants: [plainNet, residualNet, unscaledNet, scaledNet, reZeroNet] + shallowPlainNets + shallowResidualNets,
    claims: [
      .gradientFactor(of: plainNet),
      .gradientFactor(
        of: residualNet, "the chain rule", variance: { varianceOfResidual(branch: pow(scale($0), 2) / 6) }),
      .staysAtChance(plainNet, "He et al. 2015, arXiv:1512.03385"),
      .learns(residualNet, "He et al. 2015, arXiv:1512.03385; α by Hanin and Rolnick 2018"),
      gradientRatioClaim(unscaledNet) { _ in 1 },
      gradientRatioClaim(scaledNet, scale),
      Claim(
        .finding,
        "he-unscaled explodes: its loss is never below ln 10, the loss of guessing (share of steps)", unscaledNet,
        timesBelowChance,
        .exactly(0), source: "Hanin and Rolnick 2018, arXiv:1803.01719", appliesTo: .deepAndLong),
      Claim(
        .finding,
        "rezero: at initialization all layers together leave the gradient exactly unchanged (ratio)", reZeroNet,
        gradientRatio,
        .exactly(1), source: "Bachlechner et al. 2020, arXiv:2003.04887"),
      .learns(reZeroNet, "Bachlechner et al. 2020, arXiv:2003.04887"),
      Claim(
        .finding,
        source: "He et al. 2015, arXiv:1512.03385", appliesTo: .deepAndLong,
        statement: {
          "plain nets of 6, 12, 25 and \($0.depth) layers all have a higher final loss than that of three (the smallest difference)"
        },
        expected: { .atLeast($0.differenceTolerance) },
        measure: { try degradations(shallowPlainNets, plainNet, $0).min()! }),
      Claim(
        .finding,
        source: "He et al. 2015, arXiv:1512.03385", appliesTo: .deepAndLong,
        statement: {
          "residual nets of 6, 12, 25 and \($0.depth) layers do not have a higher final loss than that of three (the largest difference)"
        },
        expected: { .atMost($0.differenceTolerance) },
        measure: { try degradations(shallowResidualNets, residualNet, $0).max()! }),
    ],
    figures: [
      .chart("loss"), .chart("gradient-flow"), .chart("gradient-profile"),
      ExperimentFigure("degradation", "The final training loss of plain and residual nets against depth") {
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
        return Figure(
          title: "Final training loss against depth · residual",
          subtitle: "dots: seeds; lines: medians; dashed: ln 10, the loss of guessing", panels: [panel],
          description: "The final training loss against depth, of plain and residual nets.")
      },
    ])
}
