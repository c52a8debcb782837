import Foundation
import Rheoscope

/// Trains a recipe with a seed, recorded into a run file.
final class BenchmarkTraining {
  let recipe: Recipe
  let seed: UInt64
  let net: BenchmarkNet
  let prepared: PreparedData
  let path: String
  /// A change that is tried; nil for none.
  let remedy: Remedy?
  /// The losses of steps, without the factor and the sign of the recipe.
  private var losses: [Double] = []
  private var validationLoss: Double?
  /// The share of the parameters of two or more dimensions that changed.
  private var learningShare = 1.0

  init(_ recipe: Recipe, seed: UInt64, remedy: Remedy? = nil, path: String) throws {
    (self.recipe, self.seed, self.path, self.remedy) = (recipe, seed, path, remedy)
    let data = BenchmarkData.named(recipe.data)
    net = BenchmarkNet(recipe, data)
    prepared = PreparedData(recipe, data)
    net.model.initialize(seed: seed)
    for (index, value) in recipe.biases {
      if let bias = net.hidden[min(index, net.hidden.count - 1)].ownParameters.first(where: { $0.name == "bias" })?
        .parameter
      {
        bias.set(Tensor(repeating: value, shape: bias.shape))
      }
    }
    if recipe.pretraining > 0 { try pretrain() }
  }

  /// Trains and returns the recorded run.
  func run() throws -> Run {
    switch recipe.procedure {
    case .supervised: try supervised()
    case .adversarial: try adversarial()
    case .pairs(let epsilon): try pairs(epsilon)
    case .auxiliary(let weight, let isDetached): try auxiliary(weight, isDetached)
    }
  }

  /// The outcomes of the run.
  var outcomes: [Outcome: Double] {
    func share(_ loss: Double?, _ constant: Double) -> Double {
      if case .adversarial = recipe.procedure { return .nan }
      guard let loss, loss.isFinite else { return loss == nil ? .nan : 2 }
      return min(constant > 0 ? loss / constant : loss <= 1e-3 ? 0 : 2, 2)
    }
    let last = losses.suffix(20)
    let final = last.reduce(0, +) / Double(max(last.count, 1))
    let first = losses.prefix(10).filter(\.isFinite)
    return [
      .training: share(final, prepared.constantLoss),
      .validation: share(validationLoss, prepared.constantValidationLoss),
      .relativeTraining: share(final, first.reduce(0, +) / Double(max(first.count, 1))), .learning: 1 - learningShare,
    ]
  }

  // MARK: Supervised

  private func supervised() throws -> Run {
    let model = net.model, optimizers = try optimizers()
    if recipe.evaluationMode { model.evaluate() }
    tryRemedy(on: model, optimizers[0])
    let recorder = try recorder(model, optimizers)
    let scaler = recipe.scalesLoss ? LossScaler() : nil
    let before = values(of: model)
    let batches = prepared.batches(recipe, seed: seed)
    for step in 0..<recipe.steps {
      if !recipe.takesSteps { for optimizer in optimizers { optimizer.clearGradients() } }
      var loss = Tensor(0), accuracy: Double?, raw = 0.0
      for _ in 0..<recipe.accumulation {
        let batch = batches.next()!
        let output =
          recipe.precision.map { precision in withPrecision(precision) { net(batch.inputs) } } ?? net(batch.inputs)
        let usual = usualLoss(output, batch)
        loss = trainedLoss(usual, output, batch)
        let passed = recipe.accumulation > 1 ? loss * (1 / Float(recipe.accumulation)) : loss
        (scaler?.scaled(passed) ?? passed).backward()
        raw = Double(usual.value)
        if !prepared.isRegression, !recipe.isBinary { accuracy = Self.accuracy(output, batch.labels) }
      }
      if let clip = recipe.clip { optimizers.forEach { $0.clipGradients(toNorm: clip) } }
      if recipe.takesSteps {
        if let scaler { scaler.step(optimizers) } else { for optimizer in optimizers { optimizer.step() } }
      }
      losses.append(raw)
      try recorder.step(loss: loss, accuracy: accuracy)
      if recipe.evaluations > 0, (step + 1) % max(recipe.steps / recipe.evaluations, 1) == 0 { try validate(recorder) }
    }
    compare(before, with: model)
    return try recorder.finish()
  }

  /// The loss by which an outcome is judged.
  private func usualLoss(_ output: Tensor, _ batch: Batch) -> Tensor {
    if recipe.isBinary { return binaryLoss(output, batch.labels) }
    return prepared.isRegression ? meanSquaredError(output, batch.targets) : crossEntropy(output, batch.labels)
  }

