import ExperimentHarness
import Foundation
import Rheoscope

// Two images go through a deep net of tanh. With small weights they become more alike layer by layer, until the last layer can't
// tell them apart. With large weights they drift apart layer by layer, however alike they were, until the last layer can't tell
// what they had in common. In either case what the net could learn from is lost on the way: after ξ layers 1/e of it is left, after
// 2 ξ layers 1/e², and so on. How many layers ξ is follows from the size of the weights alone, and is computed, not measured.
// Between both lies a size of weights where ξ is infinite, the edge of chaos. Schoenholz et al. (2017) found that nets learn up
// to a depth of about 6 ξ, whatever the size.
//
// So they do here, within a factor of 2, but for two kinds. Next to the edge 6 ξ is hundreds or thousands of layers; theory speaks of
// nets without end to their width, but these are narrower than they are deep, and chance adds up over their layers (Hanin and
// Rolnick 2018). With the smallest weights some nets learn a little at more than twice 6 ξ.
//
// What varies is how many layers a net has and how large its weights are when training begins. Measured is the loss at which each
// ends on images of clothes, and so for each size of weights the depth up to which nets learn, beside 6 ξ.

/// σ_w², n times the variance of a weight; 1.76 is the edge. The variance of a bias is the paper's.
private let sizes = [1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4]
private let biasVariance = 0.05

/// 10, 14, 20, … layers, up to 160, or every other of them.
private func depths(_ settings: Settings) -> [Int] {
  let last = 2 * log2(Double(settings.whole("deepest")) / 10), spacing = settings.whole("spacing")
  return stride(from: 0, through: Int(last.rounded()), by: spacing).map { Int((10 * pow(2, Double($0) / 2)).rounded()) }
}

/// A layer whose biases, too, are drawn at random.
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

/// A cell of the map: a net of some depth, and of weights of some size, trained.
private func cell(depth: Int, size: Double) -> Variant {
  net("depth-\(depth)-weights-\(shortest(size))", "\(depth) layers, σ_w² = \(shortest(size))", depth, size) { _ in }
}

/// The size next to the edge, where 6 ξ is thousands of layers, more than the map has.
private let nextToEdge = 1.75

/// The sizes whose nets learn up to 6 ξ within a factor of 2, and others, whose nets do so in most seeds only.
private let (along, beside) = ([1.5, 2.5, 3, 3.5, 4], [1, 1.25, 2])

/// The deepest net with weights next to the edge, trained for ten times as many steps, in case it is only slow.
private func longTrained(_ settings: Settings) -> Variant {
  net(
    "edge-long", "the deepest, σ_w² = \(shortest(nextToEdge)), ten times the steps", depths(settings).last!, nextToEdge
  ) { $0.steps *= 10 }
}

private func net(
  _ name: String, _ title: String, _ depth: Int, _ size: Double, adjust: @escaping @Sendable (inout Settings) -> Void
) -> Variant {
  Variant(
    name, title, adjust: adjust, testImages: 1_000, isRecorded: false,
    net: { settings in
      let inner = (0..<depth - 2).flatMap { _ in
        [BiasedLayer(settings.width, settings.width, weightVariance: size), Tanh()] as [Module]
      }
      return Sequential(
        [BiasedLayer(784, settings.width, weightVariance: size), Tanh()] + inner
          + [BiasedLayer(settings.width, 10, weightVariance: size)])
    })
}

/// 6 ξ.
private func limit(_ size: Double) -> Double {
  6 * MeanField(.tanh, weightVariance: size, biasVariance: biasVariance).correlationDepthScale
}

/// The depth up to which nets with weights of this size learn: halfway between the deepest that do and the next.
private func boundary(_ seed: OneSeed, _ size: Double) throws -> Double {
  let depths = depths(seed.settings)
  let trained = try depths.count {
    try seed[MetricNames.finalLoss, cell(depth: $0, size: size)] <= seed.settings.learnedLoss
  }
  let ratio = Double(depths[1]) / Double(depths[0])
  return Double(depths[0]) * pow(ratio, Double(trained) - 0.5)
}

