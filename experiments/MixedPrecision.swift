import ExperimentHarness
import Foundation
import Rheoscope

// float32 has 24 binary digits and a range from 10⁻³⁸ to 10³⁸. Half as many bits can be used in two ways. bfloat16 keeps the
// range and has 8 digits; float16 has 11 digits, values below 2⁻²⁵ = 3·10⁻⁸ round to 0, and values from 65,520 on become
// infinite.
//
// The activations of the forward pass and the gradients of the backward pass are in 16 bits: most of the memory. Weights,
// their gradients and the loss stay in 32 bits. What can go wrong?
//
// Gradients that are too small for float16 become 0. In the net of this experiment a few per cent do, those of images that it
// classifies well. But the loss is a mean, and a mean over more terms has smaller gradients: those of a net that labels each of
// 1,024 × 1,024 pixels are 2²⁰ times as small. So some variants divide the loss by 2²⁰, and multiply the learning rate by as
// much: in exact arithmetic it is the same training. In float16 nothing is left of the gradients. Loss scaling multiplies the
// loss by 65,536 before the backward pass, and divides the gradients of the weights by it afterwards. It need not save all
// gradients: with the loss divided by 4,096 and no scaling more than half are 0, and the net learns almost as well. The few large
// ones matter.
//
// With a scale that is too large, gradients become infinite. A scaler notices that, leaves out the step and halves the scale.
//
// The weights, finally, change by little in each step. With 8 digits most of them don't change at all.

/// What the loss is multiplied by before the backward pass.
private enum Scaling {
  case none
  /// By a number that stays, whatever becomes of the gradients.
  case fixed(Float)
  case scaler(LossScaler)
}

/// A way to train a net with fewer bits. Its activation is LeakyReLU, because inactive units of ReLU have a gradient of 0 in
/// every format. The loss is divided by `terms`; `weights` is the format in which weights are stored between steps.
private func format(
  _ name: String, _ title: String, _ precision: Precision, weights: Precision = .float32, terms: Float = 1,
  scaling: @escaping @Sendable (Settings) -> Scaling = { _ in .none }
) -> Variant {
  Variant(name, title) { context in
    let settings = context.settings, data = try context.data().train, seed = UInt64(context.seed)
    let model = DeepNet(settings, initializer: .heNormal, activation: { LeakyReLU() })
    model.initialize(seed: seed)
    let parameters = model.parameters.map(\.parameter)
    let optimizer = SGD(model, learningRate: Float(settings.learningRate) * terms), scaling = scaling(settings)
    var skipped = 0

    func storeWeights() {
      guard weights != .float32 else { return }
      withoutGradients {
        for parameter in parameters { parameter.set(parameter.value.cast(to: weights).cast(to: .float32)) }
      }
    }
    func loss(_ batch: Batch, in precision: Precision) -> Tensor {
      crossEntropy(withPrecision(precision) { model(batch.inputs) }, batch.labels)
    }
    func step(_ batch: Batch) -> Double {
      let loss = loss(batch, in: precision), divided = loss * (1 / terms)
      switch scaling {
      case .none:
        divided.backward()
        optimizer.step()
      case .fixed(let scale):
        (divided * scale).backward()
        for parameter in parameters { parameter.gradient = parameter.gradient.map { $0 * (1 / scale) } }
        optimizer.step()
      case .scaler(let scaler):
        scaler.scaled(divided).backward()
        if !scaler.step(optimizer) { skipped += 1 }
      }
      storeWeights()
      return Double(loss.value)
    }
    storeWeights()
    var losses: [Double] = []
    for batch in data.batches(of: settings.batch, seed: seed).prefix(settings.steps) { losses.append(step(batch)) }
    context.report(MetricNames.finalLoss, finalLoss(losses))
    context.report(MetricNames.loss, losses, over: losses.indices.map(Double.init))
    if case .scaler = scaling { context.report(skippedSteps, Double(skipped)) }

    // The gradients by then: dL/d(output) of every layer, in float32 and in this format.
    var batches = data.batches(of: settings.batch, seed: seed).starting(at: settings.steps).makeIterator()
    let batch = batches.next()!
    func gradients(in precision: Precision, scaled: Bool) throws -> [Float] {
      var found: [Float] = []
      let handle = try model.onBackward(Linear.self) { _, gradient in
        found += gradient.values
        return nil
      }
      let divided = loss(batch, in: precision) * (1 / terms)
      if scaled, case .scaler(let scaler) = scaling { scaler.scaled(divided).backward() } else { divided.backward() }
      handle.remove()
      return found
    }
    let exact = try gradients(in: .float32, scaled: false)
    optimizer.clearGradients()
    let rounded = try gradients(in: precision, scaled: true)
    optimizer.clearGradients()
    context.report(zeros, Double(rounded.count { $0 == 0 }) / Double(rounded.count))
    context.report(tiny, Double(exact.count { abs($0) < 0x1p-25 }) / Double(exact.count))
    context.report(tiniest, Double(exact.count { abs($0) < 0x1p-41 }) / Double(exact.count))
    context.report(count, Double(exact.count))
    if precision == .float32 {
      let exponents = -50...0
      var counts = exponents.map { _ in 0.0 }
      for number in exact where number != 0 { counts[min(max(Int(number.exponent), -50), 0) + 50] += 1 }
      context.report(sizes, counts.map { $0 / Double(exact.count) }, over: exponents.map(Double.init))
    }

    // The memory that a forward pass keeps for the backward pass.
    TensorMemory.trim()
    let before = TensorMemory.inUse
    let logits = withPrecision(precision) { model(batch.inputs) }
    TensorMemory.trim()
    withExtendedLifetime(logits) { context.report(bytes, Double(TensorMemory.inUse - before) / 1e6) }

    // The weights that have a gradient, and that a step leaves as they are.
    loss(batch, in: precision).backward()
    let moved = parameters.map { $0.gradient!.values.map { $0 != 0 } }
    optimizer.clearGradients()
    let old = parameters.map(\.value.values)
    _ = step(batch)
    let pairs = zip(zip(old, parameters.map(\.value.values)), moved)
    let same = pairs.reduce(0) { sum, pair in
      sum + pair.1.indices.count { pair.1[$0] && pair.0.0[$0] == pair.0.1[$0] }
    }
    context.report(unchanged, Double(same) / Double(moved.reduce(0) { $0 + $1.count { $0 } }))
    context.report(time, 1e3 * context.seconds(ofBest: 20) { _ = step(batch) }, .never)
  }
}

