import ExperimentHarness
import Foundation
import Rheoscope

// float32 has 24 binary digits and a range from 10⁻³⁸ to 10³⁸. Half as many bits can be used in two ways. bfloat16 keeps the
// range and has 8 digits; float16 has 11 digits, and values below 2⁻²⁵ = 3·10⁻⁸ round to 0. If the loss is multiplied by
// 65,536, so are all gradients, and then only those below 2⁻⁴¹ become 0: very few.
//
// The activations of the forward pass and the gradients of the backward pass are in 16 bits: most of the memory. Weights,
// their gradients and the loss stay in 32 bits.

/// A number format in which a net is trained. Its activation is LeakyReLU, because inactive units of ReLU have a gradient of
/// 0 in every format.
private func format(
  _ name: String, _ title: String, _ precision: Precision, scaler: @escaping @Sendable () -> LossScaler? = { nil }
) -> Variant {
  Variant(name, title) { context in
    let settings = context.settings, data = try context.data().train, seed = UInt64(context.seed)
    let model = DeepNet(settings, initializer: .heNormal, activation: { LeakyReLU() })
    model.initialize(seed: seed)
    let optimizer = SGD(model, learningRate: Float(settings.learningRate)), scaler = scaler()

    func loss(_ batch: Batch, in precision: Precision) -> Tensor {
      crossEntropy(withPrecision(precision) { model(batch.inputs) }, batch.labels)
    }
    func step(_ batch: Batch) -> Double {
      let loss = loss(batch, in: precision)
      if let scaler {
        scaler.scaled(loss).backward()
        scaler.step(optimizer)
      } else {
        loss.backward()
        optimizer.step()
      }
      return Double(loss.value)
    }
    var losses: [Double] = []
    for batch in data.batches(of: settings.batch, seed: seed).prefix(settings.steps) { losses.append(step(batch)) }
    context.report(MetricNames.finalLoss, finalLoss(losses))
    context.report(MetricNames.loss, losses, over: losses.indices.map(Double.init))

    // The gradients by then: dL/d(output) of every layer, in float32 and in this format.
    var batches = data.batches(of: settings.batch, seed: seed).starting(at: settings.steps).makeIterator()
    let batch = batches.next()!
    func gradients(in precision: Precision, scaled: Bool) throws -> [Float] {
      var found: [Float] = []
      let handle = try model.onBackward(Linear.self) { _, gradient in
        found += gradient.values
        return nil
      }
      let loss = loss(batch, in: precision)
      (scaled ? scaler?.scaled(loss) ?? loss : loss).backward()
      handle.remove()
      optimizer.clearGradients()
      return found
    }
    let exact = try gradients(in: .float32, scaled: false), rounded = try gradients(in: precision, scaled: true)
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
    context.report(time, 1e3 * context.seconds(ofBest: 20) { _ = step(batch) }, .never)
  }
}

private let bytes = "MB kept", time = "ms per step", zeros = "share of gradients that are 0",
  tiny = "share below 2⁻²⁵ in float32"
private let tiniest = "share below 2⁻⁴¹ in float32", count = "gradients", sizes = "sizes"

private let float32 = format("float32", "32 bits", .float32)
private let bfloat16 = format("bfloat16", "16 bits, 8 digits", .bfloat16)
private let float16 = format("float16", "16 bits, 11 digits", .float16)
private let scaled = format("float16-scaled", "16 bits, 11 digits, loss times 65,536", .float16) { LossScaler() }