  /// The loss that is minimized.
  private func trainedLoss(_ usual: Tensor, _ output: Tensor, _ batch: Batch) -> Tensor {
    let loss: Tensor
    switch recipe.loss {
    case .usual where recipe.weighsClasses:
      loss = crossEntropy(output, batch.labels, classWeights: prepared.classWeights(output.shape[1]))
    case .usual, .binary: loss = usual
    case .binaryByHand:
      let t = Self.parity(batch.labels, like: output), p = sigmoid(output)
      loss = -(t * log(p) + (1 - t) * log(1 - p)).mean()
    case .entropyByHand:
      let width = output.shape[1]
      let t = Tensor(batch.labels.flatMap { label in (0..<width).map { $0 == label ? 1 : 0 } }, shape: output.shape)
      loss = -((t * log(softmax(output))).sum() * (1 / Float(batch.labels.count)))
    case .biasPenalty(let epsilon):
      let biases = net.hidden.compactMap { $0.ownParameters.first { $0.name == "bias" }?.parameter.value }
      loss = biases.reduce(usual) { $0 + 0.001 * ($1.squared().sum() + epsilon).squareRoot() }
    case .negative: loss = -usual
    }
    return recipe.lossFactor == 1 ? loss : recipe.lossFactor * loss
  }

  private func binaryLoss(_ logits: Tensor, _ labels: [Int]) -> Tensor {
    binaryCrossEntropy(logits: logits, Self.parity(labels, like: logits))
  }

  /// 1 for odd classes.
  private static func parity(_ labels: [Int], like output: Tensor) -> Tensor {
    Tensor(labels.map { $0 % 2 == 1 ? 1 : 0 }, shape: output.shape)
  }

  private static func accuracy(_ logits: Tensor, _ labels: [Int]) -> Double {
    Double(zip(logits.argmax(), labels).count { $0 == $1 }) / Double(labels.count)
  }

  /// Records the loss on validation samples, as in evaluation mode.
  private func validate(_ recorder: Recorder) throws {
    net.model.evaluate()
    let samples = prepared.validation.batch(at: 0..<prepared.validation.count)
    let output = withoutGradients { net(samples.inputs) }
    let loss = withoutGradients { Double(usualLoss(output, samples).value) }
    if !recipe.evaluationMode { net.model.train() }
    validationLoss = loss
    let accuracy = prepared.isRegression || recipe.isBinary ? nil : Self.accuracy(output, samples.labels)
    try recorder.record(Evaluation("validation", loss: loss, accuracy: accuracy))
  }

  // MARK: Optimizers and weights

  private func optimizers() throws -> [Optimizer] {
    let list =
      recipe.hasTwoOptimizers
      ? [optimizer(net.held(.hiddenOnly)), optimizer(net.held(.headOnly))] : [optimizer(net.held(recipe.held))]
    for optimizer in list { optimizer.schedule = recipe.schedule }
    for layer in net.hidden.prefix(recipe.frozenLayers) {
      try list[0].group("\(net.path(of: layer)!).**", isFrozen: true)
    }
    return list
  }

  private func optimizer(_ model: Module) -> Optimizer {
    let rate = recipe.learningRate, decay = recipe.weightDecay
    return switch recipe.optimizer {
    case .sgd: SGD(model, learningRate: rate, weightDecay: decay)
    case .momentum: SGD(model, learningRate: rate, momentum: recipe.momentum, weightDecay: decay)
    case .nesterov: SGD(model, learningRate: rate, momentum: recipe.momentum, nesterov: true, weightDecay: decay)
    case .adam: Adam(model, learningRate: rate, weightDecay: decay)
    case .adamW: AdamW(model, learningRate: rate, weightDecay: decay)
    case .rmsProp: RMSProp(model, learningRate: rate, weightDecay: decay)
    case .adagrad: Adagrad(model, learningRate: rate, weightDecay: decay)
    }
  }

  /// Makes the change that is tried, if the model has something to change.
  private func tryRemedy(on model: Module, _ optimizer: Optimizer) {
    _ = remedy?.apply(to: model, optimizer, seed: seed)
  }

  private func recorder(_ model: Module, _ optimizers: [Optimizer]) throws -> Recorder {
    try Recorder(model, optimizers, writingTo: path, probes: .standard + [DeadUnits(window: 10)], warn: { _ in })
  }

