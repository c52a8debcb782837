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
// gradient descent is stable (Cohen et al. 2021); for nets with large weights it may fall at the first step. So λ_max at
// initialization says little about the steps that come. The test is a prediction: after 200 steps λ_max is measured, and
// 2/λ_max predicts the learning rate at which the loss will rise within the next ten steps.
//
// What a learning rate can't do is tested with a net of 50 layers whose gradients vanish. In each step a weight moves by the
// learning rate times its gradient. A larger rate moves all layers by the same factor more, so that the last ones are thrown
// about before the first ones move.
//
// The net varies; then, for one net, the learning rate varies; then, for a net with vanishing gradients and for one without,
// it varies over many decades. Measured are λ_max and the smallest learning rate at which the loss rises in a step, the size
// of gradients and updates during training, and how far each layer moves.

/// ReLU with weights of variance σ²/n.
private func reluNet(_ weightVariance: Double) -> Variant {
  net("relu-\(formatShortest(weightVariance))", "ReLU, weights of variance \(formatShortest(weightVariance))/n") {
    DeepNet($0, initializer: .normal(weightVariance: weightVariance), activation: { ReLU() })
  }
}

private let deepNet = net("deep", "ReLU, 20 layers, He initialization", depth: 20) {
  DeepNet($0, initializer: .heNormal, activation: { ReLU() })
}

/// Nets that differ in the variance of their weights, in depth, in activation, and in normalization or residual connections.
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
  net("linear", "no hidden layer") { _ in Linear(784, 10) },
]

/// A net that is trained by gradient descent on the same images at every step, at learning rates from far too small upward.
private func net(
  _ name: String, _ title: String, depth: Int? = nil, _ make: @escaping @Sendable (Settings) -> Module
) -> Variant {
  Variant(name, title, adjust: { $0.depth = depth ?? $0.depth }) { context in
    var descent = try Descent(context, make(context.settings))
    let limit = descent.limit(within: context.settings.steps)
    context.report(startCurvature, descent.sharpness)
    context.report(startLimit, limit)
    context.report(startShare, limit * descent.sharpness / 2)
    // At half of the limit λ_max has time to change.
    descent.advance(by: context.settings.whole("watched-steps"), at: limit / 2)
    let later = descent.limit(within: horizon)
    context.report(curvature, descent.sharpness)
    context.report(firstRise, later)
    context.report(share, later * descent.sharpness / 2)
  }
}

private let startCurvature = "λ_max at the start", startLimit = "limit from the start",
  startShare = "limit × λ_max at the start / 2"
private let curvature = "λ_max later", firstRise = "limit in the next ten steps", share = "limit × λ_max later / 2"

/// The steps that λ_max predicts.
private let horizon = 10

/// A net, the images whose loss is minimized, and the weights at which gradient descent begins.
private struct Descent {
  let model: Module
  /// λ_max at the weights at which it begins.
  private(set) var sharpness = 0.0
  private let images: Batch
  private var startValues: [Tensor] = []

  init(_ context: TrialContext, _ model: Module) throws {
    let seed = UInt64(context.seed)
    model.initialize(seed: seed)
    self.model = model
    images = try context.data().train.batches(of: context.settings.batch, seed: seed).first { _ in true }!
    begin()
  }

  /// Takes the model's weights as those at which it begins.
  private mutating func begin() {
    sharpness = Hessian(of: loss, for: model).largestEigenvalue()
    startValues = model.parameters.map(\.parameter.value)
  }

  var loss: Tensor { crossEntropy(model(images.inputs), images.labels) }

  /// The learning rate above which one of the next steps increases the loss, within a factor of 2^(1/32).
  func limit(within steps: Int) -> Double {
    // Factors of two up to the first learning rate at which the loss rises, then bisection on a logarithmic scale.
    var works = 1e-5
    while works < 1e6, !rises(at: 2 * works, within: steps) { works *= 2 }
    var fails = 2 * works
    for _ in 0..<4 {
      let middle = (works * fails).squareRoot()
      if rises(at: middle, within: steps) { fails = middle } else { works = middle }
    }
    return (works * fails).squareRoot()
  }

  /// Whether one of the first `steps` of gradient descent at this learning rate increases the loss, by more than the float32
  /// rounding error of 10⁻⁶.
  func rises(at rate: Double, within steps: Int) -> Bool {
    var last = Float.infinity
    return losses(at: rate).prefix(steps + 1).contains { loss in
      defer { last = loss }
      return !(loss <= last * (1 + 1e-6))
    }
  }

  /// Goes on from the weights after so many steps.
  mutating func advance(by steps: Int, at rate: Double) {
    for _ in losses(at: rate).prefix(steps) {}
    begin()
  }

