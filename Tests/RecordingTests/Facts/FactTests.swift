import Autodiff
import Foundation
import NeuralNetworks
import Recording
import RunFile
import TestSupport
import Testing

/// The facts that a recorder writes, against values that are computed by hand.
@Suite struct FactTests {
  /// 8 samples with 4 features, which random numbers shift and scale.
  private func inputs(_ step: Int, samples: Int = 8, scale: Float = 1) -> Tensor {
    var random = RandomStream(seed: UInt64(step), name: "inputs")
    return Tensor((0..<samples * 4).map { _ in Float(random.normalPair().0) * scale }, shape: [samples, 4])
  }

  /// Records a training of `model`, and returns its facts.
  private func facts(
    _ model: Module, steps: Int = 3, optimizers: ((Module) -> [Optimizer])? = nil,
    step: (_ number: Int, _ optimizers: [Optimizer]) -> Tensor
  ) throws -> [Fact] {
    try withTemporaryFolder { folder in
      model.initialize(seed: 1)
      let optimizers = optimizers?(model) ?? [SGD(model, learningRate: 0.1, momentum: 0.9, weightDecay: 0.01)]
      let recorder = try Recorder(model, optimizers, writingTo: folder + "/run.rheo", warn: { _ in })
      for number in 0..<steps { try recorder.step(loss: step(number, optimizers)) }
      let run = try recorder.finish()
      #expect(try RunFileCheck.problems(at: run.path).isEmpty)
      return try run.facts()
    }
  }

  private func train(_ model: Module, _ optimizers: [Optimizer], _ x: Tensor, _ labels: [Int]) -> Tensor {
    let loss = crossEntropy(model(x), labels)
    loss.backward()
    for optimizer in optimizers { optimizer.step() }
    return loss
  }

  private func value(_ facts: [Fact], _ subject: Fact.Subject, _ name: FactName) -> Fact.Value? {
    facts.last { $0.subject == subject && $0.name == name }?.value
  }

  private func number(_ facts: [Fact], _ subject: Fact.Subject, _ name: FactName) -> Double? {
    if case .number(let number) = value(facts, subject, name) { number } else { nil }
  }

