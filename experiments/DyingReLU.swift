import ExperimentHarness
import Foundation
import Rheoscope

// A ReLU unit outputs 0 where its input is negative, and its slope is 0 there. If its input is negative for every image, no
// gradient passes through it and its weights do not change: it is dead, and only a change in the layers below can revive it.
//
// Units die by steps so large that all inputs of a unit become negative. The same net is trained at six learning rates, each
// about three times the one before. The optimizer is Adam, whose steps are as large as the learning rate whatever the size of
// the gradient; plain gradient descent diverges to NaN before many units die.
private let learningRates = [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1]
private let reluNets = learningRates.map { net("relu", "ReLU", rate: $0) { ReLU() } }

// LeakyReLU multiplies negative inputs by 0.01 instead of 0. A small gradient passes, so a unit can recover.
private let leakyNets = learningRates.map { net("leaky", "LeakyReLU", rate: $0) { LeakyReLU() } }

private func net(
  _ name: String, _ title: String, rate: Double, _ activation: @escaping @Sendable () -> Module
) -> Variant {
  Variant(
    "\(name)-\(formatShortest(rate))", "\(title), learning rate \(formatShortest(rate))",
    optimizer: { model, _ in Adam(model, learningRate: Float(rate)) }, testImages: 2_000,
    probes: { .standard + ProbeSet(DeadUnits(window: window($0.settings))) },
    afterTraining: { context, trained in
      context.report(deadUnits, try deadShare(trained.model, try context.data().test.batch(at: 0..<2_000).inputs))
    },
    net: { settings in DeepNet(settings, initializer: .heNormal, activation: activation) })
}

private let deadUnits = "dead units"

/// The number of steps over which a unit must be 0 to count as dead during training.
private func window(_ settings: Settings) -> Int { min(50, settings.steps) }

/// The share of hidden units that are 0 for every image; nil where an activation is not finite.
private func deadShare(_ model: Module, _ images: Tensor) throws -> Double? {
  var sums: [Float] = []
  let handle = try model.onForward("**") { site, output in
    if site.kind.hasSuffix("ReLU") { sums += output.absolute().sum(axes: [0]).values }
    return nil
  }
  defer { handle.remove() }
  withoutGradients { _ = model(images) }
  guard sums.allSatisfy(\.isFinite) else { return nil }
  return Double(sums.count { $0 == 0 }) / Double(sums.count)
}

// A whole net is dead if all units of one layer are, and a narrow net may be born dead: with two units per layer the
// probability that an input makes both inactive is 1/4, in each layer. Lu et al. trained nets of ten layers with two units on
// |x|, many times, with different seeds.
private let narrowNets = Variant("narrow", "many ReLU nets of ten layers with two units each, trained on |x|") {
  context in
  let settings = context.settings, count = settings.whole("nets")
  var random = RandomStream(seed: UInt64(context.seed), name: "points")
  func points() -> Tensor {
    Tensor((0..<64).map { _ in Float((2 * random.uniform() - 1) * 3.0.squareRoot()) }, shape: [64, 1])
  }
  var bornDead = 0, dead = 0, revived = 0
  for index in 0..<count {
    let net = narrowNet(layers: settings.whole("narrow-layers"))
    net.initialize(seed: UInt64(context.seed * count + index))
    let wasDead = isConstant(net)
    let optimizer = Adam(net, learningRate: 0.01)
    for _ in 0..<settings.whole("narrow-steps") {
      let x = points()
      meanSquaredError(net(x), x.absolute()).backward()
      optimizer.step()
    }
    let isDead = isConstant(net)
    bornDead += wasDead ? 1 : 0
    dead += isDead ? 1 : 0
    revived += wasDead && !isDead ? 1 : 0
    context.reportProgress(Double(index + 1) / Double(count))
  }
  context.report("born dead", Double(bornDead) / Double(count))
  context.report("dead after training", Double(dead) / Double(count))
  context.report("revived", Double(revived))
}

private func narrowNet(layers: Int) -> Module {
  let inner = (0..<layers - 2).flatMap { _ in [Linear(2, 2, initializer: .heNormal), ReLU()] as [Module] }
  return Sequential(
    [Linear(1, 2, initializer: .heNormal), ReLU()] + inner + [Linear(2, 1, initializer: .heNormal)])
}

/// Whether a net has the same output for all inputs from −√3 to √3.
private func isConstant(_ net: Module) -> Bool {
  let points = (-50...50).map { Float($0) / 50 * Float(3).squareRoot() }
  let values = withoutGradients { net(Tensor(points, shape: [points.count, 1])).values }
  return values.allSatisfy { $0 == values[0] }
}

/// The range of the probability that a net with two units per layer is born dead.
///
/// While biases are 0, the net has one output direction for all negative inputs and one for all positive inputs. In the first
/// layer one of the two is made inactive with a probability of 2 p, p = 1/4, never both. In each of the other layers an
/// active one is made inactive with the probability p, so it does not reach the output with s = 1 − (1 − p)^(layers left). If
/// both must fail, the probability is s² if they are independent, and s if they fail together; since the angle between their
/// directions is never more than 90°, the truth lies between.
private func bornDead(layers: Int, nets: Int) -> Expectation {
  let p = 0.25, s = 1 - pow(1 - p, Double(layers - 2))
  let low = 2 * p * s + (1 - 2 * p) * s * s, high = s
  // Three standard errors of a share counted in this number of nets.
  func chance(_ share: Double) -> Double { 3 * (share * (1 - share) / Double(nets)).squareRoot() }
  return .between(low - chance(low), high + chance(high))
}