  /// The losses of gradient descent from the first weights, each before its step.
  private func losses(at rate: Double) -> some Sequence<Float> {
    for (parameter, value) in zip(model.parameters, startValues) { parameter.parameter.set(value) }
    let optimizer = SGD(model, learningRate: Float(rate))
    return sequence(state: ()) { _ in
      let loss = loss
      loss.backward()
      optimizer.step()
      return loss.value
    }
  }
}

// One of these nets at six learning rates: at five fractions of 2/λ_max at the start, and at 0.0003, which is common with Adam.
// How large is its gradient, how far do its weights move, and does its loss rise? Since λ_max changes, 2/λ_max at the start is no
// sharp limit for many steps: at a third or half of it the loss rises in some seeds and not in others.
private let lossOverSteps = "loss on the same images"
private let stepsUp = "steps at which the loss rises", firstUpdate = "first update / weight"
private let trainedNets =
  [0.03, 0.1, 0.3, 0.5, 2].map { part in
    trained("rate-\(formatShortest(part))", "relu-2 at \(formatShortest(part)) times 2/λ_max") { part * 2 / $0 }
  } + [trained("rate-3e-4", "relu-2 at 0.0003") { _ in 0.0003 }]

private func trained(
  _ name: String, _ title: String, _ rate: @escaping @Sendable (_ sharpness: Double) -> Double
) -> Variant {
  Variant(name, title) { context in
    let descent = try Descent(context, DeepNet(context.settings, initializer: .heNormal, activation: { ReLU() }))
    let optimizer = SGD(descent.model, learningRate: Float(rate(descent.sharpness)))
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
    context.report(lossOverSteps, losses, over: steps)
    context.report(MetricNames.gradient, sizes, over: steps)
    context.report(stepsUp, Double(zip(losses, losses.dropFirst()).count { !($1 <= $0) }))
    let updates = try run.weights(.updateNorm), weights = try run.weights(.norm)
    let first = updates.parameters.firstIndex { $0.path == "stem.weight" }!
    context.report(
      firstUpdate, updates[first, 0].flatMap { update in weights[first, 0].map { update / $0 } })
  }
}

// Two nets of 50 layers over many decades of learning rates. PyTorch's weights multiply the gradient by √(1/6) = 0.41 per
// layer, He's by 1.
private let vanishing = sweep(
  "vanishing", "ReLU, 50 layers, PyTorch's weights", .pyTorchDefault, over: [3e-4, 0.01, 0.1, 1, 10, 100, 1e3, 1e4])
private let heNet = sweep("he", "ReLU, 50 layers, He initialization", .heNormal, over: [3e-4, 0.001, 0.01, 0.1, 1])
private let moved = "first layer's movement", movement = "movement"

private func sweep(
  _ name: String, _ title: String, _ initializer: Initializer, over rates: [Double]
) -> LearningRateSweep {
  LearningRateSweep(
    of: Variant(
      name, title, adjust: { ($0.depth, $0.batch, $0.steps) = (50, 64, $0.whole("watched-steps")) },
      testImages: 100, isRecorded: false,
      afterTraining: { context, trained in
        let start = context.variant.untrainedNet(context.settings, seed: context.seed)
        let shares = trained.weightChanges(since: start).map(\.share)
        context.report(moved, shares[0])
        guard shares.allSatisfy(\.isFinite) else { return }
        context.report(movement, shares, over: shares.indices.map { Double($0 + 1) })
      }, net: { DeepNet($0, initializer: initializer, activation: { ReLU() }) }), over: rates)
}

/// The lowest final loss of any learning rate; one that is not finite counts as infinite.
private func lowestLoss(_ sweep: LearningRateSweep, _ seed: SeedResults) throws -> Double {
  try sweep.variants.map { try seed[MetricNames.finalLoss, $0] }.map { $0.isFinite ? $0 : .infinity }.min()!
}

/// How far the first layer moves, at the learning rate of finite final loss where that is farthest.
private func largestMovement(_ sweep: LearningRateSweep, _ seed: SeedResults) throws -> Double {
  try sweep.variants.filter { try seed[MetricNames.finalLoss, $0].isFinite }.map { try seed[moved, $0] }.max() ?? .nan
}

private let source = "LeCun et al. 1998; Cohen et al. 2021, arXiv:2103.00065"

/// The largest factor, over nets, by which 2/λ differs from the learning rate at which the loss rises.
private func largestMiss(
  _ seed: SeedResults, _ sharpness: String = curvature, limit: String = firstRise
) throws -> Double {
  try nets.map { exp(abs(log(try seed[limit, $0] * seed[sharpness, $0] / 2))) }.max()!
}

/// The same for the best guess of one learning rate for all nets.
private func largestMissOfOneRate(_ seed: SeedResults) throws -> Double {
  let logs = try nets.map { log(try seed[firstRise, $0]) }
  return exp((logs.max()! - logs.min()!) / 2)
}

