import ExperimentHarness
import Foundation
import Rheoscope

// The gradient is the direction and steepness of the loss at the current weights. It does not say how large a step may be. On
// a parabola λ x² / 2 a step of η times the gradient leads to (1 − ηλ) x: to the other side of the minimum, and farther from
// it than before, if η is greater than 2/λ. The loss of a net has a different curvature in each direction of weight space;
// the largest curvature, λ_max, limits the learning rate of gradient descent. λ_max is the largest eigenvalue of the Hessian,
// found by power iteration: moving the weights in some direction changes the gradient, and that change, taken as the next
// direction again and again, converges to the direction of largest curvature. (The change is computed exactly, by a backward
// pass through the gradient.)
//
// The loss of a net is no parabola, and λ_max changes during training. For nets with small weights λ_max grows for as long as
// gradient descent is stable (Cohen et al. 2021); for nets with large weights it may fall at the first step. So λ_max is
// measured twice: at initialization, and at the step where the loss rises.
//
// At which point of that step? A step from w by −ηg changes the loss by −η g² + η²/2 · gᵀHg, as if the Hessian H were
// constant along the step. It is not, and in Taylor's remainder the curvature at the beginning of the step counts most; the
// single point that represents the step best is one third along it (Gauss quadrature of the remainder).
//
// The net varies, so that λ_max is from below one to thousands; then, for one net, the learning rate varies. Measured are
// λ_max and the smallest learning rate at which the loss rises in a step, and the size of gradients and updates during
// training.

/// ReLU with weights of variance σ²/n.
private func reluNet(_ weightVariance: Double) -> Variant {
  net("relu-\(formatShortest(weightVariance))", "ReLU, weights of variance \(formatShortest(weightVariance))/n") {
    DeepNet($0, initializer: .normal(weightVariance: weightVariance), activation: { ReLU() })
  }
}

private let deepNet = net("deep", "ReLU, 20 layers, He initialization", depth: 20) {
  DeepNet($0, initializer: .heNormal, activation: { ReLU() })
}

/// Nets that differ in the variance of their weights, in depth, in activation, in normalization or residual connections, and
/// in the scale of their inputs.
private let nets = [
  reluNet(0.5), reluNet(1), reluNet(2), reluNet(3),
  deepNet,
  net("tanh", "tanh, Xavier initialization") { DeepNet($0, initializer: .xavierNormal, activation: { Tanh() }) },
  net("layer-norm", "layer norm and ReLU, He initialization") { settings in
    DeepNet(settings, initializer: .heNormal, activation: { Sequential(LayerNorm(settings.width), ReLU()) })
  },
  net("residual", "x → x + α W relu(x), α = 1/√18, 20 layers, He initialization", depth: 20) { settings in
    DeepNet(settings, initializer: .heNormal, activation: { ReLU() }) {
      Residual($0, $1, scale: 1 / Float(18).squareRoot())
    }
  },
  net("bright", "no hidden layer, inputs times 10", inputScale: 10) { _ in Linear(784, 10) },
  net("dim", "no hidden layer, inputs times 0.1", inputScale: 0.1) { _ in Linear(784, 10) },
]

/// A net that is trained by gradient descent on the same images at every step, at learning rates from far too small upward.
private func net(
  _ name: String, _ title: String, depth: Int? = nil, inputScale: Float = 1,
  _ make: @escaping @Sendable (Settings) -> Module
) -> Variant {
  Variant(name, title, adjust: { $0.depth = depth ?? $0.depth }) { context in
    let descent = try Descent(context, make(context.settings), inputScale: inputScale)
    // Factors of two up to the first learning rate at which the loss rises, then bisection on a logarithmic scale.
    var works = 1e-5
    while works < 1e6, descent.firstRise(at: 2 * works) == nil { works *= 2 }
    var fails = 2 * works
    for _ in 0..<4 {
      let middle = (works * fails).squareRoot()
      if descent.firstRise(at: middle) == nil { works = middle } else { fails = middle }
    }
    let rate = (works * fails).squareRoot()
    let sharpnessAtRise = descent.firstRise(at: fails).map { descent.sharpness(onStep: $0, at: fails) }
    context.report(startCurvature, descent.sharpness)
    context.report(curvature, sharpnessAtRise)
    context.report(firstRise, rate)
    context.report(startShare, rate * descent.sharpness / 2)
    context.report(share, sharpnessAtRise.map { rate * $0 / 2 })
  }
}

private let startCurvature = "λ_max at the start", curvature = "λ_max at the rise",
  firstRise = "learning rate at which the loss rises"
private let startShare = "learning rate × λ_max at the start / 2", share = "learning rate × λ_max at the rise / 2"

