import ExperimentHarness
import Foundation
import Rheoscope

// The gradient says which way is down, and how steep it is here. It does not say how far one can go. A valley whose floor is
// curved like λ x² / 2 sends a step of η times the gradient to (1 − ηλ) x: across the floor and up the other side, farther
// than it came from, if η is greater than 2/λ. A net's loss is curved differently in each direction that its weights can take;
// the sharpest curve, λ_max, is the first to throw gradient descent out. λ_max is measured without any step: moving the weights a
// little in some direction changes the gradient, the more the sharper the loss is curved in that direction, and taking that change
// for the next direction, again and again, turns to the sharpest. (The change is computed exactly, by backpropagation of a gradient.)
//
// A net's loss is no parabola, and λ_max changes as weights do. Nets with small weights get sharper for as long as descent lets
// them (Cohen et al. 2021), those with large weights may get flatter at the first step. So λ_max is measured twice, where training
// begins and where the loss rises.
//
// Where exactly? A step from w by −ηg changes the loss by −η g² + η²/2 of g times the curvatures times g, as if curvatures were the
// same all along the step. They are not, and counted for the loss are most of all those at the step's beginning; the one place that
// stands best for all of the step is a third of the way along it (Gauss's rule for the remainder of Taylor's series).
//
// What varies is the net, so that λ_max is from under one to thousands; then, with one net, the learning rate. Measured are λ_max
// and the smallest learning rate at which the loss rises in a step; then how large gradients and updates are while it trains.

/// ReLU with weights of variance σ²/n.
private func reluNet(_ weightVariance: Double) -> Variant {
  net("relu-\(shortest(weightVariance))", "ReLU, weights of variance \(shortest(weightVariance))/n") {
    DeepNet($0, initializer: .normal(weightVariance: weightVariance), activation: { ReLU() })
  }
}

private let deepNet = net("deep", "ReLU, 20 layers, He weights", depth: 20) {
  DeepNet($0, initializer: .heNormal, activation: { ReLU() })
}

/// Nets that differ in how large their weights are, in depth, in activation, in what else they have, and in how bright images are.
private let nets = [
  reluNet(0.5), reluNet(1), reluNet(2), reluNet(3),
  deepNet,
  net("tanh", "tanh, Xavier weights") { DeepNet($0, initializer: .xavierNormal, activation: { Tanh() }) },
  net("layer-norm", "ReLU behind layer norm, He weights") { settings in
    DeepNet(settings, initializer: .heNormal, activation: { Sequential(LayerNorm(settings.width), ReLU()) })
  },
  net("residual", "x → x + α W relu(x), α = 1/√18, 20 layers, He weights", depth: 20) { settings in
    DeepNet(settings, initializer: .heNormal, activation: { ReLU() }) {
      Residual($0, $1, scale: 1 / Float(18).squareRoot())
    }
  },
  net("bright", "no hidden layer, images ten times as bright", brightness: 10) { _ in Linear(784, 10) },
  net("dim", "no hidden layer, images a tenth as bright", brightness: 0.1) { _ in Linear(784, 10) },
]

/// A net whose loss for the same images, at every step the same, is made smaller at rates from far too small upward.
private func net(
  _ name: String, _ title: String, depth: Int? = nil, brightness: Float = 1,
  _ make: @escaping @Sendable (Settings) -> Module
) -> Variant {
  Variant(name, title, adjust: { $0.depth = depth ?? $0.depth }) { context in
    let slope = try Slope(context, make(context.settings), brightness: brightness)
    // By factors of two up to the first rate at which the loss rises, and then by halves in between.
    var works = 1e-5
    while works < 1e6, slope.firstRise(at: 2 * works) == nil { works *= 2 }
    var fails = 2 * works
    for _ in 0..<4 {
      let middle = (works * fails).squareRoot()
      if slope.firstRise(at: middle) == nil { works = middle } else { fails = middle }
    }
    let rate = (works * fails).squareRoot()
    let sharpnessAtRise = slope.firstRise(at: fails).map { slope.sharpness(onStep: $0, at: fails) }
    context.report(startCurvature, slope.sharpness)
    context.report(curvature, sharpnessAtRise)
    context.report(firstRise, rate)
    context.report(startShare, rate * slope.sharpness / 2)
    context.report(share, sharpnessAtRise.map { rate * $0 / 2 })
  }
}

private let startCurvature = "λ_max at the start", curvature = "λ_max at the rise",
  firstRise = "rate at which the loss rises"
private let startShare = "rate × λ_max at the start / 2", share = "rate × λ_max at the rise / 2"

/// A net where it begins, and the images whose loss is to be made smaller.
private struct Slope {
  let model: Module
  let sharpness: Double
  private let images: Batch
  private let inputs: Tensor
  private let steps: Int
  private let begin: [Tensor]

