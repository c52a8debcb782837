import ExperimentHarness
import Foundation
import Rheoscope

// Backpropagation computes the gradient. How the gradient changes the weights is a separate question, and gradient descent, a
// step against the gradient, is only the oldest answer. Here five optimizers receive the same gradient ten times in a row, as
// on a slope of constant steepness; the tenth update shows what each does with it. Then nets are trained with each optimizer
// at many learning rates, to see at which they learn. On a parabola of curvature λ_max, the largest of the loss, gradient
// descent converges up to a learning rate of 2/λ_max (see the experiment learning-rate); how far above does it learn on the loss
// of a net?

/// An optimizer, and its update of a weight at the k-th of equal gradients.
private struct UpdateRule {
  let name, title: String
  let source: String
  let make: @Sendable (Module, Double) -> Optimizer
  /// The update divided by the learning rate.
  let update: @Sendable (_ gradient: Double, _ k: Int) -> Double
  /// The factor by which the update grows if the gradient is ten times as large.
  let growth: Double
}

private let rules = [
  // The update is the gradient.
  UpdateRule(
    name: "sgd", title: "gradient descent", source: "Robbins and Monro 1951",
    make: { SGD($0, learningRate: Float($1)) }, update: { gradient, _ in gradient }, growth: 10),
  // Each update is nine tenths of the previous one plus the gradient. With equal gradients it grows to ten times the
  // gradient.
  UpdateRule(
    name: "momentum", title: "gradient descent with momentum 0.9", source: "Polyak 1964",
    make: { SGD($0, learningRate: Float($1), momentum: 0.9) },
    update: { gradient, k in gradient * (1 - pow(0.9, Double(k))) / 0.1 }, growth: 10),
  // The gradient is divided by the root of the sum of all squares so far: only its sign remains, and updates shrink.
  UpdateRule(
    name: "adagrad", title: "Adagrad", source: "Duchi et al. 2011", make: { Adagrad($0, learningRate: Float($1)) },
    update: { gradient, k in gradient / ((Double(k) * gradient * gradient).squareRoot() + 1e-10) }, growth: 1),
  // The gradient is divided by the root of a moving average of squares, which begins at 0: so the first updates are large.
  UpdateRule(
    name: "rmsprop", title: "RMSProp", source: "Tieleman and Hinton 2012",
    make: { RMSProp($0, learningRate: Float($1)) },
    update: { gradient, k in
      gradient / (((1 - pow(0.99, Double(k))) * gradient * gradient).squareRoot() + 1e-8)
    }, growth: 1),
  // A moving average of gradients is divided by the root of one of squares, both with bias correction for their start at 0.
  UpdateRule(
    name: "adam", title: "Adam", source: "Kingma and Ba 2015, arXiv:1412.6980",
    make: { Adam($0, learningRate: Float($1)) }, update: { gradient, _ in gradient / (abs(gradient) + 1e-8) }, growth: 1
  ),
]

private func net(_ settings: Settings) -> Module { DeepNet(settings, initializer: .heNormal, activation: { ReLU() }) }

/// The learning rates, two per decade, and the index of 0.001, for which the loss over steps is drawn.
private let learningRates = (-12...2).map { pow(10, Double($0) / 2) }
private let shownLearningRate = 6