private let bytes = "MB kept", time = "ms per step", zeros = "share of gradients that are 0",
  tiny = "share below 2⁻²⁵ in float32"
private let tiniest = "share below 2⁻⁴¹ in float32", count = "gradients", sizes = "sizes"
private let unchanged = "share of weights that a step does not change", skippedSteps = "skipped steps"

private let float32 = format("float32", "32 bits", .float32)
private let bfloat16 = format("bfloat16", "16 bits, 8 digits", .bfloat16)
private let float16 = format("float16", "16 bits, 11 digits", .float16)

private let float16Small = format("float16-small", "as float16, the loss divided by 4,096", .float16, terms: 4_096)
private let float32Tiny = format("float32-tiny", "as float32, the loss divided by 2²⁰", .float32, terms: 0x1p20)
private let float16Tiny = format("float16-tiny", "as float16, the loss divided by 2²⁰", .float16, terms: 0x1p20)
private let float16Scaled = format(
  "float16-tiny-scaled", "as float16-tiny, loss times 65,536", .float16, terms: 0x1p20,
  scaling: { _ in .scaler(LossScaler()) })

/// For labels that the net does not expect, the gradient of the scaled loss with respect to a logit is nearly −2¹⁷, beyond
/// float16.
@Sendable private func tooLargeScale(_ settings: Settings) -> Float { 0x1p17 * Float(settings.batch) }
private let float16Fixed = format(
  "float16-fixed", "as float16, loss times 2¹⁷ · batch size", .float16, scaling: { .fixed(tooLargeScale($0)) })
private let float16Falling = format(
  "float16-falling", "as float16-fixed, but the scale is halved when gradients are not finite", .float16,
  scaling: { .scaler(LossScaler(scale: tooLargeScale($0))) })

private let bfloat16Weights = format(
  "bfloat16-weights", "as bfloat16, weights too", .bfloat16, weights: .bfloat16)

private let longEnough = Claim.Scope("training of 100 steps or more") { $0.steps >= 100 }
private let micikevicius = "Micikevicius et al. 2018, arXiv:1710.03740"