extension Experiment {
  /// One net in three number formats, float16 also with loss scaling.
  ///
  /// Measured: the final loss, the memory that a forward pass keeps for the backward pass, the time of a step, and the share
  /// of gradients that are 0.
  public static let mixedPrecision = Experiment(
    name: "mixed-precision",
    question: "What do 16 bits cost, and what do they save?",
    settings: [
      .depth(12), .width(128), .batch(128), .steps(150, quick: 20), .seeds(5, quick: 1, full: 20), .learningRate(0.05),
    ],
    variants: [float32, bfloat16, float16, scaled],
    claims: [
      Claim(
        .finding,
        source: "2 bytes instead of 4",
        statement: { _ in "bfloat16 keeps half the memory of float32, plus a copy of the images" },
        expected: { settings in
          // Of a layer only its activation's output is kept, of the last layer its own; the copy of the images has 2 bytes
          // per pixel.
          let outputs = 4 * Double((settings.depth - 1) * settings.width + 10)
          return .near(0.5 + 2 * 784 / outputs, withinShare: 0.02)
        }, measure: { try $0[bytes, bfloat16] / $0[bytes, float32] }),
      Claim(
        .finding,
        "a step in bfloat16 takes no longer than in float32", expected: .atMost(1),
        source: "Kalamkar et al. 2019, arXiv:1905.12322", appliesTo: .times
      ) { seed in
        guard BFloat16Products.current == .native else {
          throw NotMeasured(
            reason: "products of bfloat16 are computed in float32 on this processor, which saves memory but no time")
        }
        return try seed[time, bfloat16] / seed[time, float32]
      },
      sameLoss(bfloat16, "Kalamkar et al. 2019, arXiv:1905.12322"),
      sameLoss(scaled, "Micikevicius et al. 2017, arXiv:1710.03740"),
      Claim(
        .finding,
        "float16: as many gradients are 0 as are below 2⁻²⁵ in float32 (ratio)", expected: .near(1, withinFactor: 1.5),
        source: "IEEE 754: half of the smallest number rounds to 0"
      ) { try $0[zeros, float16] / $0[tiny, float16] },
      Claim(
        .finding,
        "float16-scaled: as many gradients are 0 as are below 2⁻⁴¹ in float32 (difference of the counts / √ of their sum)",
        expected: .near(0, within: 3), source: "IEEE 754; counts of rare events, three standard deviations"
      ) { seed in
        let count = try seed[count, scaled], found = try count * seed[zeros, scaled],
          expected = try count * seed[tiniest, scaled]
        return (found - expected) / max(found + expected, 1).squareRoot()
      },
      Claim(
        .finding,
        "float16-scaled: loss scaling removes most of the zeros of float16 (share that is left)",
        expected: .atMost(0.5),
        source: "Micikevicius et al. 2017, arXiv:1710.03740"
      ) { try $0[zeros, scaled] / $0[zeros, float16] },
    ],
    disagreements: [
      Disagreement(
        with: Claim(
          .finding,
          "float16-scaled: with loss scaling no gradient is 0", scaled, zeros, .exactly(0),
          source: "Micikevicius et al. 2017, arXiv:1710.03740"),
        reason:
          "A scale of 65,536 shifts the range of float16 by 16 powers of two. Of about 180,000 gradients of a batch a few are smaller "
          + "still, by chance, and too small to change any weight.")
    ],
    figures: [
      ExperimentFigure(
        "loss", "Training loss over steps in four number formats, mean over seeds, and the range of float32 over seeds"
      ) { results in
        var panel = Panel(x: Axis(.integer, "step"), y: Axis(.linear, "loss", includes: [0]))
        let exact = results.series(MetricNames.loss, of: float32)
        if let steps = exact.first?.x {
          let atEach = steps.indices.map { step in exact.map { $0.y[step] } }
          panel.marks.append(
            BandMark(
              x: steps, lower: atEach.map { $0.min()! }, upper: atEach.map { $0.max()! }, color: .series(0).opacity(0.2)
            ))
        }
        for (index, variant) in results.variants.enumerated() {
          let curves = results.series(MetricNames.loss, of: variant)
          guard let steps = curves.first?.x else { continue }
          let means = steps.indices.map { step in curves.reduce(0) { $0 + $1.y[step] } / Double(curves.count) }
          panel.marks.append(LineMark(x: steps, y: means, color: .series(index)))
          panel.directLabels.append(DirectLabel(at: means.last, variant.name, color: .series(index)))
        }
        return Figure(
          title: "Training loss · mixed-precision",
          subtitle: "mean of \(results.settings.seeds) seeds; band: lowest to highest of float32", panels: [panel],
          description: "Loss over steps in four number formats.")
      },
      ExperimentFigure("sizes", "The distribution of gradients, and which of them float16 represents") { results in
        var panel = Panel(
          x: Axis(.linear, "log₂ |gradient|", range: -51...1),
          y: Axis(.log, "share of all gradients", range: 1e-7...1))
        if let curve = results.series(sizes, of: float32).first {
          panel.marks = [
            BarMark(x: curve.x, y: curve.y, color: .series(0)), RuleMark(.vertical, at: -25.5),
            RuleMark(.vertical, at: -41.5),
            TextMark([
              .init(x: -12, y: 0.5, "kept"), .init(x: -33.5, y: 0.5, "0 in float16, unless scaled"),
              .init(x: -46.5, y: 0.5, "0, even if scaled"),
            ]),
          ]
        }
        return Figure(
          title: "Distribution of gradients · mixed-precision",
          subtitle: "dL/d(output) of every layer after training, seed 0, in float32", panels: [panel],
          description: "A histogram of gradients, with the smallest number of float16.")
      },
    ],
    isTimed: true)
}

/// The means of two sets of n trainings that differ in their seeds alone differ by a normal number with √(2/n) times the
/// standard deviation of one training. Those of two sets that differ in their number format should not differ by more.
private func sameLoss(_ variant: Variant, _ source: String) -> Claim {
  Claim(
    .finding,
    "\(variant.name) has the final loss of float32: their means over all seeds differ by no more than chance (in standard errors)",
    expected: .near(0, within: 3), source: source + "; three standard errors"
  ) { seed in
    let losses = seed.allSeeds(MetricNames.finalLoss, of: float32),
      others = seed.allSeeds(MetricNames.finalLoss, of: variant)
    let count = Double(losses.count)
    guard count >= 3 else { throw NotMeasured(reason: "the spread of seeds needs three seeds or more") }
    let mean = losses.reduce(0, +) / count, other = others.reduce(0, +) / Double(others.count)
    let deviation = (losses.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)).squareRoot()
    return (other - mean) / (deviation * (2 / count).squareRoot())
  }
}
