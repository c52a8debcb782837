import ExperimentHarness
import Foundation
import Rheoscope

// All layers of a net learn at once. But do they all arrive at once? Each layer makes something of an image. While the net trains
// that changes, and in the end it no longer does. So one can ask of each layer when it began to see images as it will in the end.
// Whether two ways of seeing the same images are alike shows in which images they take for similar: the linear CKA compares, over
// all pairs of images, how similar one finds them with how similar the other does, and is 1 where both always agree, 0 where one
// tells nothing of the other.
//
// What varies is the layer, and whether the net has shortcuts. Measured is this likeness between a layer at a step and the same
// layer at the end, and from it the step at which the layer has arrived; and whether those orders follow the layers' order, as a
// rank correlation: 1 if lower layers always come first, −1 if always last, about 0 if there is no order.
//
// Raghu et al. (2017) found an order: from the bottom up, first the layers near the image, last those near the answer. So it is here,
// but it is a head start: before any training the first layers already see images much as they will in the end. Counted from where
// each layer begins, there is no order: in some seeds lower layers have gone half of their way first, in others upper ones have.
private let plainNet = net("plain", "x → W relu(x)", paths: { $0 == 0 ? "stem" : "blocks.\($0 - 1).1" }) {
  Sequential($1, $2)
}

// With shortcuts each layer hands on what the one before has made, and adds a little to it, so all see much the same.
private let residualNet = net(
  "residual", "x → x + α W relu(x), α = 1/√L", paths: { $0 == 0 ? "stem" : "blocks.\($0 - 1)" }
) { settings, activation, layer in Residual(activation, layer, scale: 1 / Float(settings.depth - 2).squareRoot()) }

/// A net whose layers are looked at: the first one, and what each block gives. The last one gives the answer itself, and is left
/// out.
private func net(
  _ name: String, _ title: String, paths: @escaping @Sendable (Int) -> String,
  block: @escaping @Sendable (Settings, Module, Linear) -> Module
) -> Variant {
  @Sendable func layers(_ settings: Settings) -> [String] { (0..<settings.depth - 1).map(paths) }
  return Variant(
    name, title,
    probes: { context in
      let similarity = SimilarityToFinal(on: try context.data().test.batch(at: 0..<200).inputs, looks: 100)
      return .standard.every(50) + ProbeSet(similarity).on(.logarithmic())
    },
    also: { context, trained in
      let run = trained.run!, measures = try run.measures("similarity_to_final")
      let curves = layers(context.settings).map { path in
        let site = run.sites.first { $0.path == path }!.id
        return measures.filter { $0.site == site }
      }
      let depths = curves.indices.map { Double($0 + 1) }
      let arrivals = curves.map { arrival($0, at: 0.9) }
      // Half of the way from where the layer began.
      let halves = curves.map { curve in arrival(curve, at: (curve[0].value + 1) / 2) }
      context.report(order, rankCorrelation(depths, curves.map(lateness)))
      context.report(orderAtStart, rankCorrelation(depths, curves.map { 1 - $0[0].value }))
      context.report(orderOfHalfWays, rankCorrelation(depths, halves))
      context.report("order of arrival at 0.9", rankCorrelation(depths, arrivals))
      context.report("arrival of the last", arrivals.last!)
      context.report("arrivals", arrivals.map { $0 + 1 }, over: depths)
      context.report("steps", rows: [curves[0].map { Double($0.step) + 1 }])
      context.report("similarities", rows: curves.map { $0.map(\.value) })
    },
    net: { settings in
      DeepNet(settings, initializer: .heNormal, activation: { ReLU() }) { block(settings, $0, $1) }
    })
}

private let order = "order of lateness", orderAtStart = "order at the start", orderOfHalfWays = "order of half ways"

/// How far a layer is, on the average over a logarithmic axis of steps, from what it ends as: the area above its curve.
private func lateness(_ curve: [Measure]) -> Double {
  zip(curve, curve.dropFirst()).reduce(0) { area, pair in
    let (from, to) = pair
    return area + (2 - from.value - to.value) / 2 * log(Double(to.step + 1) / Double(from.step + 1))
  }
}