extension Experiment {
  /// One net in three number formats: with small gradients, with loss scaling and with a scale that is too large, and with weights
  /// of 16 bits.
  ///
  /// Measured: the final loss, the memory that a forward pass keeps for the backward pass, the time of a step, and the shares
  /// of gradients that are 0 and of weights that a step does not change.
  public static let mixedPrecision = Experiment(
    name: "mixed-precision",
    question: "What do 16 bits cost, and what do they save?",
    settings: [
      .depth(12), .width(128), .batch(128), .steps(150, quick: 20), .seeds(8, quick: 1, full: 20), .learningRate(0.005),
    ],
    variants: [
      float32, bfloat16, float16, float16Small, float32Tiny, float16Tiny, float16Scaled, float16Fixed, float16Falling,
      bfloat16Weights,
    ],
    claims: [
      Claim(
        .identity,
        source: "2 bytes instead of 4",
        statement: { _ in "bfloat16 keeps half the memory of float32, plus a copy of the images" },
        expected: { settings in
          // Of a layer only its activation's output is kept, of the last layer its own; the copy of the images has 2 bytes
          // per pixel.
          let outputs = 4 * Double((settings.depth - 1) * settings.width + 10)
          return .near(0.5 + 2 * 784 / outputs, withinShare: 0.02)
        }, measure: { try $0[bytes, bfloat16] / $0[bytes, float32] }),
      Claim(
        .identity,
        "float32-tiny: with the loss divided and the learning rate multiplied by 2²⁰, each loss is that of float32 (largest difference)",
        expected: .exactly(0), source: "a power of two changes no digits"
      ) { seed in
        let pairs = zip(
          try seed.series(MetricNames.loss, of: float32).y, try seed.series(MetricNames.loss, of: float32Tiny).y)
        return pairs.map { abs($0 - $1) }.max() ?? .nan
      },
      zerosAre("below 2⁻²⁵", tiny, in: float16), zerosAre("below 2⁻⁴¹", tiniest, in: float16Scaled),
      Claim(
        .finding,
        "a step in bfloat16 takes at most 0.9 times as long as in float32", expected: .atMost(0.9),
        source: "measured here; less than a tenth would not matter", appliesTo: .times,
        rejects: [.swapping(bfloat16, for: float16)]
      ) { seed in
        guard BFloat16Products.current == .native else {
          throw NotMeasured(
            reason: "products of bfloat16 are computed in float32 on this processor, which saves memory but no time")
        }
        return try seed[time, bfloat16] / seed[time, float32]
      },
      sameLoss(bfloat16, "Kalamkar et al. 2019, arXiv:1905.12322", not: bfloat16Weights),
      sameLoss(float16, "few gradients are lost", not: float16Tiny),
      Claim(
        .finding, "float16-small: more than half of the gradients are 0 (share)", float16Small, zeros, .atLeast(0.5),
        source: micikevicius, appliesTo: longEnough, rejects: [.swapping(float16Small, for: float16)]),
      sameLoss(float16Small, "gradients near 0 matter little", not: float16Tiny),
      .endsHigher(
        "float16-tiny ends higher than with loss scaling", float16Tiny, than: float16Scaled, micikevicius,
        appliesTo: longEnough, rejects: [.swapping(float16Tiny, for: float16Small)]),
      sameLoss(float16Scaled, micikevicius, not: float16Tiny),
      Claim(
        .finding, "float16-fixed: gradients overflow, and the loss becomes NaN (1: yes)",
        expected: .exactly(1), source: "IEEE 754: numbers from 65,520 on become infinite", appliesTo: longEnough,
        rejects: [.swapping(float16Fixed, for: float16Falling)]
      ) { try $0[MetricNames.finalLoss, float16Fixed].isNaN ? 1 : 0 },
      sameLoss(float16Falling, micikevicius, not: float16Fixed),
      Claim(
        .finding,
        "bfloat16-weights: a step leaves more than half of the weights as they are (share of those with a gradient)",
        bfloat16Weights, unchanged, .atLeast(0.5), source: micikevicius, appliesTo: longEnough,
        rejects: [.swapping(bfloat16Weights, for: bfloat16)]),
      .endsHigher(
        "bfloat16-weights ends higher than with weights of 32 bits", bfloat16Weights, than: bfloat16, micikevicius,
        appliesTo: longEnough, rejects: [.swapping(bfloat16Weights, for: float16)]),
    ],
    figures: [
      ExperimentFigure("loss", "Training loss over steps in several number formats, mean over seeds") { results in
        Figure(
          title: "Training loss · mixed-precision",
          subtitle: "mean of \(results.settings.seeds) seeds; band: lowest to highest of float32; curves end at NaN",
          panels: [
            losses("Activations and gradients in 16 bits", [bfloat16, float16], results),
            losses("The loss divided by 4,096 or 2²⁰", [float16Small, float16Tiny, float16Scaled], results),
            losses("Overflow, and weights in 16 bits", [float16Fixed, float16Falling, bfloat16Weights], results),
          ], columns: 3, description: "Loss over steps in several number formats, beside float32.",
          size: Size(width: 1400, height: 460))
      },
      ExperimentFigure("sizes", "The distribution of gradients, and which of them float16 represents") { results in
        Figure(
          title: "Distribution of gradients · mixed-precision",
          subtitle: "dL/d(output) of every layer after training, seed \(results.settings.firstSeed), in float32",
          panels: [
            distribution("The loss is the mean over images", float32, results),
            distribution("The loss is divided by 2²⁰", float32Tiny, results),
          ], columns: 1, description: "Histograms of gradients, with the smallest number of float16.",
          size: Size(width: 900, height: 720))
      },
    ],
    isTimed: true)
}

