import ExperimentHarness
import Foundation
import Rheoscope

// The gradient with respect to a layer's output is multiplied once per layer, so over ten thousand layers a factor of 0.99 becomes 10⁻⁴⁴. Factors
// that are about 1 are not enough: they must be 1 to four digits. Two kinds of net reach that, and a third that should does not.
//
// The initialization of the layers varies, and what lies between layers: tanh with weights that rotate activations and hardly scale them;
// residual layers, each adding only a little; ReLU with weights that would work at infinite width; and PyTorch's default. Measured is the
// gradient of the first layer relative to that of the last, before training. Two controls are one small mistake away: tanh with a gain that is
// too small by 1/L, and residual layers that add √2 times too much.
//
// Then nets are trained. That one of ten thousand layers learns does not show that all of them do: the first and the last could learn alone. So
// each is also trained with all blocks frozen. Within forty steps training the blocks lowers the loss by only 0.02 with tanh and by 0.004 in the
// residual net (with twenty other seeds and smaller batches, by nothing): ten thousand layers do no harm, and hardly help. The width is 64
// throughout.

/// A first layer, blocks of one layer of weights each, and a last layer. Only √L blocks keep their activations; the others compute them again in
/// the backward pass, so that memory holds little besides weights and their gradients.
private final class Tower: Module {
  private let stem: Linear
  private let blocks: Sequential
  private let head: Linear

  init(
    _ settings: Settings, firstVariance: Double, lastVariance: Double = 1, hasBiases: Bool = true,
    block: (Linear) -> Module, weights: Initializer?
  ) {
    let width = settings.width
    stem = Linear(784, width, bias: false, initializer: .normal(weightVariance: firstVariance))
    blocks = Sequential(
      (0..<settings.depth).map { _ in block(Linear(width, width, bias: hasBiases, initializer: weights)) },
      checkpointed: true)
    head = Linear(width, 10, initializer: .normal(weightVariance: lastVariance))
  }

  override func forward(_ x: Tensor) -> Tensor { head(blocks(stem(x))) }
}

// tanh is nearly the identity for small activations: its slope is 1 − x² + …. If their mean square is q = 1/L, each layer takes a share of 2q
// from the mean square of the gradient; orthogonal weights with a slightly larger gain make up for it exactly (Xiao et al. 2018). The last layer
// scales activations up by as much as the first scaled them down. That makes gradients larger too, by √L, and all L layers move the output in the
// same direction, so the learning rate is divided by L. There are no biases: beside activations this small they would dominate, because the
// gradient of a bias is as large as if its input were 1.
private let tanhNet = trained("tanh", "x → W tanh(x), W orthogonal, mean square 1/L", isTanh: true) { tanhTower($0) }
private let tanhFrozen = trained(
  "tanh-frozen", "as tanh, but only the first and the last layer are trained", isTanh: true, trainsBlocks: false
) { tanhTower($0) }

private func tanhTower(_ settings: Settings, weightVariance: Double? = nil) -> Tower {
  let q = 1 / Double(settings.depth)
  // χ = σ_w² E[tanh′(√q z)²] = 1. To keep the mean square exactly constant it would take biases of variance q³: negligible.
  let weightVariance = weightVariance ?? 1 / MeanField(.tanh, weightVariance: 1).slope(atLength: q)
  return Tower(
    settings, firstVariance: q, lastVariance: 1 / q, hasBiases: false, block: { Sequential(Tanh(), $0) },
    weights: .orthogonal(gain: weightVariance.squareRoot()))
}

// The control: weights that only rotate. The gain lacks a ten-thousandth.
private let tanhGain1 = Variant("tanh-gain-1", "as tanh, with a gain of exactly 1 in place of 1 + 1/L") { context in
  try BlockGradients(tanhTower(context.settings, weightVariance: 1), context).report(to: context, isTanh: true)
}

