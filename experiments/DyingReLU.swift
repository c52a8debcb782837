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
private let reluNets = learningRates.map { net("relu", "ReLU", rate: $0, isContinued: true) { ReLU() } }

// LeakyReLU multiplies negative inputs by 0.01 instead of 0, so a small gradient passes. This does not keep its inputs from becoming
// negative for every image: the same large steps do that to many units. So units of both kinds count as silent where their input is
// negative for every image; a silent ReLU unit is a dead one. The difference is what happens next. Training of the ReLU nets goes
// on with small steps, twice from the same weights: once as it is, and once with LeakyReLU in place of ReLU. A silent ReLU unit recovers
// only if the layers below change, a LeakyReLU unit has a gradient of its own. At the two largest rates about half of the silent units
// recover with LeakyReLU, and fewer with ReLU: at the largest, hardly any.
private let leakyNets = learningRates.map { net("leaky", "LeakyReLU", rate: $0) { LeakyReLU() } }

private func net(
  _ name: String, _ title: String, rate: Double, isContinued: Bool = false,
  _ activation: @escaping @Sendable () -> Module
) -> Variant {
  Variant(
    "\(name)-\(formatShortest(rate))", "\(title), learning rate \(formatShortest(rate))",
    optimizer: { model, _ in Adam(model, learningRate: Float(rate)) }, testImages: 2_000,
    probes: { .standard + ProbeSet(DeadUnits(window: window($0.settings))) },
    afterTraining: { context, trained in
      guard let silent = try silentUnits(trained.model, context) else { return }
      context.report(silentShare, Double(silent.count { $0 }) / Double(silent.count))
      guard isContinued, silent.contains(true) else { return }
      let leaky = DeepNet(context.settings, initializer: .heNormal, activation: { LeakyReLU() })
      leaky.initialize(seed: UInt64(context.seed))
      for (own, other) in zip(leaky.parameters, trained.model.parameters) {
        own.parameter.set(Tensor(other.parameter.value.values, shape: other.parameter.shape))
      }
      for (name, model) in [(recoveredAsLeaky, leaky), (recoveredShare, trained.model)] {
        try train(model, context)
        guard let still = try silentUnits(model, context) else { continue }
        let recovered = zip(silent, still).count { $0 && !$1 }
        context.report(name, Double(recovered) / Double(silent.count { $0 }))
      }
    },
    net: { settings in DeepNet(settings, initializer: .heNormal, activation: activation) })
}

/// Trains for as many steps again, at the largest learning rate that leaves few units silent.
private func train(_ model: Module, _ context: TrialContext) throws {
  let settings = context.settings, optimizer = Adam(model, learningRate: 0.003)
  let batches = try context.data().train.batches(of: settings.batch, seed: UInt64(context.seed))
  for batch in batches.starting(at: settings.steps).prefix(settings.steps) {
    crossEntropy(model(batch.inputs), batch.labels).backward()
    optimizer.step()
  }
}

private let silentShare = "silent units", recoveredShare = "share of them that recover",
  recoveredAsLeaky = "share that recover with LeakyReLU"

/// The number of steps over which a unit must be 0 to count as dead during training.
private func window(_ settings: Settings) -> Int { min(50, settings.steps) }

/// For each hidden unit, whether its output is 0 or less for each of 2,000 test images; nil where an activation is not finite.
private func silentUnits(_ model: Module, _ context: TrialContext) throws -> [Bool]? {
  let images = try context.data().test.batch(at: 0..<2_000).inputs
  var sums: [Float] = []
  let handle = try model.onForward("**") { site, output in
    // y + |y| is 0 where y is 0 or less, and NaN where y is.
    if site.kind.hasSuffix("ReLU") { sums += (output + output.absolute()).sum(axes: [0]).values }
    return nil
  }
  defer { handle.remove() }
  withoutGradients { _ = model(images) }
  return sums.allSatisfy(\.isFinite) ? sums.map { $0 == 0 } : nil
}

/// The same net with its initial weights: how many units are silent before any step.
private let untrained = Variant("untrained", "ReLU, initial weights") { context in
  let model = DeepNet(context.settings, initializer: .heNormal, activation: { ReLU() })
  model.initialize(seed: UInt64(context.seed))
  guard let silent = try silentUnits(model, context) else { return }
  context.report(silentShare, Double(silent.count { $0 }) / Double(silent.count))
}