/// The first step of those looked at from which on a layer's similarity to what it ends as is never below a level.
private func arrival(_ curve: [Measure], at level: Double) -> Double {
  let next = (curve.lastIndex { $0.value < level } ?? -1) + 1
  return Double(curve[min(next, curve.count - 1)].step)
}

/// Similarities over steps, a line a layer.
private func panel(_ results: Results, _ variant: Variant, _ colors: ColorScale) -> Panel {
  let steps = results.tables("steps", of: variant)[0][0], layers = results.tables("similarities", of: variant)[0]
  return Panel(
    title: variant.name, x: Axis(.log, "step, the first being 1"),
    y: Axis(.linear, "similarity to what the layer ends as", range: 0...1.02),
    marks: layers.enumerated().map { layer, values in
      let place = colors.scale.fraction(of: Double(layer + 1)) ?? 0
      return LineMark(x: steps, y: values, color: .fixed(colors.map.color(at: place)))
    })
}

/// Twelve layers in random order have a rank correlation of 0.503 or more once in twenty times.
private func claim(_ statement: String, _ net: Variant, _ order: String) -> Claim {
  Claim(
    statement, net, order, .atLeast(0.503),
    source: "Raghu et al. 2017, arXiv:1706.05806; 0.503: critical value for twelve ranks at 5 % (Zar 1972)",
    about: Claim.Scope("13 layers that are trained for 500 steps or more") { $0.depth == 13 && $0.steps >= 500 })
}

extension Experiment {
  /// A plain and a residual net, and how far each of their layers has come.
  ///
  /// Measured, at steps that lie evenly on a logarithmic axis: the similarity of what a layer makes of 200 test images to what it
  /// will make of them in the end. A layer's lateness is how far it is from that on the average over these steps; its arrival, the
  /// first step from which on the similarity is 0.9 or more; its half way, the same from where it began to 1. Each order is the rank
  /// correlation with the layer's number: 1 is strictly from the bottom up, −1 from the top down.
  public static let layersFirst = Experiment(
    name: "layers-first",
    question: "Which layers learn first?",
    settings: [
      .depth(13), .width(64), .batch(64), .steps(1000, quick: 500), .seeds(3, quick: 1, full: 20), .learningRate(0.02),
    ],
    variants: [plainNet, residualNet],
    claims: [plainNet, residualNet].flatMap { net in
      [
        claim("\(net.name): the lower a layer, the sooner it is what it ends as (rank correlation)", net, order),
        claim("\(net.name): the lower a layer, the nearer it is to that before any training", net, orderAtStart),
      ]
    },
    disagreements: [plainNet, residualNet].map { net in
      Disagreement(
        with: claim("\(net.name): the lower a layer, the sooner it has gone half of its way", net, orderOfHalfWays),
        why:
          "Seen from where each layer begins there is no order that all seeds share: the order is one of head starts.")
    },
    pictures: [
      ExperimentFigure("similarity", "How much each layer already is what it ends as, over steps, a line a layer") {
        results in
        let colors = ColorScale(Scale(.linear, from: 1, to: Double(results.settings.depth - 1)), .viridis)
        return Figure(
          title: "How much a layer already is what it ends as · layers-first",
          subtitle: "linear CKA on 200 test images, seed 0; a line a layer",
          panels: [plainNet, residualNet].map { panel(results, $0, colors) }, columns: 2,
          colorBar: ColorBar(colors, title: "layer, 1 at the input"),
          description: "Similarity of each layer to what it ends as over steps, in a plain and in a residual net.",
          size: Size(width: 1100, height: 480))
      },
      .curves(
        "arrivals", "The step from which on a layer is nearly what it ends as", of: "arrivals",
        x: Axis(.integer, "layer", ends: ("input", "output")), y: Axis(.log, "step, the first being 1")),
      .chart("convergence"),
    ])
}