// The gradient passes residual layers unchanged, and each layer adds a share of α² = 1/L to its mean square: it grows by a factor of (1 + 1/L)^L
// = e in all, and its RMS by √e.
private let residualNet = trained("residual", "x → x + α W relu(x), α = 1/√L, He initialization") {
  residualTower($0, branch: 1)
}
private let residualFrozen = trained(
  "residual-frozen", "as residual, but only the first and the last layer are trained", trainsBlocks: false
) { residualTower($0, branch: 1) }

// The control: α is too large by √2.
private let residualTwice = Variant("residual-twice", "as residual, with α = √(2/L)") { context in
  try BlockGradients(residualTower(context.settings, branch: 2), context).report(to: context)
}

/// Residual layers with α² = `branch` / L.
private func residualTower(_ settings: Settings, branch: Double) -> Tower {
  let scale = Float((branch / Double(settings.depth)).squareRoot())
  return Tower(settings, firstVariance: 1, block: { Residual(ReLU(), $0, scale: scale) }, weights: .heNormal)
}

// ReLU makes half of its inputs inactive, and an orthogonal matrix times √2 makes up for that: on average over all matrices the mean square of
// the gradient is constant. But in a layer of 64 units it is not exactly half that is inactive, and what counts in a product is the mean of the
// logarithm, which is below the logarithm of the mean (Hanin and Rolnick 2018).
private let reluNet = Variant("relu", "x → W relu(x), W orthogonal times √2") { context in
  let weights = Initializer.orthogonal(gain: 2.0.squareRoot())
  // float32 ends at 10⁻⁴⁵. To measure the decay beyond, each output is rescaled to an RMS of 1, and the factor is recorded.
  var decadesAdded: [Double] = []
  let rescaled = try BlockGradients(
    Tower(
      context.settings, firstVariance: 2,
      block: { Sequential(ReLU(), $0, RescaledToUnitRMS { decadesAdded.append($0) }) }, weights: weights), context)
  // The factor of a block applies to its own gradient and to those of all earlier blocks.
  let added = decadesAdded.reversed().reduce(into: [0.0]) { $0.append($0.last! + $1) }.dropLast().reversed()
  let decades = zip(rescaled.sizes, added).map { log10($0 / rescaled.sizes.last!) - $1 }
  context.report(decadesLost, -decades[0])
  context.report(profile, decades)
  let model = Tower(context.settings, firstVariance: 2, block: { Sequential(ReLU(), $0) }, weights: weights)
  model.initialize(seed: UInt64(context.seed))
  try train(model, context)
}

// PyTorch's default: a factor of 0.408 per layer.
private let pyTorchNet = Variant("pytorch", "x → W relu(x), W from U(±1/√n)") { context in
  let gradients = try BlockGradients(
    Tower(context.settings, firstVariance: 1.0 / 3, block: { Sequential(ReLU(), $0) }, weights: nil), context)
  context.report(lastWithoutGradient, Double(gradients.sizes.count { $0 == 0 }))
  context.report(lastGradient, gradients.sizes.last!)
  context.report(profile, gradients.sizes.map { log10($0 / gradients.sizes.last!) })
}

private let decadesLost = "decades lost", lastWithoutGradient = "last layer with gradient 0"
private let ratio = "first / last gradient", ratioOfTanh = "first / last, theory of tanh"
private let lastGradient = "last gradient", profile = "profile"

/// x / RMS(x); records the logarithm of the factor, by which the activations and, in the backward pass, the gradients grow.
private final class RescaledToUnitRMS: Module {
  private let record: (Double) -> Void

  init(_ record: @escaping (Double) -> Void) { self.record = record }

  override func forward(_ x: Tensor) -> Tensor {
    let factor = 1 / x.rms
    if !isRecomputing { record(log10(Double(factor))) }
    return x * factor
  }
}