// A whole net is dead if all units of one layer are, and a narrow net may be born dead: with two units per layer the
// probability that an input makes both inactive is 1/4, in each layer. Lu et al. trained nets of ten layers with two units on
// |x|, many times, with different seeds.
private let bornNets = Variant("born", "ReLU nets of ten layers with two units each, initial weights") { context in
  let settings = context.settings, count = settings.whole("born-nets")
  let net = narrowNet(layers: settings.whole("narrow-layers"))
  let dead = (0..<count).count { index in
    net.initialize(seed: UInt64(context.seed * count + index))
    return isConstant(net)
  }
  context.report(bornShare, Double(dead) / Double(count))
}

private let narrowNets = Variant("narrow", "the same, trained on |x|") { context in
  let settings = context.settings, count = settings.whole("nets")
  var random = RandomStream(seed: UInt64(context.seed), name: "points")
  func points() -> Tensor {
    Tensor((0..<64).map { _ in Float((2 * random.uniform() - 1) * 3.0.squareRoot()) }, shape: [64, 1])
  }
  var deadBefore = 0, dead = 0, revived = 0
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
    deadBefore += wasDead ? 1 : 0
    dead += isDead ? 1 : 0
    revived += wasDead && !isDead ? 1 : 0
    context.reportProgress(Double(index + 1) / Double(count))
  }
  context.report(bornShare, Double(deadBefore) / Double(count))
  context.report("dead after training", Double(dead) / Double(count))
  context.report("revived", Double(revived))
}

private let bornShare = "born dead"

private func bornDead(_ settings: Settings) -> BornDead { BornDead(layers: settings.whole("narrow-layers")) }

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

/// The probability that a net with two units per layer is born dead, of three kinds: as it is, and as it would be if its outputs for
/// negative and for positive inputs were made inactive independently, or together.
///
/// While biases are 0, the net has one output direction for all negative inputs and one for all positive inputs, and is dead if
/// both are made inactive. In the first layer one of the two is, with a probability of 1/2, never both; otherwise they are
/// orthogonal. In each of the other layers a single direction is made inactive with the probability 1/4. Of two, it depends on the angle
/// between them which units are active for which, and that determines the next angle.
private struct BornDead {
  let probability, ifIndependent, ifTogether: Double

  init(layers: Int) {
    let steps = max(layers - 2, 0)
    ifTogether = 1 - pow(0.75, Double(steps))
    ifIndependent = ifTogether / 2 + ifTogether * ifTogether / 2
    let angles = (0...Self.intervals).map(Self.LayerAtAngle.init)
    // The probabilities that both directions are active, at each angle, and that one is.
    var both = [Double](repeating: 0, count: angles.count), one = 0.5
    both[Self.intervals] = 0.5
    for _ in 0..<steps {
      one = 0.75 * one + zip(both, angles).reduce(0) { $0 + $1.0 * $1.1.one }
      both = both.indices.map { next in zip(both, angles).reduce(0) { $0 + $1.0 * $1.1.both[next] } }
    }
    probability = 1 - one - both.reduce(0, +)
  }

  /// Angles from 0 to 90° are divided into this many intervals; with 24 of them the probability is exact to four digits.
  private static let intervals = 24

  /// The probabilities of what a layer makes of two directions at an angle: one remains active, or both at another angle.
  ///
  /// The weights of a unit are a vector in the plane of a random direction; the ratio r of the lengths of two of them is such that
  /// r² / (1 + r²) is uniform.
  private struct LayerAtAngle {
    var one = 0.0, both = [Double](repeating: 0, count: intervals + 1)

