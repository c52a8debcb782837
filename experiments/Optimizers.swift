import ExperimentHarness
import Foundation
import Rheoscope

// Backpropagation finds the gradient and stops there. What to do with it is another question, and gradient descent, a step against
// the gradient, is only the oldest answer. Here five optimizers are given one and the same gradient, ten times over, as if the way
// down were a straight slope. The tenth update says what each makes of it. Then nets are trained with each of them at many learning
// rates, to see between which they learn; for gradient descent the upper end is set by λ_max, how sharply the loss is curved where it
// is sharpest (the experiment learning-rate is about that).

/// An optimizer, and by how much it moves a weight at the k-th of equal gradients.
private struct Rule {
  let name, title: String
  let source: String
  let make: @Sendable (Module, Double) -> Optimizer
  /// Times the learning rate.
  let update: @Sendable (_ gradient: Double, _ k: Int) -> Double
  /// By how much the update grows if the gradient is ten times as large.
  let growth: Double
}

private let rules = [
  // The update is the gradient.
  Rule(
    name: "sgd", title: "gradient descent", source: "Robbins and Monro 1951",
    make: { SGD($0, learningRate: Float($1)) }, update: { gradient, _ in gradient }, growth: 10),
  // A ball that rolls: each update is nine tenths of the last one and the gradient. On a straight slope it gets ten times as fast.
  Rule(
    name: "momentum", title: "gradient descent with momentum 0.9", source: "Polyak 1964",
    make: { SGD($0, learningRate: Float($1), momentum: 0.9) },
    update: { gradient, k in gradient * (1 - pow(0.9, Double(k))) / 0.1 }, growth: 10),
  // The gradient is divided by the root of the sum of all squares so far: only its sign is left, and updates get smaller.
  Rule(
    name: "adagrad", title: "Adagrad", source: "Duchi et al. 2011", make: { Adagrad($0, learningRate: Float($1)) },
    update: { gradient, k in gradient / ((Double(k) * gradient * gradient).squareRoot() + 1e-10) }, growth: 1),
  // It is divided by the root of a running mean of squares, which begins as 0: so the first updates are large.
  Rule(
    name: "rmsprop", title: "RMSProp", source: "Tieleman and Hinton 2012",
    make: { RMSProp($0, learningRate: Float($1)) },
    update: { gradient, k in
      gradient / (((1 - pow(0.99, Double(k))) * gradient * gradient).squareRoot() + 1e-8)
    }, growth: 1),
  // A running mean of gradients is divided by the root of one of squares, both made up for having begun as 0.
  Rule(
    name: "adam", title: "Adam", source: "Kingma and Ba 2015, arXiv:1412.6980",
    make: { Adam($0, learningRate: Float($1)) }, update: { gradient, _ in gradient / (abs(gradient) + 1e-8) }, growth: 1
  ),
]

private func net(_ settings: Settings) -> Module { DeepNet(settings, initializer: .heNormal, activation: { ReLU() }) }

/// The learning rates that are tried, two a decade, and the one of them, 0.001, that loss over steps is shown for.
private let rates = (-12...2).map { pow(10, Double($0) / 2) }
private let shownRate = 6

private let tried = rules.map { rule in
  Variant(rule.name, rule.title) { context in
    let settings = context.settings, seed = UInt64(context.seed), data = try context.data()
    let batches = data.train.batches(of: settings.batch, seed: seed)
    let model = net(settings)
    model.initialize(seed: seed)

    // The gradient of one batch, and what the optimizer makes of it when it comes for the tenth time.
    let batch = batches.first { _ in true }!
    crossEntropy(model(batch.inputs), batch.labels).backward()
    let gradient = model.parameters.map(\.parameter.gradient!)
    let tenth = updates(rule, net(settings), gradient, seed: seed)
    let given = gradient.flatMap { $0.values.map(Double.init) }
    let formula = given.map { -straightRate * rule.update($0, 10) }
    context.report(apart, norm(zip(tenth, formula).map { $0 - $1 }) / norm(formula))
    let larger = updates(rule, net(settings), gradient.map { 10 * $0 }, seed: seed)
    context.report(growth, norm(larger) / norm(tenth))
    // One weight in forty is enough for a picture; zeros have no place on a logarithmic axis.
    let shown = stride(from: 0, to: given.count, by: 40).filter { given[$0] != 0 }.sorted {
      abs(given[$0]) < abs(given[$1])
    }
    context.report("update", shown.map { abs(tenth[$0]) }, over: shown.map { abs(given[$0]) })

    // The same net, trained at each rate.
    let losses = rates.map { rate in
      context.isDone(log10(rate / rates[0]) / log10(rates.last! / rates[0]))
      return train(net(settings), rule, rate, batches.prefix(settings.steps), seed: seed)
    }
    let ends = losses.map(finalLoss)
    context.report("final loss", ends, over: rates)
    let best = ends.indices.min { comparable(ends[$0]) < comparable(ends[$1]) }!
    context.report("best rate", rates[best])
    context.report("loss at it", ends[best])
    // The rates around the best at which the net learns; where they go on to the last that is tried, they have no end.
    let learned = settings.learnedLoss, learns = ends.map { comparable($0) <= learned }
    let below = learns[..<best].lastIndex(of: false), above = learns[best...].firstIndex(of: false)
    context.report(lowest, learns[best] ? below.map { crossing(ends, of: learned, from: $0) } : nil)
    context.report(highest, learns[best] ? above.map { rates[$0 - 1] } : nil)
    context.report("loss", smooth(losses[shownRate]), over: losses[shownRate].indices.map(Double.init))
    context.report(
      curvature, Hessian(of: crossEntropy(model(batch.inputs), batch.labels), for: model).largestEigenvalue())
  }
}