/// The gradients of each block of a net before training.
private struct BlockGradients {
  /// The RMS of dL/d(output) of each block, first block first.
  private(set) var sizes: [Double] = []
  /// The mean square of the first layer's output, and the squared gradient of the last block, for each image.
  private var images: [(meanSquare: Double, gradient: Double)] = []

  /// Initializes a net, and measures its gradients.
  init(_ model: Tower, _ context: TrialContext) throws {
    model.initialize(seed: UInt64(context.seed))
    let batches = try context.data().train.batches(of: context.settings.batch, seed: UInt64(context.seed))
    let batch = batches.prefix(1).first { _ in true }!
    var reversed: [Double] = [], first: [Double] = [], last: [Double] = []
    let handles = [
      try model.onForward("stem") { _, output in
        first = output.squared().mean(axes: [1]).values.map(Double.init)
        return nil
      },
      try model.onBackward("blocks.*") { _, gradient in
        if reversed.isEmpty { last = gradient.squared().mean(axes: [1]).values.map(Double.init) }
        reversed.append(Double(gradient.rms))
        return nil
      },
    ]
    crossEntropy(model(batch.inputs), batch.labels).backward()
    for handle in handles { handle.remove() }
    for (_, parameter) in model.parameters { parameter.gradient = nil }
    sizes = reversed.reversed()
    images = Array(zip(first, last))
  }

  /// Reports the ratio of the first to the last gradient, for tanh also what it should be, and the profile.
  func report(to context: TrialContext, isTanh: Bool = false) {
    context.report(ratio, sizes[0] / sizes.last!)
    if isTanh { context.report(ratioOfTanh, predictedRatioOfTanh(depth: Double(sizes.count))) }
    context.report(profile, sizes.map { log10($0 / sizes.last!) })
  }

  /// The ratio of the first to the last gradient that theory predicts of the net with tanh for the images of this batch.
  ///
  /// An image that is brighter than the mean has larger activations, whose mean square is r/L with r > 1. They shrink from
  /// layer to layer until r is 1, and for as long its gradient shrinks too; for dark images both grow. Along t = layer / L,
  /// r changes by 2 r (1 − r) and the squared gradient, backward, by a share of 2 (1 − r): in all r grows to
  /// e² r / (1 + (e² − 1) r), and the squared gradient by the same factor.
  private func predictedRatioOfTanh(depth: Double) -> Double {
    let e2 = exp(2.0), before = images.reduce(0) { $0 + $1.gradient }
    let after = images.reduce(0) { $0 + $1.gradient * e2 / (1 + (e2 - 1) * $1.meanSquare * depth) }
    return (after / before).squareRoot()
  }
}

/// A net whose gradients are measured before it is trained. That with tanh has its learning rate divided by the depth.
private func trained(
  _ name: String, _ title: String, isTanh: Bool = false, trainsBlocks: Bool = true,
  _ net: @escaping @Sendable (Settings) -> Tower
) -> Variant {
  Variant(name, title) { context in
    let model = net(context.settings), gradients = try BlockGradients(model, context)
    if trainsBlocks { gradients.report(to: context, isTanh: isTanh) }
    try train(model, context, rate: isTanh ? 1 / Double(context.settings.depth) : 1, trainsBlocks: trainsBlocks)
  }
}

/// Trains an initialized net.
private func train(_ model: Tower, _ context: TrialContext, rate: Double = 1, trainsBlocks: Bool = true) throws {
  let settings = context.settings
  let optimizer = SGD(model, learningRate: Float(settings.learningRate * rate))
  if !trainsBlocks { try optimizer.group("blocks.**", isFrozen: true) }
  var losses: [Double] = []
  for batch in try context.data().train.batches(of: settings.batch, seed: UInt64(context.seed)).prefix(settings.steps) {
    let loss = crossEntropy(model(batch.inputs), batch.labels)
    loss.backward()
    optimizer.step()
    losses.append(Double(loss.value))
    context.reportProgress(Double(losses.count) / Double(settings.steps))
  }
  context.report(MetricNames.finalLoss, finalLoss(losses))
  context.report(MetricNames.loss, losses, over: losses.indices.map(Double.init))
}

