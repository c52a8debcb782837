import ExperimentHarness
import Foundation
import Rheoscope

// Two images pass through a deep tanh net. With small weights their activations become more alike from layer to layer, until
// the last layer cannot tell them apart. With large weights they become less alike, however similar they were, until the last
// layer cannot tell what they had in common. Either way the information that the net could learn from is lost with depth:
// after ξ layers 1/e of it is left, after 2 ξ layers 1/e². The depth scale ξ follows from the variance of the weights alone;
// it is computed, not measured. Between the two phases lies a variance where ξ is infinite, the edge of chaos. Schoenholz et
// al. (2017) found that nets learn up to a depth of about 6 ξ, whatever the variance.
//
// The same holds here within a factor of 2, with two exceptions. Next to the edge 6 ξ is hundreds or thousands of layers;
// theory assumes infinite width, but these nets are narrower than they are deep, and random fluctuations add up over layers
// (Hanin and Rolnick 2018). With the smallest weights some nets learn a little at more than twice 6 ξ.
//
// The depth of the net and the variance of its initial weights vary. Measured is the final loss on Fashion-MNIST, and from
// it, for each variance, the depth up to which nets learn, to compare with 6 ξ.

/// σ_w², n times the variance of a weight; 1.76 is the edge of chaos. The variance of biases is that of the paper.
private let variances = [1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4]
private let biasVariance = 0.05

/// 10, 14, 20, … layers up to 160, or every `spacing`-th of them.
private func depths(_ settings: Settings) -> [Int] {
  let last = 2 * log2(Double(settings.whole("deepest")) / 10), spacing = settings.whole("spacing")
  return stride(from: 0, through: Int(last.rounded()), by: spacing).map { Int((10 * pow(2, Double($0) / 2)).rounded()) }
}

/// A linear layer whose biases are random as well.
private final class BiasedLayer: Module {
  let weight, bias: Parameter

  init(_ inputs: Int, _ outputs: Int, weightVariance: Double) {
    weight = Parameter([outputs, inputs], initializer: .normal(weightVariance: weightVariance))
    bias = Parameter(
      [outputs],
      initializer: Initializer("normal, σ_b² = \(biasVariance)") { values, _, _, random in
        for index in values.indices { values[index] = Float(random.normalPair().0 * biasVariance.squareRoot()) }
      })
  }

  override func forward(_ x: Tensor) -> Tensor { linear(x, weight: weight.value, bias: bias.value) }
}

/// A cell of the map: a trained net of this depth and weight variance.
private func cell(depth: Int, variance: Double) -> Variant {
  net(
    "depth-\(depth)-weights-\(formatShortest(variance))", "\(depth) layers, σ_w² = \(formatShortest(variance))", depth,
    variance
  ) { _ in }
}

/// The variance next to the edge, where 6 ξ is thousands of layers, more than the map has.
private let nextToEdge = 1.75

/// The variances whose nets learn up to 6 ξ within a factor of 2, and those where this holds in most seeds only.
private let (along, beside) = ([1.5, 2.5, 3, 3.5, 4], [1, 1.25, 2])

/// The deepest net with weights next to the edge, trained for ten times as many steps, in case it only learns slowly.
private func longTrained(_ settings: Settings) -> Variant {
  net(
    "edge-long", "the deepest net, σ_w² = \(formatShortest(nextToEdge)), ten times the steps", depths(settings).last!,
    nextToEdge
  ) { $0.steps *= 10 }
}

private func net(
  _ name: String, _ title: String, _ depth: Int, _ variance: Double,
  adjust: @escaping @Sendable (inout Settings) -> Void
) -> Variant {
  Variant(
    name, title, adjust: adjust, testImages: 1_000, isRecorded: false,
    net: { settings in
      let inner = (0..<depth - 2).flatMap { _ in
        [BiasedLayer(settings.width, settings.width, weightVariance: variance), Tanh()] as [Module]
      }
      return Sequential(
        [BiasedLayer(784, settings.width, weightVariance: variance), Tanh()] + inner
          + [BiasedLayer(settings.width, 10, weightVariance: variance)])
    })
}

/// 6 ξ.
private func limit(_ variance: Double) -> Double {
  6 * MeanField(.tanh, weightVariance: variance, biasVariance: biasVariance).correlationDepthScale
}

