import Foundation
import Rheoscope
import TestSupport
import Testing

/// Remedies change what they say.
@Suite struct RemedyTests {
  private func inputs() -> Tensor {
    var random = RandomStream(seed: 1, name: "inputs")
    return Tensor((0..<64 * 32).map { _ in 3 + 2 * Float(random.normalPair().0) }, shape: [64, 32])
  }

  private func net() -> Sequential {
    let model = Sequential(Linear(32, 64, initializer: .zeros), Sigmoid(), Linear(64, 10, initializer: .zeros))
    model.initialize(seed: 5)
    return model
  }

  @Test func initializersFillFromTheSameStreams() {
    let model = net(),
      other = Sequential(Linear(32, 64, initializer: .heNormal), Sigmoid(), Linear(64, 10, initializer: .heNormal))
    other.initialize(seed: 5)
    #expect(Remedy.initializer(.heNormal).apply(to: model, SGD(model, learningRate: 0.1), seed: 5))
    #expect(model.parameters.map(\.parameter.value.values) == other.parameters.map(\.parameter.value.values))
  }

  /// A linear layer with a plain optimizer has hardly anything to change.
  @Test(
    arguments: [
      (.relu, "the model has no activations other than ReLU"), (.normalization, "the model has no activations"),
      (.layerNorm, "the model has no batch normalization"),
      (.linearOutput, "the model has no activation and no softmax"),
      (.activations(after: ["0"]), "the model has no modules “0”"), (.forgetBias(1), "the model has no LSTM"),
      (.orthogonalWeights(of: ["0"]), "the model has no square weights in “0”"),
      (.branchScale(1), "the model has no residual blocks"), (.weightDecay(0), "the optimizer has no weight decay"),
      (.scaledWeights(2), "the model has no hidden weights that were not loaded"),
      (.allParameters, "each parameter is in an optimizer"),
      (.unfrozen, "no parameter with initialized values is frozen"),
      (.standardizedTargets(mean: 1, deviation: 0), "the standard deviation of the targets is no number above 0"),
    ] as [(Remedy, String)])
  func aRefusalHasItsReason(_ remedy: Remedy, _ reason: String) {
    let model = Linear(4, 2)
    model.initialize(seed: 1)
    #expect(!remedy.apply(to: model, SGD(model, learningRate: 0.1), seed: 1))
    #expect(remedy.reasonNotToApply == reason)
  }

  @Test func hiddenWeightsAreScaled() {
    let model = Sequential(Linear(4, 4), ReLU(), Linear(4, 2))
    model.initialize(seed: 1)
    let before = model.parameters.map(\.parameter.value.values)
    #expect(Remedy.scaledWeights(2).apply(to: model, SGD(model, learningRate: 0.1), seed: 1))
    let after = model.parameters.map(\.parameter.value.values)
    #expect(after[0] == before[0].map { 2 * $0 } && Array(after[1...]) == Array(before[1...]))
  }

  @Test func activationsBecomeReLU() {
    let model = net(),
      other = Sequential(Linear(32, 64, initializer: .heNormal), ReLU(), Linear(64, 10, initializer: .heNormal))
    other.initialize(seed: 5)
    #expect(Remedy.relu.apply(to: model, SGD(model, learningRate: 0.1), seed: 5))
    let x = inputs(), labels = (0..<64).map { $0 % 10 }
    #expect(model(x).values == other(x).values)
    for net in [model, other] { crossEntropy(net(x), labels).backward() }
    #expect(
      model.parameters.map { $0.parameter.gradient!.values } == other.parameters.map { $0.parameter.gradient!.values })
  }

  @Test func inputsOfActivationsAreNormalized() throws {
    let model = Sequential(Linear(32, 64, initializer: .heNormal), Tanh(), Identity())
    model.initialize(seed: 1)
    #expect(Remedy.normalization.apply(to: model, SGD(model, learningRate: 0.1), seed: 1))
    let y: [Double] = model(inputs()).values.map { atanh(Double($0)) }
    for row in 0..<64 {
      let values = y[row * 64..<(row + 1) * 64], mean = values.reduce(0, +) / 64
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 64
      #expect(abs(mean) < 1e-3 && abs(variance - 1) < 1e-2)
    }
  }

  @Test func inputsAreStandardized() {
    let model = Sequential(Flatten())
    #expect(Remedy.standardizedInputs.apply(to: model, SGD(net(), learningRate: 0.1), seed: 1))
    let y = model(inputs()).values, mean = y.reduce(0, +) / Float(y.count)
    let square = y.reduce(Float(0)) { $0 + $1 * $1 } / Float(y.count)
    #expect(abs(mean) < 1e-4 && abs(square - 1) < 1e-3)
  }

  @Test func settingsOfOptimizersChange() {
    let model = net(), optimizer = SGD(model, learningRate: 0.1)
    #expect(Remedy.learningRate(0.01).apply(to: model, optimizer, seed: 1) && optimizer.learningRate == 0.01)
    #expect(Remedy.warmUp(steps: 10).apply(to: model, optimizer, seed: 1))
    for _ in 0..<5 { optimizer.step() }
    #expect(abs(optimizer.learningRate - 0.005) < 1e-7)
    // A schedule that there is goes on afterwards.
    let decayed = SGD(model, learningRate: 1)
    decayed.schedule = .exponential(factor: 0.5)
    #expect(Remedy.warmUp(steps: 2).apply(to: model, decayed, seed: 1))
    for _ in 0..<4 { decayed.step() }
    #expect(decayed.learningRate == 0.5)
    let plain = SGD(model, learningRate: 1)
    #expect(Remedy.clipping(norm: 1e-3).apply(to: model, plain, seed: 1))
    let parameters = model.parameters.map(\.parameter), before = parameters.map(\.value.values)
    for parameter in parameters { parameter.gradient = Tensor(repeating: 1, shape: parameter.shape) }
    plain.step()
    let squares = zip(parameters, before).flatMap { zip($0.value.values, $1).map { ($0 - $1) * ($0 - $1) } }
    #expect(abs(Double(squares.reduce(0, +)).squareRoot() / 1e-3 - 1) < 1e-2)
    // A gradient of 0 and a rate of 1: the weights lose half.
    let shrinking = SGD(model, learningRate: 1, weightDecay: 0.1)
    #expect(Remedy.weightDecay(0.5).apply(to: model, shrinking, seed: 1))
    parameters[1].set(Tensor(repeating: 2, shape: parameters[1].shape))
    parameters[1].gradient = Tensor(repeating: 0, shape: parameters[1].shape)
    shrinking.step()
    #expect(parameters[1].value.values.allSatisfy { $0 == 1 })
  }

  @Test func whatIsNotThereIsNotChanged() {
    let model = Sequential(Linear(4, 4)), optimizer = SGD(model, learningRate: 0.1)
    model.initialize(seed: 1)
    #expect(
      !Remedy.relu.apply(to: model, optimizer, seed: 1) && !Remedy.normalization.apply(to: model, optimizer, seed: 1))
  }
}
