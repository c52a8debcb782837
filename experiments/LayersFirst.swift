import ExperimentHarness
import Foundation
import Rheoscope

// All layers of a net are trained at the same time, but do they converge at the same time? The representation of a layer
// changes during training, and finally stops changing. So one can ask when each layer reaches its final representation.
// Linear CKA measures the similarity of two representations of the same images: it compares, over all pairs of images, how
// similar the two representations find them. It is 1 where they always agree, and 0 where they are independent.
//
// The layer varies, and whether the net has skip connections. Measured is the similarity between a layer at a step and the
// same layer after training, from it the step at which the layer has converged, and whether these steps follow the order of
// layers, as a rank correlation: 1 if lower layers always converge first, −1 if always last, about 0 if there is no order.
//
// Raghu et al. (2017) found that layers converge from the bottom up. The same holds here, but it is a head start: before any
// training the first layers are already similar to their final representations. Measured from where each layer begins, there
// is no order: in some seeds lower layers cover half of the distance first, in others upper layers do.
private let plainNet = net("plain", "x → W relu(x)", paths: { $0 == 0 ? "stem" : "blocks.\($0 - 1).1" }) {
  Sequential($1, $2)
}

// With skip connections each layer passes on its input and adds a little to it, so the representations of all layers are
// similar.
private let residualNet = net(
  "residual", "x → x + α W relu(x), α = 1/√L", paths: { $0 == 0 ? "stem" : "blocks.\($0 - 1)" }
) { settings, activation, layer in Residual(activation, layer, scale: 1 / Float(settings.depth - 2).squareRoot()) }

/// A net whose layers are compared with themselves after training: the first layer and the output of each block. The last
/// layer gives the logits, and is left out.
private func net(
  _ name: String, _ title: String, paths: @escaping @Sendable (Int) -> String,
  block: @escaping @Sendable (Settings, Module, Linear) -> Module
) -> Variant {
  @Sendable func layers(_ settings: Settings) -> [String] { (0..<settings.depth - 1).map(paths) }
  return Variant(
    name, title,
    probes: { context in
      let similarity = SimilarityToFinal(on: try context.data().test.batch(at: 0..<200).inputs, observations: 100)
      return .standard.every(50) + ProbeSet(similarity).on(.logarithmic())
    },
    afterTraining: { context, trained in
      let run = trained.run!, measures = try run.measures("similarity_to_final")
      let curves = layers(context.settings).map { path in
        let site = run.sites.first { $0.path == path }!.id
        return measures.filter { $0.site == site }
      }
      let depths = curves.indices.map { Double($0 + 1) }
      let arrivals = curves.map { arrival($0, at: 0.9) }
      // Half of the distance from the similarity at the start to 1.
      let halves = curves.map { curve in arrival(curve, at: (curve[0].value + 1) / 2) }
      context.report(order, rankCorrelation(depths, curves.map(lateness)))
      context.report(orderAtStart, rankCorrelation(depths, curves.map { 1 - $0[0].value }))
      context.report(orderOfHalfWaySteps, rankCorrelation(depths, halves))
      context.report("order of arrival at 0.9", rankCorrelation(depths, arrivals))
      context.report("arrival of the last layer", arrivals.last!)
      context.report("arrivals", arrivals.map { $0 + 1 }, over: depths)
      context.report("steps", rows: [curves[0].map { Double($0.step) + 1 }])
      context.report("similarities", rows: curves.map { $0.map(\.value) })
    },
    net: { settings in
      DeepNet(settings, initializer: .heNormal, activation: { ReLU() }) { block(settings, $0, $1) }
    })
}

private let order = "order of lateness", orderAtStart = "order at the start",
  orderOfHalfWaySteps = "order of half-way steps"

/// The mean distance 1 − similarity of a layer from its final representation over a logarithmic axis of steps: the area above
/// its curve.
private func lateness(_ curve: [Measure]) -> Double {
  zip(curve, curve.dropFirst()).reduce(0) { area, pair in
    let (from, to) = pair
    return area + (2 - from.value - to.value) / 2 * log(Double(to.step + 1) / Double(from.step + 1))
  }
}

