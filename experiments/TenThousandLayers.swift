import ExperimentHarness
import Foundation
import Rheoscope

// Blame, the gradient with respect to what a layer puts out, is multiplied once a layer, so in ten thousand layers a factor of 0.99 makes 10⁻⁴⁴ of it. That leaves no room for factors
// that are about 1: they have to be 1 to four digits. Two ways of weighting a net reach that, and a third that ought to does not.
//
// What varies is how the layers' weights begin, and what stands between layers: tanh with weights that rotate signals and hardly
// stretch them; layers that are passed by, each adding only a little to what goes past it; ReLU with weights that would do in a net of
// endless width; and plain small random weights. Measured is how large the gradient is at the first layer, beside the last; whether the
// first two kinds of net, to whose first layer a gradient gets, train; and what memory they take.
//
// Width 64 throughout, and one layer of 784 → 64 before it all, which matters little.

/// A first layer, blocks of one layer of weights each, and a last one. Only √L blocks keep what they compute; the others compute
/// it again when blame arrives, so that memory is for little else than weights and their gradients.
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

// tanh hands small signals through as they are: its slope is 1 − x². Let their mean square be q = 1/L, and each layer loses 2q of the
// square of the blame; weights that turn signals about and stretch them by as much more make up for it exactly (Xiao et al. 2018). The
// last layer makes signals as much larger as the first made them smaller. That makes blame larger too, by √L, and all L layers
// move the answer the same way, so each moves by an Lth. There are no biases: beside signals this small they would decide
// everything, for blame moves a bias by as much as if its input were 1.
private let tanhNet = trained("tanh", "x → W tanh(x), W orthogonal, mean square 1/L", rate: { 1 / Double($0.depth) }) {
  settings in
  let q = 1 / Double(settings.depth)
  // χ = σ_w² E[tanh′(√q z)²] = 1. For the mean square to stay exactly it takes biases of a variance of about q³; that is nothing.
  let weightVariance = 1 / MeanField(.tanh, weightVariance: 1).slope(atLength: q)
  return Tower(
    settings, firstVariance: q, lastVariance: 1 / q, hasBiases: false, block: { Sequential(Tanh(), $0) },
    weights: .orthogonal(gain: weightVariance.squareRoot()))
}

// With a shortcut blame goes past a layer unchanged, and each layer adds 1/L of it: e times the square in all.
private let residualNet = trained("residual", "x → x + α W relu(x), α = 1/√L, He weights") { settings in
  let scale = Float(1 / Double(settings.depth).squareRoot())
  return Tower(settings, firstVariance: 1, block: { Residual(ReLU(), $0, scale: scale) }, weights: .heNormal)
}

// ReLU silences half of what comes in, and an orthogonal matrix times √2 makes up for that: on the average over all matrices, the
// square of blame is as large behind a layer as before it. But in a layer of 64 units it is not exactly half that is silent, and what
// counts in a product is the mean of the logarithm, which is below the logarithm of the mean (Hanin and Rolnick 2018).
private let reluNet = Variant("relu", "x → W relu(x), W orthogonal times √2") { context in
  // 32 bits end at 10⁻⁴⁵. To see what is lost, each layer's output is brought back to size 1, and by how much is noted.
  var decadesAdded: [Double] = []
  let rescaled = try Blame(
    Tower(
      context.settings, firstVariance: 2,
      block: { Sequential(ReLU(), $0, BroughtToSizeOne { decadesAdded.append($0) }) },
      weights: .orthogonal(gain: 2.0.squareRoot())), context)
  // What a block adds is added to its own blame and to that of all before it.
  let added = decadesAdded.reversed().reduce(into: [0.0]) { $0.append($0.last! + $1) }.dropLast().reversed()
  let decades = zip(rescaled.sizes, added).map { log10($0 / rescaled.sizes.last!) - $1 }
  context.report(decadesLost, -decades[0])
  context.report(profile, decades)
}

// What PyTorch begins with: a factor of 0.408.
private let pyTorchNet = Variant("pytorch", "x → W relu(x), W from U(±1/√n)") { context in
  let blame = try Blame(
    Tower(context.settings, firstVariance: 1.0 / 3, block: { Sequential(ReLU(), $0) }, weights: nil), context)
  context.report(lastWithoutBlame, Double(blame.sizes.count { $0 == 0 }))
  context.report(lastBlame, blame.sizes.last!)
  context.report(profile, blame.sizes.map { log10($0 / blame.sizes.last!) })
}

private let decadesLost = "decades lost", lastWithoutBlame = "last layer with gradient 0", lastBlame = "last gradient"
private let ratio = "first / last gradient", memory = "memory / weights and gradients", profile = "profile"

/// x divided by its RMS, whose logarithm is noted: by how many decades it, and the blame on its way back, is enlarged.
private final class BroughtToSizeOne: Module {
  private let note: (Double) -> Void

  init(_ note: @escaping (Double) -> Void) { self.note = note }

  override func forward(_ x: Tensor) -> Tensor {
    let factor = 1 / x.rms
    if !isRecomputing { note(log10(Double(factor))) }
    return x * factor
  }
}