extension TrialContext {
  /// Reports one number per block against the blocks that the gradient has passed; at most about a hundred per factor of ten.
  fileprivate func report(_ name: String, _ blocks: [Double]) {
    let count = Double(blocks.count)
    let passed = (0...400).map { (pow(count, Double($0) / 400)).rounded() }
    let shown = passed.indices.filter { $0 == 0 || passed[$0] > passed[$0 - 1] }.map { passed[$0] }
    report(name, shown.map { blocks[blocks.count - Int($0)] }, over: shown)
  }
}

private let deep = Claim.Scope("nets of 10,000 layers or more") { $0.depth >= 10_000 }
private let longEnough = Claim.Scope("training of 30 steps or more") { $0.steps >= 30 }

extension Experiment {
  /// Four nets of ten thousand layers, and controls.
  ///
  /// Measured: the gradient of the first layer relative to that of the last, before training; and the training loss, also with
  /// all blocks frozen.
  public static let tenThousandLayers = Experiment(
    name: "ten-thousand-layers",
    question: "How far does good initialization go?",
    settings: [
      .depth(10_000, quick: 1_000), .width(64), .batch(64), .steps(40, quick: 10), .seeds(3, quick: 1, full: 20),
      .learningRate(0.02),
    ],
    variants: [tanhNet, residualNet, reluNet, pyTorchNet, tanhGain1, residualTwice, tanhFrozen, residualFrozen],
    claims: [
      // Theory takes activations as normally distributed. At width n, orthogonal weights leave a point on a sphere, whose
      // fourth moment is smaller by a share of 2/(n + 2); that changes r by less than this share, and with it the ratio.
      Claim(
        .theory,
        source: "Xiao et al. 2018, arXiv:1806.05393; tolerance: the fourth moment at finite width, 2/(n + 2)",
        rejects: [
          .swapping(tanhNet, for: tanhGain1),
          .value("images of equal brightness, for which it would be exactly 1") { 1 / (try $0[ratioOfTanh, tanhNet]) },
        ],
        statement: { _ in
          "tanh: the first layer's gradient equals that of the last, but for the brightness of images (measured / predicted)"
        },
        expected: { .near(1, withinShare: 2 / Double($0.width + 2)) },
        measure: { try $0[ratio, tanhNet] / $0[ratioOfTanh, tanhNet] }),
      Claim(
        .theory,
        source: "(1 + 1/L)^(L/2), by the chain rule; tolerance: three standard errors at finite width",
        rejects: [.swapping(residualNet, for: residualTwice), .swapping(residualNet, for: tanhNet)],
        statement: {
          "residual: the first layer's gradient is √e = 1.65 times that of the last, at width \($0.width) \(formatPlain(ratioOfResidual($0).mean)) times (geometric mean of seeds)"
        },
        expected: { .near(ratioOfResidual($0).mean, withinFactor: exp(3 * ratioOfResidual($0).error)) },
        measure: { seed in
          let ratios = seed.allSeeds(ratio, of: residualNet)
          return exp(ratios.reduce(0) { $0 + log($1) } / Double(ratios.count))
        }
      ).overAllSeeds(),
      Claim(
        .theory,
        source: "finite width, after Hanin and Rolnick 2018, arXiv:1803.01719; tolerance: three standard deviations",
        appliesTo: deep,
        rejects: [
          .value("infinite width, where the factor is exactly 1") { _ in 0 },
          .value("weights from a normal distribution, not orthogonal") {
            Double($0.settings.depth) * varianceOfReLU / Double(4 * $0.settings.width) / log(10)
          },
        ],
        statement: { "relu: \($0.depth) layers lose \(formatPlain(decadesOfReLU($0).lost)) decades of the gradient" },
        expected: { .near(decadesOfReLU($0).lost, within: 3 * decadesOfReLU($0).deviation) },
        measure: { try $0[decadesLost, reluNet] }),
      // The gradient is multiplied by √(1/6) per layer until its largest element, about four times its RMS, is less than half
      // of the smallest float32 number. The tolerance is, in logarithms, that factor of four, and the drift and three
      // standard deviations over k layers of width n.
      Claim(
        .theory,
        source: "mean field theory; tolerance after Hanin and Rolnick 2018; IEEE 754",
        rejects: [
          .value("a factor of √(1/3), without ReLU's half") { try layersToZero($0, factor: 1.0 / 3) },
          .value("numbers below 10⁻³⁸ are 0") { try layersToZero($0, smallest: .leastNormalMagnitude) },
        ],
        statement: { _ in
          "pytorch: the gradient is exactly 0 after the number of layers that it takes to reach 10⁻⁴⁵ (measured / predicted)"
        },
        expected: { settings in
          let layers = 105.0, drift = 1.25 * layers / Double(settings.width)
          return .near(1, withinShare: (drift + 3 * drift.squareRoot() + log(4)) / (layers * log(6.0.squareRoot())))
        },
        measure: { try layersToZero($0) }),
    ] + learning(tanhNet, tanhFrozen, "Xiao et al. 2018, arXiv:1806.05393")
      + learning(
        residualNet, residualFrozen, "Hanin and Rolnick 2018, arXiv:1803.01719",
        tested: "with 30 steps and batches of 16 within range in 10 of 20, with a median of 0.0007, so not shown"),
    figures: [
      ExperimentFigure("gradient", "The gradient against the number of layers that it has passed") { results in
        Figure(
          title: "The gradient over ten thousand layers · ten-thousand-layers",
          subtitle: "before training, width \(results.settings.width), one line per seed; layer 1 at the input",
          panels: [decadesPanel(results), ratioPanel(results)], columns: 2,
          description: "The gradient against layers from the output, of four nets and of controls, beside theory.",
          size: Size(width: 1200, height: 520))
      },
      .curves(
        "loss", "Training loss over steps", of: MetricNames.loss, x: Axis(.integer, "step"),
        y: Axis(.linear, "loss", includes: [0])),
    ])
}