  init(_ context: TrialContext, _ model: Module, brightness: Float = 1) throws {
    let seed = UInt64(context.seed)
    model.initialize(seed: seed)
    let images = try context.data().train.batches(of: context.settings.batch, seed: seed).first { _ in true }!
    let inputs = images.inputs * brightness
    sharpness = Hessian(of: crossEntropy(model(inputs), images.labels), for: model).largestEigenvalue()
    begin = model.parameters.map(\.parameter.value)
    (self.model, self.images, self.inputs, steps) = (model, images, inputs, context.settings.steps)
  }

  var loss: Tensor { crossEntropy(model(inputs), images.labels) }

  /// The first step of gradient descent at this rate that makes the loss larger, by more than the millionth that 32 bits may
  /// be wrong by; nil if none of the first ones does.
  func firstRise(at rate: Double) -> Int? {
    var last = Float.infinity
    return descent(at: rate).prefix(steps + 1).enumerated().first { _, loss in
      defer { last = loss }
      return !(loss <= last * (1 + 1e-6))
    }.map { $0.offset - 1 }
  }

  /// λ_max a third of the way along a step at this rate, the first being step 0.
  func sharpness(onStep step: Int, at rate: Double) -> Double {
    for _ in descent(at: rate).prefix(step) {}
    loss.backward()
    SGD(model, learningRate: Float(rate / 3)).step()
    return Hessian(of: loss, for: model).largestEigenvalue()
  }

  /// The losses of gradient descent from where the net begins, each before its step.
  private func descent(at rate: Double) -> some Sequence<Float> {
    for (parameter, value) in zip(model.parameters, begin) { parameter.parameter.set(value) }
    let optimizer = SGD(model, learningRate: Float(rate))
    return sequence(state: ()) { _ in
      let loss = loss
      loss.backward()
      optimizer.step()
      return loss.value
    }
  }
}

// One of these nets at four rates, given as shares of 2/λ_max, and watched: how large is its gradient, how far do its weights move?
private let shares = [0.03, 0.1, 0.3, 2]
private let watched = shares.map { part in
  Variant("rate-\(shortest(part))", "relu-2 at \(shortest(part)) times 2/λ_max") { context in
    let slope = try Slope(context, DeepNet(context.settings, initializer: .heNormal, activation: { ReLU() }))
    let optimizer = SGD(slope.model, learningRate: Float(part * 2 / slope.sharpness))
    let recorder = try context.recorder(slope.model, optimizer, meta: ["classes": "10", "optimizer": "SGD"])
    var losses: [Double] = [], sizes: [Double] = []
    for _ in 0..<context.settings.whole("watched-steps") {
      let loss = slope.loss
      loss.backward()
      let squares = slope.model.parameters.map {
        pow(Double($0.parameter.gradient!.rms), 2) * Double($0.parameter.shape.elementCount)
      }
      sizes.append(squares.reduce(0, +).squareRoot())
      losses.append(Double(loss.value))
      optimizer.step()
      try recorder.step(loss: loss)
    }
    let run = try recorder.finish()
    let places = losses.indices.map(Double.init)
    context.report("loss", losses, over: places)
    context.report("gradient", sizes, over: places)
    context.report("steps up", Double(zip(losses, losses.dropFirst()).count { !($1 <= $0) }))
    let updates = try run.weights(.updateNorm), weights = try run.weights(.norm)
    let first = updates.parameters.firstIndex { $0.path == "stem.weight" }!
    context.report(
      "first update / weight", updates[first, 0].flatMap { update in weights[first, 0].map { update / $0 } })
  }
}

private let source = "LeCun et al. 1998; Cohen et al. 2021, arXiv:2103.00065"

private func limitClaim(_ net: Variant) -> Claim {
  Claim(
    "\(net.name): the loss first rises at a rate of 2/λ_max, within a factor of 2 (rate × λ_max / 2)", net, share,
    .near(1, withinFactor: 2), source: source, about: enoughSteps)
}

private let enoughSteps = Claim.Scope("60 steps or more at each rate") { $0.steps >= 60 }

/// By how large a factor 2/λ_max of where training begins misses the rate, for the net where that is most.
private func largestMiss(_ seed: OneSeed) throws -> Double {
  try nets.map { exp(abs(log(try seed[startShare, $0]))) }.max()!
}

private func span(_ seed: OneSeed) throws -> Double {
  let all = try nets.map { try seed[curvature, $0] }
  return all.max()! / all.min()!
}