private let optimizerVariants = rules.map { rule in
  Variant(rule.name, rule.title) { context in
    let settings = context.settings, seed = UInt64(context.seed), data = try context.data()
    let batches = data.train.batches(of: settings.batch, seed: seed)
    let model = net(settings)
    model.initialize(seed: seed)

    // The gradient of one batch, and the tenth update by it.
    let batch = batches.first { _ in true }!
    crossEntropy(model(batch.inputs), batch.labels).backward()
    let gradient = model.parameters.map(\.parameter.gradient!)
    let tenth = updates(rule, net(settings), gradient, seed: seed)
    let given = gradient.flatMap { $0.values.map(Double.init) }
    let formula = given.map { -constantRate * rule.update($0, 10) }
    context.report(error, norm(zip(tenth, formula).map { $0 - $1 }) / norm(formula))
    let larger = updates(rule, net(settings), gradient.map { 10 * $0 }, seed: seed)
    context.report(growth, norm(larger) / norm(tenth))
    // One weight in forty is enough for a figure; a logarithmic axis has no zeros.
    let shown = stride(from: 0, to: given.count, by: 40).filter { given[$0] != 0 }.sorted {
      abs(given[$0]) < abs(given[$1])
    }
    context.report("update", shown.map { abs(tenth[$0]) }, over: shown.map { abs(given[$0]) })

    // The same net, trained at each learning rate.
    let losses = learningRates.map { rate in
      context.reportProgress(log10(rate / learningRates[0]) / log10(learningRates.last! / learningRates[0]))
      return train(net(settings), rule, rate, batches.prefix(settings.steps), seed: seed)
    }
    let ends = losses.map(finalLoss)
    context.report(MetricNames.finalLoss, ends, over: learningRates)
    let best = ends.indices.min { comparable(ends[$0]) < comparable(ends[$1]) }!
    context.report("best learning rate", learningRates[best])
    context.report("final loss at best learning rate", ends[best])
    // The lowest and the highest learning rate at which the net learns; nil where it learns at the first or the last one.
    let learned = settings.learnedLoss, learns = ends.map { comparable($0) <= learned }
    let first = learns.firstIndex(of: true) ?? 0, last = learns.lastIndex(of: true) ?? learns.count - 1
    context.report(lowest, first > 0 ? crossing(ends, of: learned, from: first - 1) : nil)
    context.report(highest, last < learns.count - 1 ? learningRates[last] : nil)
    context.report(
      MetricNames.loss, smoothed(losses[shownLearningRate], weight: 0.95),
      over: losses[shownLearningRate].indices.map(Double.init))
    context.report(
      curvature, Hessian(of: crossEntropy(model(batch.inputs), batch.labels), for: model).largestEigenvalue())
  }
}

private let error = "relative error of the tenth update", growth = "update growth for 10 × gradient"
private let lowest = "lowest learning rate that learns", highest = "highest learning rate that learns",
  curvature = "λ_max"

private let descent = optimizerVariants[0], momentum = optimizerVariants[1], adagrad = optimizerVariants[2],
  adam = optimizerVariants[4]

/// NaN counts as worse than any number.
private func comparable(_ loss: Double) -> Double { loss.isFinite ? loss : .infinity }

/// The learning rate of the ten equal gradients.
private let constantRate = 0.01