/// A net at initialization, and the images whose loss is minimized.
private struct Descent {
  let model: Module
  let sharpness: Double
  private let images: Batch
  private let inputs: Tensor
  private let steps: Int
  private let initialValues: [Tensor]

  init(_ context: TrialContext, _ model: Module, inputScale: Float = 1) throws {
    let seed = UInt64(context.seed)
    model.initialize(seed: seed)
    let images = try context.data().train.batches(of: context.settings.batch, seed: seed).first { _ in true }!
    let inputs = images.inputs * inputScale
    sharpness = Hessian(of: crossEntropy(model(inputs), images.labels), for: model).largestEigenvalue()
    initialValues = model.parameters.map(\.parameter.value)
    (self.model, self.images, self.inputs, steps) = (model, images, inputs, context.settings.steps)
  }

  var loss: Tensor { crossEntropy(model(inputs), images.labels) }

  /// The first step of gradient descent at this learning rate that increases the loss, by more than the float32 rounding
  /// error of 10⁻⁶; nil if none of the first `steps` does.
  func firstRise(at rate: Double) -> Int? {
    var last = Float.infinity
    return losses(at: rate).prefix(steps + 1).enumerated().first { _, loss in
      defer { last = loss }
      return !(loss <= last * (1 + 1e-6))
    }.map { $0.offset - 1 }
  }

  /// λ_max one third along a step at this learning rate; steps count from 0.
  func sharpness(onStep step: Int, at rate: Double) -> Double {
    for _ in losses(at: rate).prefix(step) {}
    loss.backward()
    SGD(model, learningRate: Float(rate / 3)).step()
    return Hessian(of: loss, for: model).largestEigenvalue()
  }

  /// The losses of gradient descent from the initial weights, each before its step.
  private func losses(at rate: Double) -> some Sequence<Float> {
    for (parameter, value) in zip(model.parameters, initialValues) { parameter.parameter.set(value) }
    let optimizer = SGD(model, learningRate: Float(rate))
    return sequence(state: ()) { _ in
      let loss = loss
      loss.backward()
      optimizer.step()
      return loss.value
    }
  }
}

// One of these nets at four learning rates, given as fractions of 2/λ_max: how large is its gradient, and how far do its
// weights move?
private let stepsUp = "steps at which the loss rises", firstUpdate = "first update / weight"
private let shares = [0.03, 0.1, 0.3, 2]
private let trainedNets = shares.map { part in
  Variant("rate-\(formatShortest(part))", "relu-2 at \(formatShortest(part)) times 2/λ_max") { context in
    let descent = try Descent(context, DeepNet(context.settings, initializer: .heNormal, activation: { ReLU() }))
    let optimizer = SGD(descent.model, learningRate: Float(part * 2 / descent.sharpness))
    let recorder = try context.recorder(descent.model, optimizer, meta: ["classes": "10", "optimizer": "SGD"])
    var losses: [Double] = [], sizes: [Double] = []
    for _ in 0..<context.settings.whole("watched-steps") {
      let loss = descent.loss
      loss.backward()
      let squares = descent.model.parameters.map {
        pow(Double($0.parameter.gradient!.rms), 2) * Double($0.parameter.shape.elementCount)
      }
      sizes.append(squares.reduce(0, +).squareRoot())
      losses.append(Double(loss.value))
      optimizer.step()
      try recorder.step(loss: loss)
    }
    let run = try recorder.finish()
    let steps = losses.indices.map(Double.init)
    context.report(MetricNames.loss, losses, over: steps)
    context.report(MetricNames.gradient, sizes, over: steps)
    context.report(stepsUp, Double(zip(losses, losses.dropFirst()).count { !($1 <= $0) }))
    let updates = try run.weights(.updateNorm), weights = try run.weights(.norm)
    let first = updates.parameters.firstIndex { $0.path == "stem.weight" }!
    context.report(
      firstUpdate, updates[first, 0].flatMap { update in weights[first, 0].map { update / $0 } })
  }
}

private let source = "LeCun et al. 1998; Cohen et al. 2021, arXiv:2103.00065"

private func limitClaim(_ net: Variant) -> Claim {
  Claim(
    .finding,
    "\(net.name): the loss first rises at a learning rate of 2/λ_max, within a factor of 2 (learning rate × λ_max / 2)",
    net, share,
    .near(1, withinFactor: 2), source: source, appliesTo: enoughSteps)
}

private let enoughSteps = Claim.Scope("60 steps or more per learning rate") { $0.steps >= 60 }

/// The largest factor, over nets, by which 2/λ_max at initialization differs from the learning rate at which the loss rises.
private func largestMiss(_ seed: SeedResults) throws -> Double {
  try nets.map { exp(abs(log(try seed[startShare, $0]))) }.max()!
}