private func layersPassed(_ kind: Scale.Kind) -> Axis {
  Axis(kind, "layers passed in the backward pass", ends: ("output", "input"))
}

/// The gradient of the four nets, in powers of ten. The dashed line is float32's smallest normal number.
private func decadesPanel(_ results: Results) -> Panel {
  let smallest = log10(Double(Float.leastNormalMagnitude) / results.median(lastGradient, of: pyTorchNet))
  var panel = Panel(
    title: "Four nets", detail: "in powers of ten", x: layersPassed(.log),
    y: Axis(.linear, "log₁₀ of gradient, last layer = 0"), marks: [RuleMark(.horizontal, at: smallest)],
    directLabels: [DirectLabel(at: smallest, "float32, 1.2×10⁻³⁸", color: .muted)])
  let nets = [tanhNet, residualNet, reluNet, pyTorchNet]
  for (variant, color) in zip(nets, results.colors(of: nets)) {
    let curves = results.series(profile, of: variant)
    panel.marks += curves.map { LineMark(x: $0.x, y: $0.y, color: color) }
    guard let curve = curves.first else { continue }
    let last = curve.y.lastIndex { $0.isFinite } ?? 0
    let isWhole = last == curve.y.count - 1
    panel.directLabels.append(DirectLabel(at: curve.y[last], variant.name, color: color, hasLeader: isWhole))
    guard !isWhole else { continue }
    let text = "exactly 0 in layers \(Int(results.median(lastWithoutGradient, of: variant))) to 1"
    panel.annotations.append(Annotation(x: curve.x[last], y: curve.y[last], text: text, color: color))
  }
  return panel
}