/// The means over seeds of the losses of some variants, beside float32 with its range.
private func losses(_ title: String, _ variants: [Variant], _ results: Results) -> Panel {
  var panel = Panel(title: title, x: Axis(.integer, "step"), y: Axis(.linear, "loss", range: 0...3.2))
  let exact = results.series(MetricNames.loss, of: float32)
  if let steps = exact.first?.x {
    let atEach = steps.indices.map { step in exact.map { $0.y[step] } }
    panel.marks.append(
      BandMark(
        x: steps, lower: atEach.map { $0.min()! }, upper: atEach.map { $0.max()! },
        color: results.color(of: float32).opacity(0.2)))
  }
  for variant in [float32] + variants {
    let color = results.color(of: variant)
    let curves = results.series(MetricNames.loss, of: variant)
    guard let steps = curves.first?.x else { continue }
    let means = steps.indices.map { step in curves.reduce(0) { $0 + $1.y[step] } / Double(curves.count) }
    panel.marks.append(LineMark(x: steps, y: means, color: color))
    let last = means.lastIndex { $0.isFinite }
    panel.directLabels.append(
      DirectLabel(
        at: last.map { means[$0] }, variant.name, color: color, hasLeader: last == means.count - 1))
  }
  return panel
}

/// A histogram of the gradients of a variant in float32, with the limits of float16.
private func distribution(_ title: String, _ variant: Variant, _ results: Results) -> Panel {
  var panel = Panel(
    title: title, x: Axis(.linear, "log₂ |gradient|", range: -51...1),
    y: Axis(.log, "share of all gradients", range: 1e-7...1))
  if let curve = results.series(sizes, of: variant).first {
    panel.marks = [
      BarMark(x: curve.x, y: curve.y, color: .series(0)), RuleMark(.vertical, at: -25.5),
      RuleMark(.vertical, at: -41.5),
      TextMark([
        .init(x: -12, y: 0.5, "kept"), .init(x: -33.5, y: 0.5, "0 in float16, unless scaled"),
        .init(x: -46.5, y: 0.5, "0, even if scaled"),
      ]),
    ]
  }
  return panel
}

/// Trainings that differ in their number format alone differ by chance, since rounding errors grow from step to step. A mean
/// difference of 0.05 would change the probability of the right class by a factor of 1.05, which would matter little.
private func sameLoss(_ variant: Variant, _ source: String, not null: Variant) -> Claim {
  .endsEqual(
    "\(variant.name) has the final loss of float32 within 0.05 (difference with the same seed)", variant, float32,
    within: { _ in 0.05 }, source + "; 0.05 is a factor of 1.05 in the probability of the right class",
    appliesTo: longEnough, rejects: [.swapping(variant, for: null)])
}

/// The gradients that are 0 are those that are `limit` in float32. The tolerance is three standard deviations of the counts, and
/// one in twenty for what lies near the limit, where rounding in earlier layers decides.
private func zerosAre(_ limit: String, _ name: String, in variant: Variant) -> Claim {
  Claim(
    .identity,
    "\(variant.name): as many gradients are 0 as are \(limit) in float32 (difference of the counts / tolerance)",
    expected: .near(0, within: 1),
    source: "IEEE 754: half of the smallest number rounds to 0; three standard deviations of counts and 5 %"
  ) { seed in
    let all = try seed[count, variant], found = try all * seed[zeros, variant], expected = try all * seed[name, variant]
    return (found - expected) / (3 * max(found + expected, 1).squareRoot() + 0.05 * expected)
  }
}