    init(_ index: Int) {
      let angle = Double.pi / 2 * Double(index) / Double(intervals), directions = 48, ratios = 8
      let share = 1 / Double(directions * directions * ratios)
      let units = (0..<directions).map { direction in
        let phi = 2 * Double.pi * (Double(direction) + 0.5) / Double(directions)
        return (positive: max(cos(phi), 0), negative: max(cos(phi - angle), 0))
      }
      for first in units {
        for second in units {
          let isActive = (
            positive: first.positive + second.positive > 0, negative: first.negative + second.negative > 0
          )
          guard isActive.positive && isActive.negative else {
            one += isActive.positive || isActive.negative ? share * Double(ratios) : 0
            continue
          }
          for ratio in 0..<ratios {
            let u = (Double(ratio) + 0.5) / Double(ratios), r = (u / (1 - u)).squareRoot()
            let next = abs(atan2(r * second.positive, first.positive) - atan2(r * second.negative, first.negative))
            let place = next / (Double.pi / 2) * Double(intervals), lower = min(Int(place), intervals - 1)
            both[lower] += share * (Double(lower + 1) - place)
            both[lower + 1] += share * (place - Double(lower))
          }
        }
      }
    }
  }
}

/// A difference of shares of units that matters: a tenth of the units.
private let tenth = 0.1
private let (smallest, largest) = (reluNets.first!, reluNets.last!)
private let longEnough = Claim.Scope("training of 200 steps or more") { $0.steps >= 200 }

/// Training has silenced a tenth of the units or more.
private func silences(_ net: Variant, butNot other: Variant) -> Claim {
  Claim(
    .finding, "\(net.name): training silences at least a tenth of the units (share after − share before)",
    expected: .atLeast(tenth), source: "Maas et al. 2013", appliesTo: longEnough, rejects: [.swapping(net, for: other)]
  ) { try $0[silentShare, net] - $0[silentShare, untrained] }
}