/// How much blame gets to each block of a net before training.
private struct Blame {
  /// The RMS of dL/d(output) of each block, the first block's first.
  private(set) var sizes: [Double]

  init(_ model: Tower, _ context: TrialContext) throws {
    model.initialize(seed: UInt64(context.seed))
    try self.init(ofInitialized: model, context)
  }

  init(ofInitialized model: Tower, _ context: TrialContext) throws {
    let data = try context.data().train
    var batches = data.batches(of: context.settings.batch, seed: UInt64(context.seed)).makeIterator()
    let batch = batches.next()!
    var backwards: [Double] = []
    let handle = try model.onBackward("blocks.*") { _, gradient in
      backwards.append(Double(gradient.rms))
      return nil
    }
    crossEntropy(model(batch.inputs), batch.labels).backward()
    handle.remove()
    for (_, parameter) in model.parameters { parameter.gradient = nil }
    sizes = backwards.reversed()
  }
}

/// A net whose blame is measured and that is trained then; `rate` is its learning rate as a share of the setting.
private func trained(
  _ name: String, _ title: String, rate: @escaping @Sendable (Settings) -> Double = { _ in 1 },
  _ net: @escaping @Sendable (Settings) -> Tower
) -> Variant {
  Variant(name, title) { context in
    let settings = context.settings, model = net(settings)
    let empty = TensorMemory.inUse
    model.initialize(seed: UInt64(context.seed))
    let weights = TensorMemory.inUse - empty
    let blame = try Blame(ofInitialized: model, context).sizes
    context.report(ratio, blame[0] / blame.last!)
    context.report(profile, blame.map { log10($0 / blame.last!) })

    let optimizer = SGD(model, learningRate: Float(settings.learningRate * rate(settings)))
    var losses: [Double] = []
    TensorMemory.resetPeak()
    for batch in try context.data().train.batches(of: settings.batch, seed: UInt64(context.seed)).prefix(settings.steps)
    {
      let loss = crossEntropy(model(batch.inputs), batch.labels)
      loss.backward()
      optimizer.step()
      losses.append(Double(loss.value))
      context.isDone(Double(losses.count) / Double(settings.steps))
    }
    context.report(memory, Double(TensorMemory.peak - empty) / Double(2 * weights))
    context.report(MetricNames.finalLoss, finalLoss(losses))
    context.report(MetricNames.loss, losses, over: losses.indices.map(Double.init))
  }
}

extension TrialContext {
  /// Keeps a number a block over how many blocks blame has gone through by then; of many some hundred are enough for a picture.
  fileprivate func report(_ name: String, _ blocks: [Double]) {
    let count = Double(blocks.count)
    let passed = (0...400).map { (pow(count, Double($0) / 400)).rounded() }
    let places = passed.indices.filter { $0 == 0 || passed[$0] > passed[$0 - 1] }.map { passed[$0] }
    report(name, places.map { blocks[blocks.count - Int($0)] }, over: places)
  }
}

private let deep = Claim.Scope("10,000 layers or more") { $0.depth >= 10_000 }
private let longEnough = Claim.Scope("nets that are trained for 30 steps or more") { $0.steps >= 30 }