extension Experiment {
  /// Nets of many curvatures. Measured: λ_max where they begin, and the smallest rate at which gradient descent on the same images
  /// at every step makes the loss larger in one of its first steps. Then one net at four rates: gradients and updates over steps.
  public static let learningRate = Experiment(
    name: "learning-rate",
    question: "How does the learning rate meet the gradient's size?",
    settings: [
      .depth(5), .width(64), .batch(256), .steps(60, quick: 20),
      .whole("watched-steps", 200, quick: 50, in: 2...1_000_000, "steps of the nets that are watched"),
      .seeds(3, quick: 1, full: 20),
    ],
    variants: nets + watched,
    claims: nets.filter { $0.name != deepNet.name }.map(limitClaim) + [
      Claim(
        "the same for all of them together (geometric mean over nets)",
        expected: .near(1, withinFactor: 2), source: source
      ) { seed in
        exp(try nets.reduce(0) { $0 + log(try seed[share, $1]) } / Double(nets.count))
      },
      Claim("λ_max of these nets spans two decades or more", expected: .atLeast(100), source: "choice of nets") {
        seed in
        try span(seed)
      },
      // With the ends of two decades a factor of two off, one up and one down, the line is log 4 / log 100 = 0.3 too flat or
      // too steep.
      Claim(
        "over all nets the rate is as some power of λ_max, and that power is −1", expected: .near(-1, within: 0.3),
        source: source
      ) { seed in
        let points = try nets.map { (depth: log(try seed[curvature, $0]), value: try seed[firstRise, $0]) }
        return GeometricFit(points).map { -log($0.factorPerLayer) } ?? .nan
      },
      Claim(
        "relu-0.5 gets sharper on its way: the loss rises at a rate below 2/λ_max of the start", nets[0], startShare,
        .atMost(1), source: "Cohen et al. 2021, arXiv:2103.00065"),
      Claim(
        "relu-3 does not: the loss rises only at a rate above 2/λ_max of the start", nets[3], startShare, .atLeast(1),
        source: "Lewkowycz et al. 2020, arXiv:2003.02218"),
      Claim(
        "at twice 2/λ_max the loss goes up at some step", watched[3], "steps up", .atLeast(1), source: source),
      // Two runs' first steps differ in nothing but the rate; in 32 bits small updates are right to some 10⁻⁴.
      Claim(
        "the first update is larger by as much as the rate is: 0.3 / 0.03", expected: .near(10, withinShare: 1e-3),
        source: "ΔW = −η dL/dW"
      ) { try $0["first update / weight", watched[2]] / $0["first update / weight", watched[0]] },
    ],
    disagreements: [
      Disagreement(
        with: limitClaim(deepNet),
        why:
          "In a deep net of ReLU each step makes many units fall silent or speak. The loss has a kink at each, and a kink bends it "
          + "without any second derivative, so λ_max is less than what descent meets with. Whether that is all of the reason was "
          + "not tried."),
      Disagreement(
        with: Claim(
          "2/λ_max of where training begins tells the rate within a factor of 2, for each net (the largest factor it is off by)",
          expected: .atMost(2), source: "LeCun et al. 1998, for parabolas"
        ) { try largestMiss($0) },
        why:
          "Losses of nets are no parabolas. Those of nets with small weights get sharper as they are trained (Cohen et al. 2021), "
          + "so that λ_max where training begins promises rates that are too large."),
    ],
    pictures: [
      ExperimentFigure("limit", "The rate at which the loss first rises, over the largest curvature") { results in
        var panel = Panel(x: Axis(.log, "λ_max"), y: Axis(.log, "rate"))
        let all = nets.flatMap { results.values(curvature, of: $0).compactMap { $0 } }
        let ends = [all.min()! / 1.5, all.max()! * 1.5]
        panel.marks.append(LineMark(x: ends, y: ends.map { 2 / $0 }, color: .text, dash: [6, 4]))
        panel.legend.append(LegendEntry("2/λ_max", color: .text, sample: .line([6, 4], width: 1.5)))
        panel.legend.append(
          LegendEntry("from λ_max at the start", color: .muted, sample: .line([], width: 1)))
        for (index, net) in nets.enumerated() {
          let numbers = [startCurvature, curvature, firstRise].map { results.values($0, of: net).map { $0 ?? .nan } }
          for seed in numbers[0].indices {
            panel.marks.append(
              LineMark(
                x: [numbers[0][seed], numbers[1][seed]], y: [numbers[2][seed], numbers[2][seed]],
                color: .series(index).opacity(0.4), width: 1))
          }
          panel.marks.append(
            DotMark(x: numbers[1], y: numbers[2], color: .series(index), shape: .ofSeries(index), size: 8))
          panel.legend.append(LegendEntry(net.name, color: .series(index), sample: .dot(.ofSeries(index))))
        }
        return Figure(
          title: "The rate at which the loss first rises · learning-rate",
          subtitle: "a dot a seed: λ_max on the step by which the loss rises",
          panels: [panel], description: "Rates over curvatures of \(nets.count) nets, beside the line 2/λ_max.")
      },
      .curves(
        "loss", "The loss over steps, at rates that are shares of 2/λ_max", of: "loss", x: Axis(.integer, "step"),
        y: Axis(.log, "loss")),
      .curves(
        "gradient", "The gradient’s size over steps", of: "gradient", x: Axis(.integer, "step"),
        y: Axis(.log, "‖dL/dW‖, all weights")),
      .chart("update-ratio"),
    ])
}