  @Test func inputsTargetsAndLoss() throws {
    let net = Sequential(Linear(4, 8), ReLU(), Linear(8, 3))
    let facts = try facts(net) { number, optimizers in
      train(net, optimizers, inputs(number), [0, 1, 2, 0, 1, 2, 0, 0])
    }
    let x = inputs(2).values.map(Double.init), mean = x.reduce(0, +) / 32
    #expect(number(facts, .input, .minimum) == x.min() && number(facts, .input, .maximum) == x.max())
    #expect(abs(try #require(number(facts, .input, .mean)) - mean) < 1e-6)
    let std = (x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 32).squareRoot()
    #expect(abs(try #require(number(facts, .input, .std)) - std) < 1e-6)
    #expect(value(facts, .input, .precision) == .text("float32") && value(facts, .input, .isTokens) == nil)
    #expect(value(facts, .target, .kind) == .text("classes") && number(facts, .target, .classCount) == 3)
    #expect(value(facts, .target, .classCounts) == .json("[12,6,6]"))
    #expect(number(facts, .target, .majorityInBatch) == 0.5 && number(facts, .target, .classesInBatch) == 3)
    #expect(value(facts, .loss, .function) == .text("crossEntropy"))
    #expect(value(facts, .loss, .shapes) == .json("[[8, 3],[8]]"))
    #expect(number(facts, .loss, .probabilityRows) == 0)
    #expect(value(facts, .model, .optimizerSteps) == .json("[3]"))
    let settings = try #require(value(facts, .model, .optimizers))
    #expect(
      settings
        == .json(
          "[{\"type\":\"SGD\",\"parameters\":4,\"learning_rate\":0.1,\"weight_decay\":0.01,\"momentum\":0.9,\"nesterov\":0.0}]"
        ))
    #expect(value(facts, .model, .uncalledModules) == nil && value(facts, .model, .gradientsLeft) == nil)
    #expect(!facts.contains { $0.name == .withoutGradient || $0.name == .zeroGradient })
  }

  @Test func probabilitiesAreSeen() throws {
    let net = Sequential(Linear(4, 3), Softmax())
    let facts = try facts(net) { train(net, $1, inputs($0), [0, 1, 2, 0, 1, 2, 0, 0]) }
    #expect(number(facts, .loss, .probabilityRows) == 1)
  }

  /// Facts are written at steps 0, 1, 2, 5, 10, …; counts go on in between.
  @Test func theScheduleIsLogarithmic() throws {
    let net = Linear(4, 3)
    let facts = try facts(net, steps: 23) { train(net, $1, inputs($0), [0, 1, 2, 0, 1, 2, 0, 0]) }
    #expect(facts.filter { $0.name == .function }.map(\.step) == [0, 1, 2, 5, 10, 20])
    #expect(facts.filter { $0.name == .classCounts }.map(\.step) == [0, 1, 2, 5, 10, 20, 22])
    #expect(value(facts, .target, .classCounts) == .json("[92,46,46]"))
  }

  /// Inputs that are shifted by class are classified by the nearest mean; labels that do not belong to them are not.
  @Test func nearestMeansTellWhetherLabelsBelongToInputs() throws {
    func accuracy(isShifted: Bool) throws -> Double {
      let net = Linear(4, 2)
      let facts = try facts(net, steps: 6) { step, optimizers in
        let labels = (0..<64).map { ($0 + step) % 2 }
        let shifts = Tensor(
          labels.flatMap { [Float](repeating: isShifted ? 4 * Float($0) : 0, count: 4) }, shape: [64, 4])
        return train(net, optimizers, inputs(step, samples: 64) + shifts, labels)
      }
      #expect(number(facts, .target, .nearestMeanSamples) == Double(4 * 64))
      return try #require(number(facts, .target, .nearestMeanAccuracy))
    }
    #expect(try accuracy(isShifted: true) == 1)
    #expect(abs(try accuracy(isShifted: false) - 0.5) < 0.12)
  }

  /// A class that is the token at one of eight positions is found by the nearest mean; one that is not is at chance.
  @Test func nearestMeansOfTokens() throws {
    func accuracy(isShown: Bool) throws -> Double {
      let net = Sequential(Embedding(6, 4), Flatten(), Linear(32, 3))
      let facts = try facts(net, steps: 6) { step, optimizers in
        var random = RandomStream(seed: UInt64(step), name: "tokens")
        let labels = (0..<60).map { ($0 + step) % 3 }
        let tokens = labels.map { label in
          (0..<8).map { $0 == 2 && isShown ? Float(label) : Float(Int(random.uniform() * 6)) }
        }
        return train(net, optimizers, Tensor(tokens.flatMap { $0 }, shape: [60, 8]), labels)
      }
      #expect(number(facts, .target, .nearestMeanSamples) == Double(4 * 60))
      return try #require(number(facts, .target, .nearestMeanAccuracy))
    }
    #expect(try accuracy(isShown: true) > 0.7)
    #expect(abs(try accuracy(isShown: false) - 1 / 3) < 0.12)
  }

  @Test func numbersAsTargets() throws {
    let net = Linear(4, 2)
    let facts = try facts(net) { number, optimizers in
      let target = Tensor((0..<16).map { Float($0 % 2 == 0 ? 5 : $0 / 2) }, shape: [8, 2])
      let loss = meanSquaredError(net(inputs(number)), target)
      loss.backward()
      optimizers[0].step()
      return loss
    }
    #expect(value(facts, .target, .kind) == .text("numbers"))
    #expect(number(facts, .target, .minimum) == 0 && number(facts, .target, .maximum) == 7)
    // One output is constant, the other 0, …, 7 with variance 6.
    #expect(number(facts, .target, .variance) == 3)
  }

  @Test func firstValuesOfParameters() throws {
    let net = Sequential(Linear(4, 6, initializer: .constant(0.5)), ReLU(), Linear(6, 3, initializer: .heNormal))
    let facts = try facts(net) { train(net, $1, inputs($0), [0, 1, 2, 0, 1, 2, 0, 0]) }
    #expect(number(facts, .parameter("0.weight"), .equalUnits) == 1)
    #expect(number(facts, .parameter("2.weight"), .equalUnits) == 0)
    #expect(value(facts, .parameter("2.weight"), .initializer) == .text("He normal"))
    #expect(number(facts, .parameter("2.weight"), .fanIn) == 6)
    #expect(value(facts, .parameter("2.weight"), .valuesFrom) == .text("initialized"))
    #expect(facts.filter { $0.name == .valuesFrom }.count == 2)
  }

  private final class TwoParts: Module {
    let used = Linear(4, 3), byHand = Linear(4, 4), encoder = Linear(4, 4), unused = Linear(4, 4)
    override func forward(_ x: Tensor) -> Tensor {
      used(byHand.forward(withoutGradients { encoder(x) }))
    }
  }

  @Test func modulesThatAreNotCalledAndParametersWithoutGradients() throws {
    let net = TwoParts()
    let facts = try facts(net) { train(net, $1, inputs($0), [0, 1, 2, 0, 1, 2, 0, 0]) }
    #expect(value(facts, .model, .uncalledModules) == .json("[\"byHand\",\"encoder\",\"unused\"]"))
    #expect(value(facts, .model, .calledWithoutGradients) == .json("[\"encoder\"]"))
    let without = facts.filter { $0.name == .withoutGradient && $0.step == 1 }
    #expect(
      without.map(\.subject)
        == ["encoder.weight", "encoder.bias", "unused.weight", "unused.bias"].map { .parameter($0) })
    #expect(without.allSatisfy { $0.value == .number(1) })
  }

  private final class Pair: Module {
    let first = Linear(4, 4), second = Linear(4, 3)
    override func forward(_ x: Tensor) -> Tensor { second(relu(first(x))) }
  }

  /// The second loss of a step leaves gradients in the first net, as in a GAN.
  @Test func gradientsThatAreLeftAreNamed() throws {
    let net = Pair()
    let labels = [0, 1, 2, 0, 1, 2, 0, 0]
    /// The gradients that the second loss leaves are cleared at the end of the step, at the beginning of the next, or never.
    func run(clearing: String) throws -> [Fact] {
      try facts(net, optimizers: { _ in [SGD(net.first, learningRate: 0.1), SGD(net.second, learningRate: 0.1)] }) {
        number, optimizers in
        if clearing == "begin" { optimizers[0].clearGradients() }
        let loss = train(net, optimizers, inputs(number), labels)
        crossEntropy(net(inputs(number)), labels).backward()
        optimizers[1].step()
        if clearing == "end" { optimizers[0].clearGradients() }
        return loss
      }
    }
    #expect(value(try run(clearing: "never"), .model, .gradientsLeft) == .json("[\"first.weight\",\"first.bias\"]"))
    #expect(value(try run(clearing: "end"), .model, .gradientsLeft) == nil)
    #expect(value(try run(clearing: "begin"), .model, .gradientsLeft) == nil)
  }

  /// Those of the first optimizer are in the table `step`; others are scalars where they change, and factors of groups facts.
  @Test func learningRatesOfAllOptimizersAreRecorded() throws {
    let net = Pair()
    net.initialize(seed: 1)
    let optimizers = [SGD(net.first, learningRate: 0.1), SGD(net.second, learningRate: 0.5)]
    try optimizers[1].group("bias", learningRateFactor: 2)
    try withTemporaryFolder { folder in
      let recorder = try Recorder(net, optimizers, writingTo: folder + "/run.rheo", warn: { _ in })
      for number in 0..<5 {
        if number == 3 { optimizers[1].learningRate = 0.25 }
        try recorder.step(loss: train(net, optimizers, inputs(number), [0, 1, 2, 0, 1, 2, 0, 0]))
      }
      let run = try recorder.finish(), facts = try run.facts()
      #expect(run.steps.allSatisfy { $0.learningRate == Double(Float(0.1)) })
      #expect(try run.scalars("learning_rate_2") == [Scalar(step: 0, value: 0.5), Scalar(step: 3, value: 0.25)])
      #expect(try run.scalars("learning_rate_1").isEmpty && run.scalars("loss_scale").isEmpty)
      #expect(number(facts, .parameter("second.bias"), .learningRateFactor) == 2)
      #expect(facts.filter { $0.name == .learningRateFactor }.map(\.step) == [0, 1, 2])
    }
  }

  /// The scale of a skipped step is the one that overflowed.
  @Test func lossScalesAreRecorded() throws {
    let net = Linear(4, 3)
    net.initialize(seed: 1)
    let optimizer = SGD(net, learningRate: 0.1), scaler = LossScaler(scale: 64, growthInterval: 2)
    try withTemporaryFolder { folder in
      let recorder = try Recorder(net, optimizer, writingTo: folder + "/run.rheo", warn: { _ in })
      for number in 0..<5 {
        let loss = crossEntropy(net(inputs(number)), [0, 1, 2, 0, 1, 2, 0, 0])
        scaler.scaled(number == 1 ? loss * .infinity : loss).backward()
        scaler.step(optimizer)
        try recorder.step(loss: loss)
      }
      let run = try recorder.finish()
      #expect(
        try run.scalars("loss_scale") == [
          Scalar(step: 0, value: 64), Scalar(step: 2, value: 32), Scalar(step: 4, value: 64),
        ])
      #expect(run.events.map(\.step) == [1] && run.events[0].kind == .skipped)
    }
  }

  @Test func weightsOfClassesAreRecordedWhereTheLossIsTheirMean() throws {
    let labels = [0, 1, 2, 0, 1, 2, 0, 0], classWeights: [Float] = [1, 2.5, 0.5]
    func weights(_ loss: @escaping (Tensor) -> Tensor) throws -> Fact.Value? {
      let net = Linear(4, 3)
      let facts = try facts(net) { number, optimizers in
        let loss = loss(net(inputs(number)))
        loss.backward()
        optimizers[0].step()
        return loss
      }
      #expect(number(facts, .loss, .isWeighted) == 1)
      return value(facts, .loss, .classWeights)
    }
    let expected = Fact.Value.json("[1.0,2.5,0.5]")
    #expect(try weights { crossEntropy($0, labels, classWeights: classWeights) } == expected)
    #expect(try weights { crossEntropy(probabilities: softmax($0), labels, classWeights: classWeights) } == expected)
    #expect(try weights { negativeLogLikelihood(logSoftmax($0), labels, classWeights: classWeights) } == expected)
    #expect(try weights { crossEntropy($0, labels, classWeights: classWeights, reduction: .sum) } == nil)
    #expect(try weights { crossEntropy($0, labels, classWeights: classWeights, labelSmoothing: 0.1) } == nil)
    #expect(try weights { crossEntropy($0, labels, reduction: .sum) } == nil)
  }

  @Test func clippingIsCounted() throws {
    let net = Linear(4, 3)
    let facts = try facts(net, steps: 4) { number, optimizers in
      let loss = crossEntropy(net(inputs(number)), [0, 1, 2, 0, 1, 2, 0, 0])
      loss.backward()
      let norm = optimizers[0].gradientNorm
      // Half of the norm, and twice.
      optimizers[0].clipGradients(toNorm: number < 3 ? norm / 2 : norm * 2)
      optimizers[0].step()
      return loss
    }
    #expect(number(facts, .model, .clippedShare) == 0.75)
    #expect(abs(try #require(number(facts, .model, .clippingRatio)) - 2) < 1e-9)
  }

  @Test(arguments: ["log", "squareRoot", "/"]) func theOperationThatMadeANaNIsNamed(_ operation: String) throws {
    let net = Sequential(Linear(4, 3, bias: false), ReLU())
    let facts = try facts(net, steps: 4) { number, optimizers in
      // At step 2 the inputs are zeros, so the outputs are, since the bias is.
      let y = net(number == 2 ? Tensor(repeating: 0, shape: [8, 4]) : inputs(number).squared())
      let loss =
        switch operation {
        case "log": log(y + (number == 2 ? 0 : 0.1)).mean()
        case "/": (y / (y + (number == 2 ? 0 : 1))).mean()
        default: (y + (number == 2 ? 0 : 0.1)).squareRoot().mean()
        }
      loss.backward()
      if number < 2 { optimizers[0].clearGradients() } else { optimizers[0].step() }
      return loss
    }
    #expect(
      value(facts, .model, .nonfiniteOrigin)
        == .json("{\"operation\":\"\(operation)\",\"module\":null,\"count\":24,\"step\":2}"))
  }

  /// A square root of 0 without a gradient that is not finite is no origin.
  @Test func harmlessOperationsAreNoOrigin() throws {
    let net = Linear(4, 3)
    let facts = try facts(net) { number, optimizers in
      let loss = crossEntropy(net(inputs(number)), [0, 1, 2, 0, 1, 2, 0, 0])
      _ = (net(inputs(number)) * 0).squareRoot()
      loss.backward()
      optimizers[0].step()
      return loss
    }
    #expect(value(facts, .model, .nonfiniteOrigin) == nil)
  }
}