private func span(_ seed: SeedResults) throws -> Double {
  let all = try nets.map { try seed[curvature, $0] }
  return all.max()! / all.min()!
}

extension Experiment {
  /// Nets of many curvatures. Measured: λ_max at initialization, and the smallest learning rate at which gradient descent on
  /// the same images at every step increases the loss in one of its first steps. Then one net at four learning rates:
  /// gradients and updates over steps.
  public static let learningRate = Experiment(
    name: "learning-rate",
    question: "How large can the learning rate be?",
    settings: [
      .depth(5), .width(64), .batch(256), .steps(60, quick: 20),
      .whole(
        "watched-steps", 200, quick: 50, in: 2...1_000_000,
        "training steps of the net that is trained at four learning rates"),
      .seeds(3, quick: 1, full: 20),
    ],
    variants: nets + trainedNets,
    claims: nets.filter { $0.name != deepNet.name }.map(limitClaim) + [
      Claim(
        .finding,
        "the same holds for the geometric mean over nets (learning rate × λ_max / 2)",
        expected: .near(1, withinFactor: 2), source: source
      ) { seed in
        exp(try nets.reduce(0) { $0 + log(try seed[share, $1]) } / Double(nets.count))
      },
      Claim(
        .finding,
        "λ_max of these nets spans two decades or more (largest / smallest)", expected: .atLeast(100),
        source: "choice of nets"
      ) {
        seed in
        try span(seed)
      },
      // If the ends of two decades are off by a factor of two, one up and one down, the slope is off by log 4 / log 100 =
      // 0.3.
      Claim(
        .finding,
        "over all nets the learning rate at which the loss rises is a power of λ_max with exponent −1",
        expected: .near(-1, within: 0.3),
        source: source
      ) { seed in
        powerLawExponent(x: try nets.map { try seed[curvature, $0] }, y: try nets.map { try seed[firstRise, $0] })
      },
      Claim(
        .finding,
        "relu-0.5 gets sharper during training: the loss rises at a learning rate below 2/λ_max at the start", nets[0],
        startShare,
        .atMost(1), source: "Cohen et al. 2021, arXiv:2103.00065"),
      Claim(
        .finding,
        "relu-3 does not get sharper: the loss rises only at a learning rate above 2/λ_max at the start", nets[3],
        startShare, .atLeast(1),
        source: "Lewkowycz et al. 2020, arXiv:2003.02218"),
      Claim(
        .finding,
        "at twice 2/λ_max the loss rises at some step", trainedNets[3], stepsUp, .atLeast(1), source: source),
      // The first steps of two runs differ in the learning rate alone; in float32 small updates are exact to about 10⁻⁴.
      Claim(
        .finding,
        "the first update is proportional to the learning rate: 0.3 / 0.03", expected: .near(10, withinShare: 1e-3),
        source: "ΔW = −η dL/dW"
      ) { try $0[firstUpdate, trainedNets[2]] / $0[firstUpdate, trainedNets[0]] },
    ],
    disagreements: [
      Disagreement(
        with: limitClaim(deepNet),
        reason:
          "In a deep ReLU net each step makes many units inactive or active. The loss has a kink at each, and kinks bend it without any "
          + "second derivative, so λ_max underestimates the curvature that gradient descent meets. Whether this is the whole reason was "
          + "not tested."),
      Disagreement(
        with: Claim(
          .finding,
          "for each net 2/λ_max at the start predicts the learning rate at which the loss rises within a factor of 2 (the largest factor of error)",
          expected: .atMost(2), source: "LeCun et al. 1998, for parabolas"
        ) { try largestMiss($0) },
        reason:
          "The loss of a net is no parabola. With small weights it gets sharper during training (Cohen et al. 2021), so 2/λ_max at the "
          + "start predicts learning rates that are too large."),
    ],
    figures: [
      ExperimentFigure("limit", "The learning rate at which the loss first rises, against the largest curvature") {
        results in
        var panel = Panel(x: Axis(.log, "λ_max"), y: Axis(.log, "learning rate"))
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
          title: "The learning rate at which the loss first rises · learning-rate",
          subtitle: "dots: seeds; λ_max on the step at which the loss rises",
          panels: [panel],
          description: "Learning rates against curvatures of \(nets.count) nets, beside the line 2/λ_max.")
      },
      .curves(
        "loss", "The loss over steps, at learning rates that are fractions of 2/λ_max", of: MetricNames.loss,
        x: Axis(.integer, "step"),
        y: Axis(.log, "loss")),
      .curves(
        "gradient", "The norm of the gradient over steps", of: MetricNames.gradient, x: Axis(.integer, "step"),
        y: Axis(.log, "‖dL/dW‖ of all weights")),
      .chart("update-ratio"),
    ])
}