/// The depth up to which nets with weights of this variance learn: halfway, on a logarithmic scale, between the deepest that
/// does and the next.
private func boundary(_ seed: SeedResults, _ variance: Double) throws -> Double {
  let depths = depths(seed.settings)
  let trained = try depths.count {
    try seed[MetricNames.finalLoss, cell(depth: $0, variance: variance)] <= seed.settings.learnedLoss
  }
  let ratio = Double(depths[1]) / Double(depths[0])
  return Double(depths[0]) * pow(ratio, Double(trained) - 0.5)
}

private func limitClaim(_ variance: Double) -> Claim {
  Claim(
    .finding,
    "σ_w² = \(formatShortest(variance)): nets learn up to a depth of 6 ξ = \(Int(limit(variance).rounded())), within a factor of 2",
    expected: .near(limit(variance), withinFactor: 2), source: source + ", who say “about”", appliesTo: .trainedMap
  ) { try boundary($0, variance) }
}

private let learnsALittle =
  "The paper reads 6 ξ off maps of accuracy, and does not define when a net counts as one that learns. Here it does as soon as "
  + "its final loss is clearly below that of guessing. In some seeds nets with small weights reach that at more than twice 6 ξ, but "
  + "they learn little: on the map their loss is close to that of guessing."

private let depthBeyondWidth =
  "The paper’s nets are 300 units wide and learn at depths up to 300. Nets here are 64 units wide, so these are deeper than wide, and "
  + "random fluctuations add up over layers (Hanin and Rolnick 2018, arXiv:1803.01719)."

private let source = "Schoenholz et al. 2017, arXiv:1611.01232"

extension Experiment {
  /// tanh nets over depth and weight variance. Measured: the final loss of each.
  public static let edgeOfChaos = Experiment(
    name: "edge-of-chaos",
    question: "How deep can a net be?",
    settings: [
      .whole("deepest", 160, quick: 40, in: 20...1_280, "depth of the deepest net"),
      .whole("spacing", 1, quick: 4, in: 1...4, "half octaves between two depths"),
      .width(64), .batch(64), .steps(300, quick: 20), .seeds(3, quick: 1, full: 20), .learningRate(0.01),
    ],
    // The paper says “about 6 ξ”; its maps allow a factor of 2, and depths here are half an octave apart.
    claims: along.map(limitClaim),
    disagreements: beside.map {
      Disagreement(with: limitClaim($0), reason: $0 < nextToEdge ? learnsALittle : depthBeyondWidth)
    } + [
      Disagreement(
        with: Claim(
          .finding,
          source: source, appliesTo: .trainedMap,
          statement: { settings in
            "σ_w² = \(formatShortest(nextToEdge)), where 6 ξ is \(Int(limit(nextToEdge))): nets of \(depths(settings).last!) layers "
              + "learn when trained for ten times the steps"
          },
          expected: { .atMost($0.learnedLoss) },
          measure: { try $0[MetricNames.finalLoss, longTrained($0.settings)] }),
        reason: depthBeyondWidth)
    ],
    figures: [
      .map(
        "map", "Final loss of tanh nets", "tanh, σ_b² = 0.05; median of seeds",
        x: Axis(.linear, "weight variance, σ_w²"), y: Axis(.log, "layers"), colorTitle: "final loss",
        colors: ColorScale(Scale(.linear, from: 0.5, to: log(10)), .viridis)
      ) { results in
        let fine = stride(from: variances[0], through: variances.last!, by: 0.02).map { $0 }
        return CellGrid(
          columns: variances, rows: depths(results.settings).map(Double.init),
          lines: [.init("line: 6 ξ, above which nets should not learn", x: fine, y: fine.map(limit))]
        ) { variance, depth in results.median(MetricNames.finalLoss, of: cell(depth: Int(depth), variance: variance)) }
      }
    ]
  ) { settings in
    depths(settings).flatMap { depth in variances.map { cell(depth: depth, variance: $0) } } + [longTrained(settings)]
  }
}

extension Claim.Scope {
  /// Maps that are deep enough to contain the boundary, of nets that are trained long enough.
  fileprivate static let trainedMap = Claim.Scope("maps up to 160 layers or more, with training of 300 steps or more") {
    $0.whole("deepest") >= 160 && $0.steps >= 300
  }
}