/// The tenth update by equal gradients, of all weights. They begin at 0, so that float32 holds the updates precisely.
private func updates(_ rule: UpdateRule, _ model: Module, _ gradient: [Tensor], seed: UInt64) -> [Double] {
  model.initialize(seed: seed)
  let parameters = model.parameters.map(\.parameter)
  for parameter in parameters { parameter.set(Tensor(repeating: 0, shape: parameter.shape)) }
  let optimizer = rule.make(model, constantRate)
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

/// The training losses up to the first that is not finite, which stands for all later ones.
private func train(
  _ model: Module, _ rule: UpdateRule, _ rate: Double, _ batches: some Sequence<Batch>, seed: UInt64
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

/// The learning rate at which the final loss falls to a level, interpolated between the one at `index` and the next.
private func crossing(_ losses: [Double], of level: Double, from index: Int) -> Double {
  let part = (losses[index] - level) / (losses[index] - losses[index + 1])
  return learningRates[index] * pow(learningRates[index + 1] / learningRates[index], part.isFinite ? part : 1)
}

private func norm(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }

extension Experiment {
  /// Five optimizers. Measured: the tenth update by the same gradient, and by a gradient ten times as large. Then the final
  /// loss over learning rates, and the range of learning rates at which a net learns.
  public static let optimizers = Experiment(
    name: "optimizers",
    question: "Is backpropagation gradient descent?",
    settings: [
      .depth(4), .width(64), .batch(64), .steps(200, quick: 20), .seeds(3, quick: 1, full: 20),
    ],
    variants: optimizerVariants,
    // Weights have seven digits, of which the difference between the ninth and the tenth loses one.
    claims: zip(rules, optimizerVariants).map { rule, variant in
      Claim(
        .identity,
        "\(rule.name): the tenth update by equal gradients follows its formula", variant, error, .atMost(1e-5),
        source: rule.source)
    }
      // The constants that keep quotients finite matter for gradients that are not much larger than they are.
      + zip(rules, optimizerVariants).map { rule, variant in
        Claim(
          .identity,
          "\(rule.name): ten times the gradient gives \(rule.growth == 1 ? "the same update" : "ten times the update")",
          variant, growth, .near(rule.growth, withinShare: 0.01), source: rule.source)
      }
      + [
        // Two learning rates per decade are tested, with interpolation between them, and momentum needs ten of the steps to
        // build up.
        Claim(
          .theory,
          "with momentum 0.9 the lowest learning rate that learns is a tenth of that without, within a factor of 2",
          expected: .near(0.1, withinFactor: 2), source: "Polyak 1964; Sutskever et al. 2013", appliesTo: .enough,
          rejects: [
            .swapping(momentum, for: descent), .swapping(momentum, for: adagrad),
            .swapping(momentum, for: adam),
          ]
        ) { try $0[lowest, momentum] / $0[lowest, descent] },
        // Tested learning rates are a factor of √10 apart.
        Claim(
          .finding,
          "gradient descent learns up to about ten times 2/λ_max at the start, which is no limit here (highest that learns × λ_max / 2)",
          expected: .near(10, withinFactor: 10.0.squareRoot()),
          source: "measured here; Lewkowycz et al. 2020, arXiv:2003.02218, found a factor of 6 for ReLU",
          appliesTo: .enough,
          rejects: [.value("2/λ_max is the limit") { _ in 1 }]
        ) { try $0[highest, descent] * $0[curvature, descent] / 2 },
      ],
    disagreements: [
      Disagreement(
        with: Claim(
          .finding,
          "gradient descent learns up to a learning rate of 12/λ_max, with λ_max at the start (highest that learns × λ_max)",
          expected: .between(12 / 10.0.squareRoot(), 12),
          source: "Lewkowycz et al. 2020, arXiv:2003.02218, for ReLU; learning rates are half a decade apart",
          appliesTo: .enough
        ) { try $0[highest, descent] * $0[curvature, descent] },
        reason:
          "On a parabola gradient descent diverges above 2/λ_max. On the loss of a net it may leave a sharp region and converge in a "
          + "flatter one; for the squared error, the paper says, ReLU nets do so up to about 12/λ_max. The loss here is cross-entropy, "
          + "whose slope stays below 1 however wrong an output is; that may be why even larger learning rates work.")
    ],
    figures: [
      ExperimentFigure("updates", "The tenth update of five optimizers against the gradient") { results in
        var panel = Panel(x: Axis(.log, "|gradient| of a weight"), y: Axis(.log, "|tenth update|"))
        for (index, (variant, color)) in zip(results.variants, results.colors(of: results.variants)).enumerated() {
          let update = results.series("update", of: variant)[0]
          panel.marks.append(DotMark(x: update.x, y: update.y, color: color, shape: .ofSeries(index), size: 4))
          panel.directLabels.append(
            DirectLabel(at: update.y.last, variant.name, color: color, sample: .dot(.ofSeries(index))))
        }
        return Figure(
          title: "Updates of five optimizers by one gradient · optimizers",
          subtitle: "the tenth update by the same gradient, dots: weights; learning rate \(constantRate); seed 0",
          panels: [panel], description: "Updates against gradients: two rising lines, three flat ones.")
      },
      .map(
        "learning-rates", "The final loss by optimizer and learning rate",
        "median of seeds; yellow: the net has not learned",
        x: Axis(.categorical(rules.map(\.name)), "optimizer"), y: Axis(.log, "learning rate"), colorTitle: "final loss",
        colors: ColorScale(Scale(.linear, from: 0.4, to: log(10)), .viridis)
      ) { results in
        // The limits for a parabola with the curvature at initialization: 2/λ, and with momentum 2 (1 + μ)/λ.
        let limits = [2, 3.8].map { $0 / results.median(curvature, of: results.variants[0]) }
        let columns = rules.indices.map(Double.init)
        return CellGrid(
          columns: columns, rows: learningRates,
          lines: limits.enumerated().map { index, limit in
            .init(
              index == 0
                ? "lines: 2/λ_max, with momentum 2 (1 + 0.9)/λ_max, above which gradient descent diverges on a parabola with the "
                  + "curvature at the start;\na net may converge where its loss is flatter, and so learn at larger learning rates too"
                : "",
              x: [Double(index) - 0.5, Double(index) + 0.5], y: [limit, limit])
          }
        ) { column, rate in
          let ends = results.series(MetricNames.finalLoss, of: results.variants[Int(column)])
          let row = learningRates.firstIndex(of: rate)!
          return MedianInterval(ends.map { $0.y[row] })?.median ?? .nan
        }
      },
      .curves(
        "loss", "The loss at learning rate 0.001, debiased moving average over about twenty steps",
        of: MetricNames.loss,
        x: Axis(.integer, "step"),
        y: Axis(.log, "loss")),
    ])
}

extension Claim.Scope {
  /// Training that is long enough to compare learning rates.
  fileprivate static let enough = Claim.Scope("training of 200 steps or more") { $0.steps >= 200 }
}