/// The rank correlation over nets of a curvature with the learning rate at which the loss rises.
private func order(_ seed: SeedResults, by sharpness: String) throws -> Double {
  rankCorrelation(try nets.map { try seed[sharpness, $0] }, try nets.map { try seed[firstRise, $0] })
}

private let enoughSteps = Claim.Scope("60 steps or more per learning rate, and 200 in training") {
  $0.steps >= 60 && $0["watched-steps"] >= 200
}

extension Experiment {
  /// Nets of many curvatures. Measured: λ_max at initialization and after training at half of the limit, and the limit, the
  /// smallest learning rate at which gradient descent on the same images at every step increases the loss in one of the next
  /// steps. Then one net at six learning rates: gradients and updates over steps. Then two nets of 50 layers, one with
  /// vanishing gradients, at learning rates from 0.0003 up: final loss, and how far each layer has moved, as a share of its
  /// norm.
  public static let learningRate = Experiment(
    name: "learning-rate",
    question: "How large can the learning rate be?",
    settings: [
      .depth(5), .width(64), .batch(256), .steps(60, quick: 20),
      .whole(
        "watched-steps", 200, quick: 20, in: 2...1_000_000,
        "training steps before λ_max is measured again, and of the nets that are trained at several learning rates"),
      .seeds(3, quick: 1, full: 20),
    ],
    variants: nets + trainedNets + vanishing.variants + heNet.variants,
    claims: [
      // If the sharpest direction has a millionth of the loss, ten steps must enlarge it a thousandfold for the loss to rise;
      // then 2/λ is exceeded by a factor of 1.5 even on a parabola. A factor of 2 is left for how λ_max changes meanwhile.
      Claim(
        .theory,
        "for each net 2/λ_max predicts the learning rate at which the loss rises in the next ten steps within a factor of 3 (the largest factor of error)",
        expected: .atMost(3), source: source, appliesTo: enoughSteps,
        rejects: [
          .value("λ_max at the start") { try largestMiss($0, startCurvature) },
          .value("the best single rate for all nets") { try largestMissOfOneRate($0) },
        ]
      ) { try largestMiss($0) },
      // Nine nets in random order have a rank correlation of −0.6 or less with a probability of 5 %.
      Claim(
        .finding, "the sharper a net, the lower the learning rate at which its loss rises (rank correlation over nets)",
        expected: .atMost(-0.6), source: "\(source); 0.6: critical value for nine ranks at 5 % (Zar 1972)",
        appliesTo: enoughSteps, rejects: [.value("λ_max at the start") { try order($0, by: startCurvature) }]
      ) { try order($0, by: curvature) },
      Claim(
        .finding,
        "relu-0.5 gets sharper during training: the loss rises at a learning rate below 2/λ_max at the start", nets[0],
        startShare, .atMost(1), source: "Cohen et al. 2021, arXiv:2103.00065", appliesTo: enoughSteps,
        rejects: [.swapping(nets[0], for: nets[3])]),
      Claim(
        .finding,
        "relu-3 does not get sharper: the loss rises only at a learning rate above 2/λ_max at the start", nets[3],
        startShare, .atLeast(1), source: "Lewkowycz et al. 2020, arXiv:2003.02218",
        rejects: [.swapping(nets[3], for: nets[0])]),
      Claim(
        .finding, "at twice 2/λ_max at the start the loss rises at some step", trainedNets[4], stepsUp, .atLeast(1),
        source: source, rejects: [.swapping(trainedNets[4], for: trainedNets[0])]),
      Claim(
        .finding, "at 0.03 times 2/λ_max at the start it rises at none (steps at which it does)", trainedNets[0],
        stepsUp, .exactly(0), source: "in between it rises in some seeds",
        rejects: [.swapping(trainedNets[0], for: trainedNets[4])]),
      // The first steps of two runs differ in the learning rate alone; in float32 small updates are exact to about 10⁻⁴.
      Claim(
        .identity, "the first update is proportional to the learning rate: 0.3 / 0.03",
        expected: .near(10, withinShare: 1e-3), source: "ΔW = −η dL/dW"
      ) { try $0[firstUpdate, trainedNets[2]] / $0[firstUpdate, trainedNets[0]] },
      Claim(
        .finding, source: "He et al. 2015, arXiv:1502.01852", appliesTo: enoughSteps,
        rejects: [.value("He initialization in place of PyTorch's") { try lowestLoss(heNet, $0) }],
        statement: { _ in
          "no learning rate from 0.0003 to 10,000 lets the vanishing net learn: its lowest final loss is that of guessing, ln 10 = 2.303"
        },
        expected: { .near(log(10), within: vanishing.variants[0].adjusted($0).lossTolerance) },
        measure: { try lowestLoss(vanishing, $0) }),
      // A change below half a unit in the last digit, 6·10⁻⁸ of a weight, is lost in float32.
      Claim(
        .finding,
        "at no learning rate at which its loss stays finite do the first layer's weights move, as a share of their norm",
        expected: .atMost(6e-8), source: "rounding of float32", appliesTo: enoughSteps,
        rejects: [.value("He initialization") { try largestMovement(heNet, $0) }]
      ) { try largestMovement(vanishing, $0) },
    ],
    disagreements: [
      Disagreement(
        with: Claim(
          .theory, "over all nets the learning rate at which the loss rises is a power of λ_max with exponent −1",
          expected: .near(-1, within: 0.2), source: source, appliesTo: enoughSteps,
          rejects: [
            .value("λ_max at the start") { seed in
              powerLawExponent(
                x: try nets.map { try seed[startCurvature, $0] }, y: try nets.map { try seed[firstRise, $0] })
            }
          ]
        ) { seed in
          powerLawExponent(x: try nets.map { try seed[curvature, $0] }, y: try nets.map { try seed[firstRise, $0] })
        },
        reason:
          "The flattest nets, tanh and linear, tolerate about twice 2/λ_max, and the deep ReLU net only half of it. On smooth losses "
          + "that flatten as they are overshot, the loss need not rise within ten steps; in a deep ReLU net each step makes many units "
          + "inactive or active, and these kinks bend the loss without any second derivative. Whether these are the reasons was not "
          + "tested."),
      Disagreement(
        with: Claim(
          .theory,
          "for each net 2/λ_max at the start predicts the learning rate at which the loss rises within a factor of 3 (the largest factor of error)",
          expected: .atMost(3), source: "LeCun et al. 1998, for parabolas", appliesTo: enoughSteps,
          rejects: [.value("the best single rate for all nets") { try largestMissOfOneRate($0) }]
        ) { try largestMiss($0, startCurvature, limit: startLimit) },
        reason:
          "The loss of a net is no parabola. With small weights it gets sharper during training (Cohen et al. 2021), so 2/λ_max at the "
          + "start predicts learning rates that are too large."),
    ],
    figures: [
      ExperimentFigure(
        "limit", "The learning rate at which the loss rises within ten steps, against the largest curvature"
      ) {
        results in
        var panel = Panel(x: Axis(.log, "λ_max"), y: Axis(.log, "learning rate"))
        let all = nets.flatMap { results.values(curvature, of: $0).compactMap { $0 } }
        let ends = [all.min()! / 1.5, all.max()! * 1.5]
        panel.marks.append(LineMark(x: ends, y: ends.map { 2 / $0 }, color: .text, dash: [6, 4]))
        panel.legend.append(LegendEntry("2/λ_max", color: .text, sample: .line([6, 4], width: 1.5)))
        panel.legend.append(
          LegendEntry("from λ_max at the start", color: .muted, sample: .line([], width: 1)))
        for (index, (net, color)) in zip(nets, results.colors(of: nets)).enumerated() {
          let numbers = [startCurvature, curvature, firstRise].map { results.values($0, of: net).map { $0 ?? .nan } }
          for seed in numbers[0].indices {
            panel.marks.append(
              LineMark(
                x: [numbers[0][seed], numbers[1][seed]], y: [numbers[2][seed], numbers[2][seed]],
                color: color.opacity(0.4), width: 1))
          }
          panel.marks.append(
            DotMark(x: numbers[1], y: numbers[2], color: color, shape: .ofSeries(index), size: 8))
          panel.legend.append(LegendEntry(net.name, color: color, sample: .dot(.ofSeries(index))))
        }
        return Figure(
          title: "The learning rate at which the loss rises within ten steps · learning-rate",
          subtitle: "dots: seeds; λ_max before these steps", panels: [panel],
          description: "Learning rates against curvatures of \(nets.count) nets, beside the line 2/λ_max.")
      },
      .curves(
        "loss", "The loss over steps, at fractions of 2/λ_max and at 0.0003", of: lossOverSteps,
        x: Axis(.integer, "step"), y: Axis(.log, "loss")),
      .curves(
        "gradient", "The norm of the gradient over steps", of: MetricNames.gradient, x: Axis(.integer, "step"),
        y: Axis(.log, "‖dL/dW‖ of all weights")),
      .chart("update-ratio"),
      .learningRates(
        "deep", "Final training loss of 50 layers over learning rates", of: [("vanishing", vanishing), ("he", heNet)]),
      .curves(
        "movement", "How far each layer moves, by learning rate; layers without a line do not move", of: movement,
        x: Axis(.integer, "layer", ends: ("input", "output")), y: Axis(.log, "‖ΔW‖ / ‖W‖ after training")),
    ])
}
