import ExperimentHarness
import Foundation
import Rheoscope

// A recurrent net computes h ← tanh(W x + U h) again and again, here 196 times, for four pixels x of an image after another. In
// the backward pass the gradient is multiplied by U and by slopes of tanh 196 times too. If U is large, the gradient explodes:
// at some steps, the first ones above all, it is a hundred times as large as at most others. Such steps throw the weights far away,
// to where the net hardly learns.
//
// Clipping makes large gradients smaller before the step. By norm (Pascanu et al. 2013): if the norm of the whole gradient is
// above a limit, all of it is scaled down to that limit, so its direction stays. By value: each element beyond a limit is set
// to that limit, which changes the direction. Small gradients stay as they are.
//
// Is clipping more than a smaller learning rate? A rate that is small enough for the largest gradients is too small for all
// others (Zhang et al. 2020). So the net without clipping is trained at many rates. Where gradients do not explode, clipping
// should change little: the control is a net that reads an image in 28 steps of 28 pixels. A smaller U is another remedy: the
// gradient does not explode before training. Its norm still varies during training, so clipping may help this net too, but less.

/// Orthogonal weights U times this. Slopes of tanh are below 1, so the gradient explodes only if U is clearly above 1.
private let explodingGain = 1.4, calmGain = 1.1

private final class RecurrentNet: Module {
  private let input: Linear
  private let state: Linear
  private let head: Linear
  private let length: Int

  /// The 784 pixels of an image are read in `length` steps.
  init(_ settings: Settings, length: Int, gain: Double) {
    input = Linear(784 / length, settings.width, initializer: .xavierNormal)
    state = Linear(settings.width, settings.width, bias: false, initializer: .orthogonal(gain: gain))
    head = Linear(settings.width, 10, initializer: .xavierNormal)
    self.length = length
  }

  /// h after each step, from 0.
  func states(_ images: Tensor) -> [Tensor] {
    let pixels = 784 / length
    var states = [Tensor(repeating: 0, shape: [images.shape[0], state.weight.shape[0]])]
    for time in 0..<length {
      let x = images.sliced(1, pixels * time..<pixels * (time + 1))
      states.append(tanh(input(x) + state(states[time])))
    }
    return Array(states.dropFirst())
  }

  /// The logits of a state.
  func logits(_ state: Tensor) -> Tensor { head(state) }

  override func forward(_ images: Tensor) -> Tensor { logits(states(images).last!) }
}

// MARK: What is measured

private let growth = "first / last gradient", typical = "median norm", largest = "largest / median norm"
private let clippedShare = "share of steps clipped", cosine = "lowest cosine",
  largestAfter = "largest norm after / limit"
private let before = "norm before clipping", after = "norm after clipping"

/// What is done to the gradients of an optimizer before its step.
private typealias Clipping = @Sendable (_ optimizer: Optimizer, _ limit: Double) -> Void

/// A recurrent net that is trained with a kind of clipping. It reports the gradient with respect to the first state relative to that with
/// respect to the last, before training, and at each step the norm of the gradient before and after clipping and the cosine between the
/// two.
private func net(
  _ name: String, _ title: String, length: Int = 196, gain: Double = explodingGain,
  schedule: (@Sendable (Settings) -> Schedule)? = nil, clip: @escaping Clipping = { _, _ in }
) -> Variant {
  Variant(name, title) { context in
    let settings = context.settings, limit = settings["limit"], seed = UInt64(context.seed)
    let model = RecurrentNet(settings, length: length, gain: gain)
    model.initialize(seed: seed)
    let optimizer = SGD(model, learningRate: Float(settings.learningRate))
    optimizer.schedule = schedule?(settings)
    let batches = try context.data().train.batches(of: settings.batch, seed: seed).prefix(settings.steps)
    func gradient() -> [Float] { model.parameters.flatMap { $0.parameter.gradient?.values ?? [] } }

    var losses: [Double] = [], norms: [Double] = [], clippedNorms: [Double] = [], cosines: [Double] = []
    for batch in batches {
      if losses.isEmpty { context.report(growth, growthOverTime(model, batch)) }
      let loss = crossEntropy(model(batch.inputs), batch.labels)
      loss.backward()
      let raw = gradient()
      clip(optimizer, limit)
      let clipped = gradient()
      optimizer.step()
      losses.append(Double(loss.value))
      norms.append(product(raw, raw).squareRoot())
      clippedNorms.append(product(clipped, clipped).squareRoot())
      if clippedNorms.last! > 0 { cosines.append(product(raw, clipped) / (norms.last! * clippedNorms.last!)) }
      context.reportProgress(Double(losses.count) / Double(settings.steps))
    }
    let median = MedianInterval(norms)!.median, steps = losses.indices.map(Double.init)
    context.report(MetricNames.finalLoss, finalLoss(losses))
    context.report(typical, median)
    context.report(largest, norms.max()! / median)
    context.report(clippedShare, Double(zip(norms, clippedNorms).count { $1 < $0 }) / Double(norms.count))
    context.report(cosine, cosines.min())
    context.report(largestAfter, clippedNorms.max()! / limit)
    context.report(MetricNames.loss, losses, over: steps)
    context.report(before, norms, over: steps)
    context.report(after, clippedNorms, over: steps)
  }
}