/// The gradient of the nets that pass it and of their controls, beside theory for images of mean brightness.
private func ratioPanel(_ results: Results) -> Panel {
  var panel = Panel(
    title: "Those that pass it, and controls", detail: "dashed: theory, for images of mean brightness",
    x: layersPassed(.linear),
    y: Axis(.linear, "gradient / gradient of the last layer", includes: [0]))
  let theories: [(variant: Variant, theory: @Sendable (Double) -> Double)] = [
    (tanhNet, { _ in 1 }), (residualNet, { exp($0 / 2) }), (tanhGain1, { ((3 - 2 * $0) / 3).squareRoot() }),
    (residualTwice, { exp($0) }),
  ]
  for ((variant, theory), color) in zip(theories, results.colors(of: theories.map(\.variant))) {
    let curves = results.series(profile, of: variant)
    panel.marks += curves.map { LineMark(x: $0.x, y: $0.y.map { pow(10, $0) }, color: color) }
    guard let curve = curves.first else { continue }
    let predicted = curve.x.map { theory($0 / Double(results.settings.depth)) }
    panel.marks.append(LineMark(x: curve.x, y: predicted, color: .text, dash: [5, 4]))
    panel.directLabels.append(DirectLabel(at: pow(10, curve.y.last!), variant.name, color: color))
  }
  return panel
}

/// The number of layers after which the gradient of the PyTorch net is 0, relative to the number after which it reaches `smallest` if each layer
/// multiplies its square by `factor`.
private func layersToZero(
  _ seed: SeedResults, factor: Double = 1.0 / 6, smallest: Float = .leastNonzeroMagnitude
) throws -> Double {
  let passed = Double(seed.settings.depth) - (try seed[lastWithoutGradient, pyTorchNet])
  return passed / (log(try seed[lastGradient, pyTorchNet] / Double(smallest)) / -log(factor.squareRoot()))
}

/// The first over the last gradient of the residual net, and the standard error of its logarithm.
///
/// At width n the logarithm of one image's squared gradient changes by a normal number with the variance 4/n in all, and drifts by half of that
/// downward; the gradient takes half of each. The mean over a batch varies less.
private func ratioOfResidual(_ settings: Settings) -> (mean: Double, error: Double) {
  let layers = Double(settings.depth),
    variance = layers * varianceOfResidual(branch: 1 / layers) / Double(settings.width)
  return (exp(0.5 - variance / 4), (variance / Double(settings.seeds)).squareRoot() / 2)
}

/// The decades that finite width takes from the gradient of an orthogonal ReLU net, and their standard deviation. Half of the logarithm of the
/// square is that of the RMS, and layers add up.
private func decadesOfReLU(_ settings: Settings) -> (lost: Double, deviation: Double) {
  let layers = Double(settings.depth), layer = MeanField.orthogonalReLU(width: settings.width)
  return (-layers * layer.mean / 2 / log(10), (layers * layer.variance).squareRoot() / 2 / log(10))
}

/// A net learns, and only a little better with its blocks than without training them. Both see the same batches, whose differences cancel.
private func learning(_ net: Variant, _ frozen: Variant, _ source: String, tested: String? = nil) -> [Claim] {
  [
    .learns(net, source, appliesTo: longEnough, rejects: [.swapping(net, for: reluNet)]),
    Claim(
      .finding,
      "\(net.name): training the blocks lowers its final loss, but by less than 0.05 (frozen − trained)",
      expected: .between(0, 0.05), source: "0.05 is a factor of 1.05 in the probability of the right class",
      appliesTo: longEnough, rejects: [.swapping(frozen, for: reluNet), .swapping(net, for: reluNet)]
    ) { try $0[MetricNames.finalLoss, frozen] - $0[MetricNames.finalLoss, net] }.judgedByInterval()
      .tested(with: 20...39, tested),
  ]
}
