import ExperimentHarness
import Foundation
import Rheoscope

// A plain net turns x into W relu(x), layer after layer. With weights as PyTorch draws them, from −1/√n to 1/√n, blame is
// multiplied by √(1/6) = 0.41 in each, and after 48 layers 10⁻¹⁹ of it arrives.
private let plainNet = Variant(
  "plain", "x → W relu(x)",
  theory: { _ in .sameInEveryLayer(factor: MeanField(.relu, weightVariance: 1.0 / 3).gradientFactor) },
  net: { settings in DeepNet(settings, activation: { ReLU() }) { Sequential($0, $1) } })

// A residual net adds that to x instead of putting it in its place. Blame has a way back on which nothing is multiplied, past
// all weights and slopes: the shortcut. Each layer adds a little to it, α² / 12 of it for these weights, so α is chosen as
// 1/√L for L layers: then all of them together leave it about as large as it was.
private let residualNet = Variant(
  "residual", "x → x + α W relu(x), α = 1/√L",
  theory: { settings in
    .sameInEveryLayer(factor: MeanField.residualFactor(scale: scale(settings), weightVariance: 1.0 / 3))
  },
  net: { settings in DeepNet(settings, activation: { ReLU() }) { Residual($0, $1, scale: Float(scale(settings))) } })

// The same two nets with fewer layers, to see what depth does to each. Plain nets deeper than six times −1/ln(1/6), which is 3.3,
// should not train with these weights (Schoenholz et al. 2017).
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

/// By how much each deeper net ends higher than that of three layers.
private func degradations(_ shallow: [Variant], _ deep: Variant, _ seed: OneSeed) throws -> [Double] {
  let least = try seed[MetricNames.finalLoss, shallow[0]]
  return try (shallow.dropFirst() + [deep]).map { try seed[MetricNames.finalLoss, $0] - least }
}

// With weights as He et al. (2015) choose them, a branch holds as much as the stream it is added to. With α = 1 each layer doubles
// the mean square, forward and backward; with α = 1/√L all L layers together multiply it by no more than e.
private let unscaledNet = heNet("he-unscaled", "x → x + W relu(x), He weights") { _ in 1 }
private let scaledNet = heNet("he-scaled", "x → x + α W relu(x), α = 1/√L, He weights", scale)

private func heNet(_ name: String, _ title: String, _ scale: @escaping @Sendable (Settings) -> Double) -> Variant {
  Variant(
    name, title,
    theory: { .sameInEveryLayer(factor: MeanField.residualFactor(scale: scale($0), weightVariance: 2)) },
    also: reportGradientRatio,
    net: { settings in
      DeepNet(settings, initializer: .heNormal, activation: { ReLU() }) {
        Residual($0, $1, scale: Float(scale(settings)))
      }
    })
}

// ReZero begins with α = 0, where each layer hands its input through, and lets training choose α, a layer each. Heatmaps show the
// blame that gets into the branches, α times that of the stream: of these it is as uneven as what training has chosen.
private let reZeroNet = Variant(
  "rezero", "x → x + α W relu(x), α learned from 0, He weights", also: reportGradientRatio,
  net: { settings in DeepNet(settings, initializer: .heNormal, activation: { ReLU() }) { Residual.reZero($0, $1) } })

/// How many layers have a shortcut: all but the first and the last.
private func blocks(_ settings: Settings) -> Double { Double(max(settings.depth - 2, 1)) }

/// α = 1/√L.
private func scale(_ settings: Settings) -> Double { 1 / blocks(settings).squareRoot() }

private let gradientRatio = "gradient ratio", timesBelowChance = "share of steps below ln 10"

/// How much larger the gradient is before all the layers with shortcuts than behind them, at step 0, and the share of steps at which
/// the loss is below that of guessing.
@Sendable private func reportGradientRatio(_ context: TrialContext, _ trained: Trained) throws {
  let run = trained.run!, gradients = try run.layers(.gradientRMS)
  let first = run.sites.firstIndex { $0.path == "stem" }!
  let last = run.sites.firstIndex { $0.path == "blocks.\(context.settings.depth - 3)" }!
  if let before = gradients[first, 0], let behind = gradients[last, 0] {
    context.report(gradientRatio, before / behind)
  }
  context.report(timesBelowChance, Double(trained.losses.count { $0 < log(10) }) / Double(trained.losses.count))
}

/// The ratio of gradients over L layers x + α W relu(x) with He weights: (1 + α²)^(L/2).
///
/// At width n the logarithm of its square has the variance v/n a layer, with v as `varianceOfResidual` says, and drifts by v/(2n); the
/// gradient's own has a quarter of that variance, and half the drift. The tolerance is the drift and three standard deviations
/// over L layers.
private func gradientRatioClaim(_ variant: Variant, _ scale: @escaping @Sendable (Settings) -> Double) -> Claim {
  Claim(
    source: "the chain rule and He et al. 2015; tolerance in the manner of Hanin and Rolnick 2018, arXiv:1803.01719",
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
  /// Twins: the same weights, with and without shortcuts.
  ///
  /// Measured: the loss while training, the share of test images named right, by how much a layer multiplies the gradient
  /// before training begins, and by how much all layers with shortcuts do.
  public static let residual = Experiment(
    name: "residual",
    question: "What do shortcuts change, if everything else is the same?",
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
        "he-unscaled explodes: its loss is never below that of guessing, ln 10", unscaledNet, timesBelowChance,
        .exactly(0), source: "Hanin and Rolnick 2018, arXiv:1803.01719", about: .deepAndLong),
      Claim(
        "rezero: at the start all layers together leave the gradient exactly as it is", reZeroNet, gradientRatio,
        .exactly(1), source: "Bachlechner et al. 2020, arXiv:2003.04887"),
      .learns(reZeroNet, "Bachlechner et al. 2020, arXiv:2003.04887"),
      Claim(
        source: "He et al. 2015, arXiv:1512.03385", about: .deepAndLong,
        statement: {
          "plain nets of 6, 12, 25 and \($0.depth) layers all end higher than that of three (the least difference)"
        },
        expected: { .atLeast($0.differenceTolerance) },
        measure: { try degradations(shallowPlainNets, plainNet, $0).min()! }),
      Claim(
        source: "He et al. 2015, arXiv:1512.03385", about: .deepAndLong,
        statement: { "residual nets of 6, 12, 25 and \($0.depth) layers don’t (the largest difference)" },
        expected: { .atMost($0.differenceTolerance) },
        measure: { try degradations(shallowResidualNets, residualNet, $0).max()! }),
    ],
    pictures: [
      .chart("loss"), .chart("gradient-flow"), .chart("gradient-profile"),
      ExperimentFigure("degradation", "The training loss that plain and residual nets end at, over their depth") {
        results in
        let depths = (shallowDepths + [results.settings.depth]).map(Double.init)
        var panel = Panel(
          x: Axis(.log, "layers"), y: Axis(.linear, "training loss in the end", includes: [0]),
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
          title: "Training loss over depth · residual",
          subtitle: "a dot a seed, a line through the medians; dashed: ln 10, the loss of guessing", panels: [panel],
          description: "The final training loss over depth, of plain and of residual nets.")
      },
    ])
}