/// The RMS of the gradient with respect to the first state, relative to that with respect to the last.
private func growthOverTime(_ model: RecurrentNet, _ batch: Batch) -> Double {
  let states = model.states(batch.inputs)
  let loss = crossEntropy(model.logits(states.last!), batch.labels)
  let found = gradients(of: loss, withRespectTo: [states.first!, states.last!])
  return Double(found[0].rms) / Double(found[1].rms)
}

private func product(_ a: [Float], _ b: [Float]) -> Double {
  zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
}

// MARK: The variants

private let byNormClipping: Clipping = { $0.clipGradients(toNorm: $1) }

private let unclipped = net("none", "no clipping")
private let byNorm = net("by-norm", "clipped by norm", clip: byNormClipping)

/// The limit of each of N elements is the limit of the norm over √N: a gradient of N equal elements is at both.
private let byValue = net(
  "by-value", "clipped by value, at the limit of the norm over √N for N weights",
  clip: { optimizer, limit in
    let count = optimizer.parameters.reduce(0) { $0 + $1.shape.elementCount }
    optimizer.clipGradients(toValue: Float(limit / Double(count).squareRoot()))
  })

// The gradient explodes at the first steps. Perhaps a smaller rate is enough while it does. How a warm-up ends depends on the rate
// and the seed.
private let warmUp = net(
  "warm-up", "no clipping, the learning rate grows from 0 during the first quarter of the steps",
  schedule: { settings in
    Schedule("a linear warm-up over a quarter of \(settings.steps) steps") {
      min(1, 4 * Double($0 + 1) / Double(settings.steps))
    }
  })

// Perhaps it is enough not to make the steps that are too large? But the norm at the start is above the limit.
private let skipped = net(
  "skipped", "no step where the norm is above the limit",
  clip: { optimizer, limit in if optimizer.gradientNorm > limit { optimizer.clearGradients() } })

private let short = net("short", "no clipping, 28 steps of 28 pixels", length: 28)
private let shortByNorm = net(
  "short-by-norm", "clipped by norm, 28 steps of 28 pixels", length: 28, clip: byNormClipping)
private let calm = net("calm", "U is smaller, no clipping", gain: calmGain)
private let calmByNorm = net("calm-by-norm", "U is smaller, clipped by norm", gain: calmGain, clip: byNormClipping)

private let rates = LearningRateSweep(of: unclipped, over: [0.0003, 0.001, 0.003, 0.01, 0.03])
private let byNormRates = LearningRateSweep(of: byNorm, over: [0.003, 0.01, 0.03, 0.1])
private let warmUpRates = LearningRateSweep(of: warmUp, over: [0.003, 0.01, 0.03, 0.1])
private let shortRates = LearningRateSweep(of: short, over: [0.01, 0.03, 0.1])
private let shortByNormRates = LearningRateSweep(of: shortByNorm, over: [0.01, 0.03, 0.1])
private let calmRates = LearningRateSweep(of: calm, over: [0.003, 0.01, 0.03])
private let calmByNormRates = LearningRateSweep(of: calmByNorm, over: [0.003, 0.01, 0.03, 0.1])

// MARK: Claims

/// How much higher the net ends without clipping than with clipping by norm, each at its best rate.
private func advantage(_ seed: SeedResults) throws -> Double {
  try rates.finalLoss(seed) - byNormRates.finalLoss(seed)
}

private func advantageWhereCalm(_ seed: SeedResults) throws -> Double {
  try calmRates.finalLoss(seed) - calmByNormRates.finalLoss(seed)
}

private func advantageWhereShort(_ seed: SeedResults) throws -> Double {
  try shortRates.finalLoss(seed) - shortByNormRates.finalLoss(seed)
}

/// Nets that are compared see the same batches, so their final losses differ by chance less than this.
private let margin = "margin: three standard errors of two means of twenty batches"