extension Experiment {
  /// Four nets of ten thousand layers.
  ///
  /// Measured: by how much the gradient has changed in size when it gets to the first layer, before training; the loss of the two
  /// nets that can be trained; and what memory that takes.
  public static let tenThousandLayers = Experiment(
    name: "ten-thousand-layers",
    question: "How far does good initialization go?",
    settings: [
      .depth(10_000, quick: 1_000), .width(64), .batch(64), .steps(40, quick: 10), .seeds(3, quick: 1, full: 20),
      .learningRate(0.02),
    ],
    variants: [tanhNet, residualNet, reluNet, pyTorchNet],
    claims: [
      Claim(
        "tanh: the first layer's gradient is that of the last, within a factor of 3", tanhNet, ratio,
        .near(1, withinFactor: 3), source: "Xiao et al. 2018, arXiv:1806.05393"),
      Claim(
        "residual: the first layer's gradient is that of the last, within a factor of 3", residualNet, ratio,
        .near(1, withinFactor: 3), source: "√e, by the chain rule; Hanin and Rolnick 2018, arXiv:1803.01719"),
      .learns(tanhNet, "Xiao et al. 2018, arXiv:1806.05393", about: longEnough),
      .learns(residualNet, "Hanin and Rolnick 2018, arXiv:1803.01719", about: longEnough),
      fitsInMemory(tanhNet), fitsInMemory(residualNet),
      Claim(
        source: "finite width, after Hanin and Rolnick 2018, arXiv:1803.01719; tolerance three standard deviations",
        statement: { "relu: \($0.depth) layers lose \(significant(decadesOfReLU($0).lost)) decades of the gradient" },
        expected: { .near(decadesOfReLU($0).lost, within: 3 * decadesOfReLU($0).deviation) },
        measure: { try $0[decadesLost, reluNet] }),
      Claim(
        "relu, critical in theory, loses 40 decades or more", reluNet, decadesLost, .atLeast(40),
        source: "Hanin and Rolnick 2018, arXiv:1803.01719", about: deep),
      // Blame is multiplied by √(1/6) a layer until the largest of its numbers, about four times their RMS, is less than half
      // of the smallest that 32 bits know. The tolerance is, of the logarithm, that factor of four, and what k layers of width
      // n drift and wander by.
      Claim(
        source: "mean field theory, tolerance after Hanin and Rolnick 2018; IEEE 754",
        statement: { _ in "pytorch: the gradient is exactly 0 after as many layers as it takes to get to 10⁻⁴⁵" },
        expected: { settings in
          let layers = 105.0, drift = 1.25 * layers / Double(settings.width)
          return .near(1, withinShare: (drift + 3 * drift.squareRoot() + log(4)) / (layers * log(6.0.squareRoot())))
        },
        measure: { seed in
          let passed = Double(seed.settings.depth) - (try seed[lastWithoutBlame, pyTorchNet])
          let smallest = Double(Float.leastNonzeroMagnitude)
          return passed / (log(try seed[lastBlame, pyTorchNet] / smallest) / log(6.0.squareRoot()))
        }),
    ],
    pictures: [
      ExperimentFigure("gradient", "The gradient's size over how many layers it has gone through") { results in
        var panel = Panel(
          x: Axis(.log, "layers that the gradient has gone through", ends: ("output", "input")),
          y: Axis(.linear, "decades of gradient, last layer's = 0"))
        for (index, variant) in results.variants.enumerated() {
          for curve in results.series(profile, of: variant) {
            panel.marks.append(LineMark(x: curve.x, y: curve.y, color: .series(index)))
          }
          guard let curve = results.series(profile, of: variant).first else { continue }
          let last = curve.y.lastIndex { $0.isFinite } ?? 0
          panel.directLabels.append(
            DirectLabel(at: curve.y[last], variant.name, color: .series(index), hasLeader: last == curve.y.count - 1))
          if last < curve.y.count - 1 {
            let layer = Int(results.median(lastWithoutBlame, of: variant))
            panel.annotations.append(
              Annotation(
                x: curve.x[last], y: curve.y[last], text: "exactly 0 in layers \(layer) to 1", color: .series(index)))
          }
        }
        return Figure(
          title: "How much of the gradient gets through · ten-thousand-layers",
          subtitle:
            "before training, \(results.settings.depth) layers of width \(results.settings.width), a line a seed; layer 1 at the input",
          panels: [panel],
          description: "Decades of the gradient over layers from the output, of four nets.")
      },
      .curves(
        "loss", "Training loss over steps", of: MetricNames.loss, x: Axis(.integer, "step"),
        y: Axis(.linear, "loss", includes: [0])),
    ])
}

/// What finite width takes from the gradient of orthogonal ReLU, in decades, and the standard deviation of that.
///
/// Of n units k are active, each with probability ½. A unit vector that is turned about at random has a share of its square in k
/// units whose logarithm has the mean ψ(k/2) − ψ(n/2) and the variance ψ′(k/2) − ψ′(n/2), since that share has a beta distribution.
/// It is multiplied by 2. Half of the logarithm is that of the RMS, and layers add up.
private func decadesOfReLU(_ settings: Settings) -> (lost: Double, deviation: Double) {
  let n = settings.width, all = polygammasOfHalves(n)
  var mean = 0.0, square = 0.0
  for (k, part) in zip(1...n, all) {
    let binomial = lgamma(Double(n + 1)) - lgamma(Double(k + 1)) - lgamma(Double(n - k + 1))
    let probability = exp(binomial - Double(n) * log(2)), logarithm = log(2) + part.first - all[n - 1].first
    mean += probability * logarithm
    square += probability * (logarithm * logarithm + part.second - all[n - 1].second)
  }
  let layers = Double(settings.depth)
  return (-layers * mean / 2 / log(10), (layers * (square - mean * mean)).squareRoot() / 2 / log(10))
}

/// ψ(k/2) and ψ′(k/2) for k from 1 to n, by ψ(x + 1) = ψ(x) + 1/x.
private func polygammasOfHalves(_ n: Int) -> [(first: Double, second: Double)] {
  let euler = 0.5772156649015329, square = Double.pi * Double.pi
  var values = [(first: -euler - 2 * log(2), second: square / 2), (first: -euler, second: square / 6)]
  for k in stride(from: 3, through: n, by: 1) {
    let x = Double(k - 2) / 2, before = values[k - 3]
    values.append((before.first + 1 / x, before.second - 1 / (x * x)))
  }
  return values
}

/// Besides weights and gradients there is room for eight tensors for each of √L layers.
private func fitsInMemory(_ variant: Variant) -> Claim {
  Claim(
    source: "Chen et al. 2016, arXiv:1604.06174",
    statement: { _ in "\(variant.name): weights and gradients are once in memory, and besides them √L activations" },
    expected: { .between(1, 1 + 4 * Double($0.batch) / (Double($0.width) * Double($0.depth).squareRoot())) },
    measure: { try $0[memory, variant] })
}