/// The first recorded step from which on the similarity of a layer to its final representation is never below a level.
private func arrival(_ curve: [Measure], at level: Double) -> Double {
  let next = (curve.lastIndex { $0.value < level } ?? -1) + 1
  return Double(curve[min(next, curve.count - 1)].step)
}

/// Similarities over steps, one line per layer.
private func panel(_ results: Results, _ variant: Variant, _ colors: ColorScale) -> Panel {
  let steps = results.tables("steps", of: variant)[0][0], layers = results.tables("similarities", of: variant)[0]
  return Panel(
    title: variant.name, x: Axis(.log, "step (first = 1)"),
    y: Axis(.linear, "similarity to the trained layer", range: 0...1.02),
    marks: layers.enumerated().map { layer, values in
      let fraction = colors.scale.fraction(of: Double(layer + 1)) ?? 0
      return LineMark(x: steps, y: values, color: .fixed(colors.map.color(at: fraction)))
    })
}

/// Twelve layers in random order have a rank correlation of 0.503 or more with a probability of 5 %.
private func claim(_ statement: String, _ net: Variant, _ order: String) -> Claim {
  Claim(
    .finding,
    statement, net, order, .atLeast(0.503),
    source: "Raghu et al. 2017, arXiv:1706.05806; 0.503: critical value for twelve ranks at 5 % (Zar 1972)",
    appliesTo: Claim.Scope("nets of 13 layers, trained for 500 steps or more") { $0.depth == 13 && $0.steps >= 500 })
}

extension Experiment {
  /// A plain and a residual net, and how each of their layers converges.
  ///
  /// Measured, at steps that are evenly spaced on a logarithmic axis: the similarity of a layer's representation of 200 test
  /// images to its final representation. A layer's lateness is its mean distance from the final representation over these
  /// steps; its arrival is the first step from which on the similarity is 0.9 or more; its half-way step is the same for half
  /// of the distance from its start to 1. Each order is the rank correlation with the layer's number: 1 is strictly from the
  /// bottom up, −1 from the top down.
  public static let layersFirst = Experiment(
    name: "layers-first",
    question: "Which layers learn first?",
    settings: [
      .depth(13), .width(64), .batch(64), .steps(1000, quick: 500), .seeds(3, quick: 1, full: 20), .learningRate(0.02),
    ],
    variants: [plainNet, residualNet],
    claims: [plainNet, residualNet].flatMap { net in
      [
        claim(
          "\(net.name): the lower a layer, the sooner it is similar to the trained layer (rank correlation)", net, order
        ),
        claim(
          "\(net.name): the lower a layer, the more similar it is to the trained layer before training (rank correlation)",
          net, orderAtStart),
      ]
    },
    disagreements: [plainNet, residualNet].map { net in
      Disagreement(
        with: claim(
          "\(net.name): the lower a layer, the sooner it has covered half of its distance to the trained layer (rank correlation)",
          net, orderOfHalfWaySteps),
        reason:
          "Measured from where each layer begins, there is no order that all seeds share: the order is one of head starts."
      )
    },
    figures: [
      ExperimentFigure("similarity", "Similarity of each layer to the trained layer over steps") {
        results in
        let colors = ColorScale(Scale(.linear, from: 1, to: Double(results.settings.depth - 1)), .viridis)
        return Figure(
          title: "Similarity of each layer to the trained layer · layers-first",
          subtitle: "linear CKA on 200 test images, seed 0; one line per layer",
          panels: [plainNet, residualNet].map { panel(results, $0, colors) }, columns: 2,
          colorBar: ColorBar(colors, title: "layer (1 = input)"),
          description: "Similarity of each layer to the trained layer over steps, in a plain and in a residual net.",
          size: Size(width: 1100, height: 480))
      },
      .curves(
        "arrivals", "The step from which on the similarity to the trained layer is 0.9 or more", of: "arrivals",
        x: Axis(.integer, "layer", ends: ("input", "output")), y: Axis(.log, "step (first = 1)")),
      .chart("convergence"),
    ])
}