private let pascanu = "Pascanu et al. 2013, arXiv:1211.5063", zhang = "Zhang et al. 2020, arXiv:1905.11881"

// float32 rounds each element by 6 · 10⁻⁸ of its size.
private let identities = [
  Claim(
    .identity, "by norm: the gradient keeps its direction (lowest cosine)", byNorm, cosine, .near(1, within: 1e-6),
    source: pascanu),
  Claim(
    .identity, "by norm: no step is longer than the limit (largest norm / limit)", byNorm, largestAfter,
    .between(0, 1 + 1e-6), source: pascanu),
  Claim(
    .identity, "by value: no step is longer than the limit either (largest norm / limit)", byValue, largestAfter,
    .between(0, 1 + 1e-6), source: "N elements of at most limit / √N"),
]

private let findings = [
  Claim(
    .finding,
    "before training the gradient grows over time: at the first step in time it is larger than at the last (ratio)",
    unclipped, growth, .atLeast(1), source: pascanu,
    rejects: [.swapping(unclipped, for: short), .swapping(unclipped, for: calm)]),
  Claim(
    .finding, "without clipping the largest norm is ten times the median or more", unclipped, largest, .atLeast(10),
    source: pascanu, appliesTo: .long, rejects: [.swapping(unclipped, for: short)]),
  // cos 26° = 0.9.
  Claim(
    .finding, "by value: the direction changes by 26° or more at some step (lowest cosine)", byValue, cosine,
    .atMost(0.9),
    source: pascanu, rejects: [.swapping(byValue, for: byNorm)]),
  .endsHigher(
    "at the same learning rate the net ends higher without clipping than with clipping by norm", unclipped,
    than: byNorm,
    pascanu, appliesTo: .long, rejects: [.swapping(unclipped, for: byValue), .swapping(unclipped, for: short)]),
  Claim(
    .finding, source: zhang, appliesTo: .long,
    rejects: [.value("short", advantageWhereShort), .value("calm", advantageWhereCalm)],
    statement: {
      "clipping is more than a smaller learning rate: after \($0.steps) steps at the best of \(rates.rates.count) rates the net without "
        + "clipping ends higher than with clipping by norm at the best of \(byNormRates.rates.count)"
    },
    expected: { .atLeast($0.differenceTolerance) }, measure: advantage),
  Claim(
    .finding, source: "gradients that do not explode need no clipping; \(margin)", appliesTo: .long,
    rejects: [.value("196 steps", advantage)],
    statement: { _ in
      "short: where gradients do not explode, clipping by norm changes the final loss by less than the margin, each at its best rate"
    },
    expected: { .near(0, within: $0.differenceTolerance) }, measure: advantageWhereShort
  ).judgedByInterval(),
  Claim(
    .finding, source: margin, appliesTo: .long, rejects: [.value("U of the other nets", advantage)],
    statement: { _ in
      "calm: with a smaller U the net without clipping ends higher by less than the margin, each at its best rate"
    },
    expected: { .atMost($0.differenceTolerance) }, measure: advantageWhereCalm
  ).judgedByInterval(),
  Claim(
    .finding, source: zhang, appliesTo: .long, rejects: [.value("the larger U without clipping", advantage)],
    statement: { _ in
      "a smaller U is a remedy too: calm, without clipping at its best rate, ends at most a little higher than the other nets with "
        + "clipping at theirs"
    },
    expected: { .atMost($0.differenceTolerance) },
    measure: { try calmRates.finalLoss($0) - byNormRates.finalLoss($0) }
  ).judgedByInterval(),
  Claim(
    .finding, "by norm: some steps are clipped and some are not, so steps are not all of one length (share clipped)",
    byNorm,
    clippedShare, .between(0.05, 0.95), source: "Pascanu et al. 2013 set the limit near the mean norm",
    appliesTo: .long,
    rejects: [.swapping(byNorm, for: skipped), .swapping(byNorm, for: unclipped)]),
  Claim(
    .finding, source: "the gradient explodes later too", appliesTo: .long,
    rejects: [.swapping(warmUp, for: byValue)],
    statement: {
      "at a learning rate of \(formatShortest($0.learningRate)) a warm-up is no safe substitute: the median over seeds ends higher with "
        + "it than with clipping by norm"
    },
    expected: { .atLeast($0.differenceTolerance) },
    measure: { seed in
      func median(_ variant: Variant) -> Double {
        MedianInterval(seed.allSeeds(MetricNames.finalLoss, of: variant))?.median ?? .nan
      }
      return median(warmUp) - median(byNorm)
    }
  ).overAllSeeds(),
  Claim(
    .finding,
    "a net that leaves out steps above the limit never starts, since its norm at the start is above it (share of steps left out)",
    skipped, clippedShare, .exactly(1), source: "Pascanu et al. 2013 scale such steps", appliesTo: .long,
    rejects: [.swapping(skipped, for: byNorm)]
  ).tested(
    with: 20...39,
    "within range in 18 of 20, so not shown: with two seeds the norm is below the limit at some steps, and they are taken"
  ),
]