extension Experiment {
  /// ReLU and LeakyReLU nets at several learning rates, and many narrow nets that differ in their seed alone.
  ///
  /// Measured: the share of hidden units that are 0 for each of 2,000 test images, and the share of narrow nets with a
  /// constant output, before and after training.
  public static let dyingReLU = Experiment(
    name: "dying-relu",
    question: "When do ReLU units die?",
    settings: [
      .depth(5), .width(64), .batch(64), .steps(300, quick: 200), .seeds(3, quick: 1, full: 20),
      .whole("nets", 100, in: 1...10_000, "number of narrow nets trained on |x|"),
      .whole("narrow-layers", 10, in: 2...1_000, "layers of a narrow net"),
      .whole("narrow-steps", 200, quick: 100, in: 0...1_000_000, "training steps of a narrow net"),
    ],
    variants: reluNets + leakyNets + [narrowNets],
    claims: [
      // Six learning rates in random order have a rank correlation of 29/35 or more with a probability of 5 %.
      Claim(
        .finding,
        "relu: the larger the learning rate, the more units are dead after training (rank correlation)",
        expected: .atLeast(29.0 / 35),
        source:
          "Maas et al. 2013; Douglas and Yu 2018, arXiv:1812.05981; 29/35: critical value for six ranks at 5 % (Zar 1972)",
        appliesTo: Claim.Scope("training of 200 steps or more") { $0.steps >= 200 }
      ) { seed in try rankCorrelation(learningRates, reluNets.map { try seed[deadUnits, $0] }) }
    ]
      + leakyNets.map { net in
        Claim(.finding, "\(net.name): no unit is dead", net, deadUnits, .exactly(0), source: "Maas et al. 2013")
      } + [
        Claim(
          .finding,
          source: "Lu et al. 2019, arXiv:1903.06733",
          statement: { "narrow: the share of nets of \($0.whole("narrow-layers")) layers that are born dead" },
          expected: { bornDead(layers: $0.whole("narrow-layers"), nets: $0.whole("nets")) },
          measure: { try $0["born dead", narrowNets] }),
        Claim(
          .finding,
          "narrow: training revives no net that is born dead", narrowNets, "revived", .exactly(0),
          source: "the chain rule: no gradient reaches its weights"),
        Claim(
          .finding,
          source: "Lu et al. 2019, arXiv:1903.06733",
          statement: { _ in "narrow: after training some nets are dead and others are not, depending on the seed" },
          expected: { .between(1 / Double($0.whole("nets")), 1 - 1 / Double($0.whole("nets"))) },
          measure: { try $0["dead after training", narrowNets] }),
      ],
    figures: [
      ExperimentFigure("dead-units", "The share of dead units against the learning rate") { results in
        var panel = Panel(
          x: Axis(.log, "learning rate"), y: Axis(.linear, "share of hidden units that are dead", includes: [0, 1]))
        for (index, (name, nets)) in [("ReLU", reluNets), ("LeakyReLU", leakyNets)].enumerated() {
          let medians = nets.map { results.median(deadUnits, of: $0) }
          let points = zip(learningRates, nets).flatMap { rate, net in
            results.values(deadUnits, of: net).map { (rate, $0 ?? .nan) }
          }
          panel.marks.append(LineMark(x: learningRates, y: medians, color: .series(index), width: 2.2))
          panel.marks.append(
            DotMark(
              x: points.map(\.0), y: points.map(\.1), color: .series(index), shape: .ofSeries(index), size: 7))
          panel.directLabels.append(DirectLabel(at: medians.last { $0.isFinite }, name, color: .series(index)))
        }
        return Figure(
          title: "Dead units against the learning rate · dying-relu",
          subtitle: "dots: seeds; lines: medians; dead: 0 for each of 2,000 test images", panels: [panel],
          description: "The share of dead units against the learning rate, for ReLU and LeakyReLU.")
      },
      ExperimentFigure("over-steps", "The share of dead units per layer over steps, at each learning rate") {
        results in
        let names = reluNets.map(\.name)
        var figure = try Chart.deadAndSaturated(of: results.runs.filter { names.contains($0.variant ?? "") })
        // The first row of panels shows dead units.
        figure.panels = zip(figure.panels, learningRates).map { panel, rate in
          var panel = panel
          panel.title = "learning rate \(formatShortest(rate))"
          return panel
        }
        figure.title = "Dead units per layer · dying-relu"
        figure.subtitle =
          "ReLU, seed 0: share of units that were 0 for all images of the last \(window(results.settings)) steps"
        figure.colorBar?.title = "share of units"
        (figure.columns, figure.sharesAxes) = (learningRates.count, true)
        figure.size = Size(width: 1200, height: 380)
        return figure
      },
    ])
}