private let apart = "tenth update, apart from formula", growth = "× for gradients × 10"
private let lowest = "learns from", highest = "learns up to", curvature = "λ_max"

/// What is not a number counts as worse than any.
private func comparable(_ loss: Double) -> Double { loss.isFinite ? loss : .infinity }

/// The rate on the straight slope.
private let straightRate = 0.01

/// The tenth update by equal gradients, of all weights. They begin as zeros, so that 32 bits hold the updates exactly enough.
private func updates(_ rule: Rule, _ model: Module, _ gradient: [Tensor], seed: UInt64) -> [Double] {
  model.initialize(seed: seed)
  let parameters = model.parameters.map(\.parameter)
  for parameter in parameters { parameter.set(Tensor(repeating: 0, shape: parameter.shape)) }
  let optimizer = rule.make(model, straightRate)
  var weights: [[Float]] = []
  for _ in 0..<10 {
    weights = parameters.map(\.value.values)
    for (parameter, gradient) in zip(parameters, gradient) { parameter.gradient = gradient }
    optimizer.step()
  }
  return zip(parameters, weights).flatMap { parameter, before in
    zip(parameter.value.values, before).map { Double($0) - Double($1) }
  }
}

/// The losses of a net that is trained, up to the first that is not finite, which stands for all that would follow.
private func train(
  _ model: Module, _ rule: Rule, _ rate: Double, _ batches: some Sequence<Batch>, seed: UInt64
) -> [Double] {
  model.initialize(seed: seed)
  let optimizer = rule.make(model, rate)
  var losses: [Double] = []
  for batch in batches {
    let loss = crossEntropy(model(batch.inputs), batch.labels)
    losses.append(Double(loss.value))
    guard loss.value.isFinite else { break }
    loss.backward()
    optimizer.step()
  }
  return losses
}

/// The rate at which the loss falls to a level, between the one at `index` and the next.
private func crossing(_ losses: [Double], of level: Double, from index: Int) -> Double {
  let part = (losses[index] - level) / (losses[index] - losses[index + 1])
  return rates[index] * pow(rates[index + 1] / rates[index], part.isFinite ? part : 1)
}

private func norm(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }

/// The mean of each value and the nineteen before it.
private func smooth(_ values: [Double]) -> [Double] {
  values.indices.map { finalLoss(Array(values[max(0, $0 - 19)...$0])) }
}