// MARK: The experiment

/// Means over twenty steps, of a loss that differs between batches.
private func smoothed(_ curve: Series) -> (x: [Double], y: [Double]) {
  let starts = Array(stride(from: 0, to: curve.y.count, by: 20))
  let means = starts.map { start in
    let part = curve.y[start..<min(start + 20, curve.y.count)]
    return part.reduce(0, +) / Double(part.count)
  }
  return (starts.map { curve.x[$0] }, means)
}

extension Experiment {
  /// A recurrent net that reads images in 196 steps, without clipping and with two kinds, at several learning rates; the same with a
  /// smaller U; and a control whose gradients do not explode, with and without clipping.
  ///
  /// Measured: the norm of the gradient before and after clipping at each step, the cosine between the two, and the training loss.
  public static let clipping = Experiment(
    name: "clipping",
    question: "What does gradient clipping do?",
    settings: [
      .width(64), .batch(32), .steps(400, quick: 30), .seeds(3, quick: 1, full: 20), .learningRate(0.03),
      .number("limit", 5, in: 0.001...1_000_000, "limit of the gradient's norm"),
    ],
    variants: [unclipped, byNorm, byValue, skipped, warmUp, short, shortByNorm, calm, calmByNorm]
      + [rates, byNormRates, warmUpRates, shortRates, shortByNormRates, calmRates, calmByNormRates].flatMap(\.variants),
    claims: identities + findings,
    figures: [
      ExperimentFigure("norms", "The norm of the gradient over training steps, before and after clipping") { results in
        let shown = [unclipped, byNorm, byValue, short]
        let curves = shown.compactMap { results.series(before, of: $0).first }
        let norms = curves.flatMap(\.y).filter { $0 > 0 && $0.isFinite }
        let panels = shown.map { variant in
          var panel = Panel(
            title: variant.title, x: Axis(.integer, "training step"),
            y: Axis(.log, "norm of the gradient", includes: norms),
            marks: [RuleMark(.horizontal, at: results.settings["limit"])])
          for (index, (name, label)) in [(before, "before"), (after, "after")].enumerated() {
            guard let curve = results.series(name, of: variant).first else { continue }
            panel.marks.append(LineMark(x: curve.x, y: curve.y, color: .series(index), width: 1))
            panel.legend.append(
              LegendEntry(label, color: .series(index), sample: .line(Stroke.dash(ofSeries: index), width: 1.5)))
          }
          return panel
        }
        return Figure(
          title: "Gradients before and after clipping · clipping",
          subtitle: "the first seed; dashed: the limit; without clipping both are the same", panels: panels, columns: 2,
          sharesAxes: true,
          description:
            "Norms of gradients over steps, without clipping, clipped by norm and by value, and of a short sequence.",
          size: Size(width: 1200, height: 760))
      },
      ExperimentFigure("loss", "The training loss over steps, with and without clipping, and of the controls") {
        results in
        var panel = Panel(
          x: Axis(.integer, "training step"), y: Axis(.linear, "training loss, mean of 20 steps"),
          marks: [RuleMark(.horizontal, at: log(10))])
        let shown = [unclipped, byNorm, byValue, skipped, warmUp, short, calm]
        for (variant, color) in zip(shown, results.colors(of: shown)) {
          let curves = results.series(MetricNames.loss, of: variant).map(smoothed)
          panel.marks += curves.map { LineMark(x: $0.x, y: $0.y, color: color, width: 1.2) }
          panel.directLabels.append(DirectLabel(at: curves.first?.y.last, variant.name, color: color))
        }
        return Figure(
          title: "Training loss with and without clipping · clipping",
          subtitle:
            "one line per seed, learning rate \(results.settings.learningRate); dashed: ln 10, the loss of guessing",
          panels: [panel], description: "Losses over steps for seven nets with and without clipping.")
      },
      .learningRates(of: [
        ("none", rates), ("by-norm", byNormRates), ("warm-up", warmUpRates), ("calm", calmRates),
        ("calm-by-norm", calmByNormRates), ("short", shortRates), ("short-by-norm", shortByNormRates),
      ]),
    ])
}