extension Experiment {
  /// ReLU and LeakyReLU nets at several learning rates, and many narrow nets that differ in their seed alone.
  ///
  /// Measured: the share of hidden units whose input is negative for each of 2,000 test images, the share of these that recover when
  /// training of the ReLU nets goes on with smaller steps, with ReLU and with LeakyReLU, and the share of narrow nets with a constant output, before and after training.
  public static let dyingReLU = Experiment(
    name: "dying-relu",
    question: "When do ReLU units die?",
    settings: [
      .depth(5), .width(64), .batch(64), .steps(300, quick: 200), .seeds(3, quick: 1, full: 20),
      .whole("born-nets", 4_000, in: 1...100_000, "number of narrow nets whose initial weights are tested"),
      .whole("nets", 100, in: 1...10_000, "number of narrow nets trained on |x|"),
      .whole("narrow-layers", 10, in: 2...1_000, "layers of a narrow net"),
      .whole("narrow-steps", 200, quick: 100, in: 0...1_000_000, "training steps of a narrow net"),
    ],
    variants: [untrained] + reluNets + leakyNets + [bornNets, narrowNets],
    claims: [
      // Six learning rates in random order have a rank correlation of 29/35 or more with a probability of 5 %.
      Claim(
        .finding,
        "the larger the learning rate, the more units are silent after training, with ReLU and LeakyReLU (lower rank correlation)",
        expected: .atLeast(29.0 / 35),
        source:
          "Maas et al. 2013; Douglas and Yu 2018, arXiv:1812.05981; 29/35: critical value for six ranks at 5 % (Zar 1972)",
        appliesTo: longEnough, rejects: [.swapping(largest, for: smallest)]
      ) { seed in
        try [reluNets, leakyNets].map { nets in
          try rankCorrelation(learningRates, nets.map { try seed[silentShare, $0] })
        }.min()!
      }.tested(with: 20...39, "0.94, and within range in 18 of 20, so not shown"),
      silences(largest, butNot: smallest), silences(leakyNets.last!, butNot: leakyNets.first!),
      Claim(
        .finding,
        "relu: of the units that have died at the largest learning rate at most a tenth recover with smaller steps",
        largest, recoveredShare, .atMost(tenth), source: "Lu et al. 2019, arXiv:1903.06733", appliesTo: longEnough,
        rejects: [.swapping(largest, for: reluNets[2])]),
      // Other rates leave few units silent. A fifth is more than the two rates differ by with ReLU alone.
      Claim(
        .finding,
        "of the units that have died at the two largest learning rates more recover with LeakyReLU in place of ReLU than with ReLU (smaller difference of shares)",
        expected: .atLeast(0.2), source: "measured here, with the same weights", appliesTo: longEnough,
        rejects: [
          .value("ReLU with the smaller of the two rates in place of LeakyReLU") {
            try $0[recoveredShare, reluNets[4]] - $0[recoveredShare, largest]
          }
        ]
      ) { seed in
        try reluNets.suffix(2).map { try seed[recoveredAsLeaky, $0] - seed[recoveredShare, $0] }.min()!
      }.judgedByInterval(),
      // Three standard errors of a share that is counted in this number of nets.
      Claim(
        .theory,
        source: "see the code, after Lu et al. 2019, arXiv:1903.06733; three standard errors of a share of all nets",
        appliesTo: Claim.Scope("narrow nets of 5 to 12 layers, 4,000 or more of them") {
          5...12 ~= $0.whole("narrow-layers") && $0.whole("born-nets") >= 4_000
        },
        rejects: [
          .value("both directions die independently") { bornDead($0.settings).ifIndependent },
          .value("both directions die together") { bornDead($0.settings).ifTogether },
        ],
        statement: {
          let share = formatPlain(bornDead($0).probability)
          return
            "born: of nets of \($0.whole("narrow-layers")) layers with two units each, a share of \(share) is born dead"
        },
        expected: { settings in
          let share = bornDead(settings).probability, nets = Double(settings.whole("born-nets") * settings.seeds)
          return .near(share, within: 3 * (share * (1 - share) / nets).squareRoot())
        },
        measure: { seed in
          let shares = seed.allSeeds(bornShare, of: bornNets)
          return shares.reduce(0, +) / Double(shares.count)
        }
      ).overAllSeeds(),
      Claim(
        .identity,
        "narrow: training revives no net that is born dead", narrowNets, "revived", .exactly(0),
        source: "the chain rule: no gradient reaches its weights"),
    ],
    figures: [
      ExperimentFigure("dead-units", "Silent units against the learning rate, and how many recover") { results in
        let panels = [
          panel(
            "share of hidden units that are silent",
            [("ReLU", reluNets, silentShare), ("LeakyReLU", leakyNets, silentShare)], results),
          panel(
            "share of the ReLU nets’ that recover",
            [("with ReLU", reluNets, recoveredShare), ("with LeakyReLU", reluNets, recoveredAsLeaky)], results),
        ]
        return Figure(
          title: "Silent units against the learning rate · dying-relu",
          subtitle:
            "silent: input negative for each of 2,000 test images; horizontal line: before training; dots: seeds; lines: medians",
          panels: panels, columns: 2,
          description:
            "The share of silent units against the learning rate for ReLU and LeakyReLU, and the share of those of ReLU nets that recover.",
          size: Size(width: 1200, height: 480))
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
          "ReLU, seed \(results.settings.firstSeed): share of units that were 0 for all images of the last \(window(results.settings)) steps"
        figure.colorBar?.title = "share of units"
        (figure.columns, figure.sharesAxes) = (learningRates.count, true)
        figure.size = Size(width: 1200, height: 380)
        return figure
      },
    ])
}

/// Measured shares over learning rates.
private func panel(_ title: String, _ curves: [(label: String, nets: [Variant], name: String)], _ results: Results)
  -> Panel
{
  var panel = Panel(x: Axis(.log, "learning rate"), y: Axis(.linear, title, includes: [0, 1]))
  for (index, (label, nets, name)) in curves.enumerated() {
    let medians = nets.map { results.median(name, of: $0) }
    let points = zip(learningRates, nets).flatMap { rate, net in
      results.values(name, of: net).map { (rate, $0 ?? .nan) }
    }
    panel.marks.append(LineMark(x: learningRates, y: medians, color: .series(index), width: 2.2))
    panel.marks.append(
      DotMark(x: points.map(\.0), y: points.map(\.1), color: .series(index), shape: .ofSeries(index), size: 7))
    panel.directLabels.append(DirectLabel(at: medians.last { $0.isFinite }, label, color: .series(index)))
  }
  if curves[0].name == silentShare {
    panel.marks.append(RuleMark(.horizontal, at: results.median(silentShare, of: untrained)))
  }
  return panel
}