extension Experiment {
  /// Five optimizers. Measured: the tenth update by one gradient, and what becomes of it if that gradient is ten times as large. Then
  /// the loss that each ends at, over learning rates, and the rates between which a net learns.
  public static let optimizers = Experiment(
    name: "optimizers",
    question: "Is backpropagation gradient descent?",
    settings: [
      .depth(4), .width(64), .batch(64), .steps(200, quick: 20), .seeds(3, quick: 1, full: 20),
    ],
    variants: tried,
    // Weights have seven digits, of which the difference between the ninth and the tenth loses one.
    claims: zip(rules, tried).map { rule, variant in
      Claim(
        "\(rule.name): the tenth update by one gradient is what its formula says", variant, apart, .atMost(1e-5),
        source: rule.source)
    }
      // Constants that keep quotients finite count where gradients are hardly larger than they are.
      + zip(rules, tried).map { rule, variant in
        Claim(
          "\(rule.name): ten times the gradient is \(rule.growth == 1 ? "the same update" : "ten times the update")",
          variant, growth, .near(rule.growth, withinShare: 0.01), source: rule.source)
      }
      + [
        // Two rates a decade are tried, and what lies between is guessed; and a ball needs ten of the steps to gain its speed.
        Claim(
          "with momentum 0.9 a net learns from a tenth of the rate on, within a factor of 2",
          expected: .near(0.1, withinFactor: 2), source: "Polyak 1964; Sutskever et al. 2013", about: .enough
        ) { try $0[lowest, tried[1]] / $0[lowest, tried[0]] },
        // Two rates a decade: the largest that is tried and works is at least 1/√10 of the limit.
        Claim(
          "gradient descent learns at all rates that are tried up to 2/λ_max", expected: .atLeast(0.1.squareRoot()),
          source: "the descent lemma; half a decade from one rate to the next", about: .enough
        ) { try $0[highest, tried[0]] * $0[curvature, tried[0]] / 2 },
      ],
    disagreements: [
      Disagreement(
        with: Claim(
          "gradient descent learns up to a rate of 12/λ_max, λ_max being that at the start (largest rate that works, times λ_max)",
          expected: .between(12 / 10.0.squareRoot(), 12),
          source: "Lewkowycz et al. 2020, arXiv:2003.02218, for ReLU; half a decade from one rate to the next",
          about: .enough
        ) { try $0[highest, tried[0]] * $0[curvature, tried[0]] },
        why:
          "A parabola would throw descent out at 2/λ_max. A net that is thrown out of a sharp valley may come to rest in a flatter "
          + "one, and ReLU nets do so up to about 12/λ_max, says the paper, of the squared error. The loss here is cross-entropy, "
          + "whose slope stays below 1 however wrong an answer is; that may be why nets stand still larger rates.")
    ],
    pictures: [
      ExperimentFigure("updates", "What five optimizers make of one gradient") { results in
        var panel = Panel(x: Axis(.log, "size of a weight’s gradient"), y: Axis(.log, "size of its tenth update"))
        for (index, variant) in results.variants.enumerated() {
          let update = results.series("update", of: variant)[0]
          panel.marks.append(DotMark(x: update.x, y: update.y, color: .series(index), shape: .ofSeries(index), size: 4))
          panel.directLabels.append(
            DirectLabel(at: update.y.last, variant.name, color: .series(index), sample: .dot(.ofSeries(index))))
        }
        return Figure(
          title: "What five optimizers make of one gradient · optimizers",
          subtitle: "the tenth update by the same gradient, a dot a weight; learning rate \(straightRate); seed 0",
          panels: [panel], description: "Updates over gradients: two rising lines, three flat ones.")
      },
      .map(
        "rates", "The loss that nets end at, by optimizer and learning rate",
        "median of seeds; yellow: the net has not learned",
        x: Axis(.categorical(rules.map(\.name)), "optimizer"), y: Axis(.log, "learning rate"), key: "final loss",
        colors: ColorScale(Scale(.linear, from: 0.4, to: log(10)), .viridis)
      ) { results in
        // Where a parabola as sharp as the loss at its start is would throw descent out: 2/λ, and with momentum 2 (1 + μ)/λ.
        let limits = [2, 3.8].map { $0 / results.median(curvature, of: results.variants[0]) }
        let columns = rules.indices.map(Double.init)
        return CellGrid(
          columns: columns, rows: rates,
          lines: limits.enumerated().map { index, limit in
            .init(
              index == 0
                ? "lines: 2/λ_max, with momentum 2 (1 + 0.9)/λ_max: there a parabola as sharp as the loss at its start throws "
                  + "descent out;\na net may come to rest where its loss is flatter, and so learns at larger rates too"
                : "",
              x: [Double(index) - 0.5, Double(index) + 0.5], y: [limit, limit])
          }
        ) { column, rate in
          let ends = results.series("final loss", of: results.variants[Int(column)])
          let row = rates.firstIndex(of: rate)!
          return MedianInterval(ends.map { $0.y[row] })?.median ?? .nan
        }
      },
      .curves(
        "loss", "The loss at one learning rate for all, 0.001, mean of twenty steps", of: "loss",
        x: Axis(.integer, "step"),
        y: Axis(.log, "loss")),
    ])
}

extension Claim.Scope {
  /// Training that is long enough to tell rates apart.
  fileprivate static let enough = Claim.Scope("200 steps of training or more") { $0.steps >= 200 }
}