  /// Trains with another seed, and loads the weights from a file.
  private func pretrain() throws {
    var before = recipe
    before.pretraining = 0
    before.frozenLayers = 0
    before.steps = recipe.pretraining
    before.learningRate = Base.learningRate(recipe.optimizer, recipe.net, prepared.isRegression)
    let other = try BenchmarkTraining(before, seed: seed + 100, path: path + ".before")
    defer { for suffix in [".before", ".safetensors"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
    _ = try other.run()
    try other.net.model.saveWeights(to: path + ".safetensors")
    try net.model.loadWeights(from: path + ".safetensors")
  }

  private func values(of model: Module) -> [[Float]] {
    model.parameters.map(\.parameter).filter { $0.shape.count > 1 }.map(\.value.values)
  }

  /// Measures which parameters changed.
  private func compare(_ before: [[Float]], with model: Module) {
    let changed = zip(before, values(of: model)).count { old, new in
      var change = 0.0, size = 0.0
      for (a, b) in zip(old, new) {
        change += Double(b - a) * Double(b - a)
        size += Double(a) * Double(a)
      }
      return change.isNaN || change > 1e-8 * size
    }
    learningShare = Double(changed) / Double(max(before.count, 1))
  }

  // MARK: Other procedures

  /// d² for two samples of one class, max(0, 2 − d)² for others.
  private func pairs(_ epsilon: Float) throws -> Run {
    let optimizers = try optimizers()
    tryRemedy(on: net.model, optimizers[0])
    let recorder = try recorder(net.model, optimizers)
    let data = prepared.train
    var random = RandomStream(seed: seed, name: "pairs")
    for step in 0..<recipe.steps {
      func draw() -> [Int] { (0..<recipe.batch).map { _ in Int(random.uniform() * Double(data.count)) } }
      let first = draw()
      var second = draw()
      if step % 7 == 5 { second[0] = first[0] }
      let left = data.batch(at: first), right = data.batch(at: second)
      let squares = (net(left.inputs) - net(right.inputs)).squared().sum(axes: [1])
      let distance = (squares + epsilon).squareRoot()
      let areSame = Tensor(zip(left.labels, right.labels).map { $0 == $1 ? 1 : 0 }, shape: [recipe.batch])
      let loss = (areSame * distance.squared() + (1 - areSame) * relu(2 - distance).squared()).mean()
      loss.backward()
      optimizers[0].step()
      losses.append(Double(loss.value))
      try recorder.step(loss: loss)
    }
    return try recorder.finish()
  }

  private func auxiliary(_ weight: Float, _ isDetached: Bool) throws -> Run {
    let model = TwoHeads(net)
    model.initialize(seed: seed)
    let main = optimizer(Sequential(model.features, model.head)), second = Adam(model.second, learningRate: 0.003)
    tryRemedy(on: model, main)
    let recorder = try recorder(model, [main, second])
    var random = RandomStream(seed: seed, name: "noise")
    let batches = prepared.batches(recipe, seed: seed)
    for _ in 0..<recipe.steps {
      let batch = batches.next()!
      let output = model.head(model.features(net.shaped(batch.inputs)))
      let loss = usualLoss(output, batch)
      if recipe.clearsGradients { main.clearGradients() }
      loss.backward()
      main.step()
      let features = model.features(net.shaped(batch.inputs))
      let wanted = Tensor(
        (0..<batch.inputs.shape[0] * 4).map { _ in Float(random.normalPair().0) }, shape: [batch.inputs.shape[0], 4])
      let other = weight * meanSquaredError(model.second(isDetached ? features.detached() : features), wanted)
      other.backward()
      second.step()
      losses.append(Double(loss.value))
      try recorder.step(loss: loss)
    }
    return try recorder.finish()
  }

  private func adversarial() throws -> Run {
    let model = GAN(width: recipe.width * 2)
    model.initialize(seed: seed)
    let generatorOptimizer = Adam(model.generator, learningRate: 0.001, beta1: 0.5)
    let discriminatorOptimizer = Adam(model.discriminator, learningRate: 0.001, beta1: 0.5)
    let recorder = try recorder(model, [generatorOptimizer, discriminatorOptimizer])
    let count = recipe.batch
    let isReal = Tensor(repeating: 1, shape: [count, 1]), isFake = Tensor(repeating: 0, shape: [count, 1])
    var random = RandomStream(seed: seed, name: "samples")
    for _ in 0..<recipe.steps {
      discriminatorOptimizer.clearGradients()
      let noise = Tensor((0..<count * 4).map { _ in Float(random.normalPair().0) }, shape: [count, 4])
      let points = Tensor(
        (0..<count).flatMap { _ -> [Float] in
          let angle = Float(Int(random.uniform() * 8)) * .pi / 4, (x, y) = random.normalPair()
          return [2 * cos(angle) + 0.1 * Float(x), 2 * sin(angle) + 0.1 * Float(y)]
        }, shape: [count, 2])
      let fakes = model.generator(noise)
      let loss =
        binaryCrossEntropy(logits: model.discriminator(points), isReal)
        + binaryCrossEntropy(logits: model.discriminator(fakes.detached()), isFake)
      loss.backward()
      discriminatorOptimizer.step()
      binaryCrossEntropy(logits: model.discriminator(fakes), isReal).backward()
      generatorOptimizer.step()
      losses.append(Double(loss.value))
      try recorder.step(loss: loss)
    }
    return try recorder.finish()
  }
}

extension PreparedData {
  var isRegression: Bool { train.outputs > 0 }
}

/// The features of a net with its head and a second head.
private final class TwoHeads: Module {
  let features: Sequential
  let head: Linear
  let second: Linear

  init(_ net: BenchmarkNet) {
    features = Sequential(zip(net.hidden, net.activations).flatMap { [$0] + ($1.map { [$0] } ?? []) })
    head = net.head
    second = Linear(net.head.weight.shape[1], 4)
  }
}

private final class GAN: Module {
  let generator, discriminator: Sequential

  init(width: Int) {
    generator = Sequential(
      Linear(4, width, initializer: .heNormal), ReLU(), Linear(width, width, initializer: .heNormal), ReLU(),
      Linear(width, 2))
    discriminator = Sequential(
      Linear(2, width, initializer: .heNormal), LeakyReLU(slope: 0.2), Linear(width, width, initializer: .heNormal),
      LeakyReLU(slope: 0.2), Linear(width, 1))
  }
}