private func limitClaim(_ size: Double) -> Claim {
  Claim(
    "σ_w² = \(shortest(size)): nets learn up to a depth of 6 ξ = \(Int(limit(size).rounded())), within a factor of 2",
    expected: .near(limit(size), withinFactor: 2), source: source + ", which says “about”", about: .trainedMap
  ) { try boundary($0, size) }
}

private let learnsALittle =
  "The paper reads 6 ξ off maps of accuracy, and does not say from when on a net counts as one that learns. Here it does as soon as "
  + "its loss is clearly below that of guessing. In some seeds nets with small weights get there at more than twice 6 ξ, where what "
  + "they have learned is little: on the map their loss is near that of guessing."

private let depthBeyondWidth =
  "The paper’s nets are 300 units wide, and learn at depths up to 300. Nets here are 64 wide, so these are deeper than wide, and "
  + "what chance does in a layer adds up over layers (Hanin and Rolnick 2018, arXiv:1803.01719)."

private let source = "Schoenholz et al. 2017, arXiv:1611.01232"

extension Experiment {
  /// Nets of tanh over depths and sizes of weights. Measured: the loss that each ends at.
  public static let edgeOfChaos = Experiment(
    name: "edge-of-chaos",
    question: "How deep can a net be?",
    settings: [
      .whole("deepest", 160, quick: 40, in: 20...1_280, "layers of the deepest net"),
      .whole("spacing", 1, quick: 4, in: 1...4, "half octaves from one depth to the next"),
      .width(64), .batch(64), .steps(300, quick: 20), .seeds(3, quick: 1, full: 20), .learningRate(0.01),
    ],
    // The paper says “about 6 ξ”; its maps leave open a factor of 2, and depths here are half an octave apart.
    claims: along.map(limitClaim),
    disagreements: beside.map {
      Disagreement(with: limitClaim($0), why: $0 < nextToEdge ? learnsALittle : depthBeyondWidth)
    } + [
      Disagreement(
        with: Claim(
          source: source, about: .trainedMap,
          statement: { settings in
            "σ_w² = \(shortest(nextToEdge)), where 6 ξ is \(Int(limit(nextToEdge))): nets of \(depths(settings).last!) layers "
              + "learn, given ten times the steps"
          },
          expected: { .atMost($0.learnedLoss) },
          measure: { try $0[MetricNames.finalLoss, longTrained($0.settings)] }),
        why: depthBeyondWidth)
    ],
    pictures: [
      .map(
        "map", "Which nets learn: the loss they end at", "tanh, σ_b² = 0.05; median of seeds",
        x: Axis(.linear, "size of weights, σ_w²"), y: Axis(.log, "layers"), key: "loss",
        colors: ColorScale(Scale(.linear, from: 0.5, to: log(10)), .viridis)
      ) { results in
        let fine = stride(from: sizes[0], through: sizes.last!, by: 0.02).map { $0 }
        return CellGrid(
          columns: sizes, rows: depths(results.settings).map(Double.init),
          lines: [.init("line: 6 ξ, where nets should cease to learn", x: fine, y: fine.map(limit))]
        ) { size, depth in results.median(MetricNames.finalLoss, of: cell(depth: Int(depth), size: size)) }
      }
    ]
  ) { settings in
    depths(settings).flatMap { depth in sizes.map { cell(depth: depth, size: $0) } } + [longTrained(settings)]
  }
}

extension Claim.Scope {
  /// Maps whose nets were trained long enough, and that are deep enough to hold the line.
  fileprivate static let trainedMap = Claim.Scope("maps up to 160 layers or more, trained for 300 steps or more") {
    $0.whole("deepest") >= 160 && $0.steps >= 300
  }
}
