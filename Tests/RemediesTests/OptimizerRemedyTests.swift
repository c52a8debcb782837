import Foundation
import Rheoscope
import TestSupport
import Testing

/// Remedies that change what the optimizer does.
@Suite struct OptimizerRemedyTests {
  private func net() -> Sequential {
    let model = Sequential(Linear(4, 4), Linear(4, 2))
    model.initialize(seed: 1)
    return model
  }

  /// Steps with gradients of 1, and returns the change of each parameter's first element.
  private func changes(_ model: Module, _ optimizer: Optimizer) -> [Float] {
    let parameters = model.parameters.map(\.parameter), before = parameters.map { $0.value.values[0] }
    for parameter in parameters { parameter.gradient = Tensor(repeating: 1, shape: parameter.shape) }
    optimizer.step()
    return zip(parameters, before).map { $0.value.values[0] - $1 }
  }

  @Test func aScheduleMultipliesTheNewRate() {
    let model = net(), optimizer = SGD(model, learningRate: 1)
    optimizer.schedule = .exponential(factor: 0.5)
    #expect(Remedy.learningRate(0.1).apply(to: model, optimizer, seed: 1))
    for _ in 0..<3 { optimizer.step() }
    #expect(optimizer.learningRate == 0.025)
    #expect(Remedy.constantLearningRate(0.3).apply(to: model, optimizer, seed: 1))
    for _ in 0..<3 { optimizer.step() }
    #expect(optimizer.learningRate == 0.3)
  }

  @Test func aCosineReplacesASchedule() {
    let model = net(), optimizer = SGD(model, learningRate: 1)
    optimizer.schedule = .exponential(factor: 0.1)
    #expect(Remedy.cosineSchedule(steps: 100).apply(to: model, optimizer, seed: 1))
    for _ in 0...50 { optimizer.step() }
    #expect(abs(optimizer.learningRate - 0.5) < 1e-6)
  }

  /// The program clips to 0.01 itself, before the remedy's own clipping.
  @Test func anotherNormReplacesTheProgramsOwn() {
    let model = net(), optimizer = SGD(model, learningRate: 1)
    #expect(Remedy.clipping(norm: 2).apply(to: model, optimizer, seed: 1))
    let parameters = model.parameters.map(\.parameter)
    for parameter in parameters { parameter.gradient = Tensor(repeating: 1, shape: parameter.shape) }
    optimizer.clipGradients(toNorm: 0.01)
    #expect(abs(optimizer.gradientNorm - 2) < 1e-5)
  }

  @Test func parametersWithoutWeightDecayKeepNone() throws {
    let model = net(), optimizer = SGD(model, learningRate: 1, weightDecay: 0.5)
    try optimizer.group("**.bias", weightDecay: 0)
    let values = model.parameters.map { $0.parameter.value.values[0] }
    #expect(Remedy.weightDecay(0.1).apply(to: model, optimizer, seed: 1))
    for (change, (value, path)) in zip(changes(model, optimizer), zip(values, model.parameters.map(\.path))) {
      #expect(abs(change + 1 + (path.hasSuffix("bias") ? 0 : 0.1 * value)) < 1e-6, "\(path)")
    }
    #expect(!Remedy.weightDecay(0.1).apply(to: model, SGD(model, learningRate: 1), seed: 1), "there is no weight decay")
  }

  @Test func parametersInNoOptimizerAreAdded() {
    let model = net(), head = model.modules.last!.module
    let optimizer = Adam(head, learningRate: 0.1, weightDecay: 0.5)
    #expect(changes(model, optimizer).map { $0 != 0 } == [false, false, true, true])
    #expect(Remedy.allParameters.apply(to: model, optimizer, seed: 1))
    #expect(changes(model, optimizer).allSatisfy { abs($0 + 0.1) < 0.05 })
    #expect(!Remedy.allParameters.apply(to: model, optimizer, seed: 1), "it holds all of them")
    // Those of another optimizer are its own.
    let two = net(), first = SGD(two.modules[1].module, learningRate: 1),
      second = SGD(two.modules[2].module, learningRate: 1)
    #expect(!Remedy.allParameters.apply(to: two, first, seed: 1))
    #expect(first.parameters.count == 2 && second.parameters.count == 2)
  }

  @Test func frozenParametersAreTrainedUnlessTheyWereLoaded() throws {
    try withTemporaryFolder { folder in
      let model = net(), optimizer = SGD(model, learningRate: 1)
      try optimizer.group("0.**", isFrozen: true)
      #expect(changes(model, optimizer).map { $0 != 0 } == [false, false, true, true])
      #expect(Remedy.unfrozen.apply(to: model, optimizer, seed: 1))
      #expect(changes(model, optimizer).allSatisfy { $0 != 0 })
      try model.saveWeights(to: folder + "/weights.safetensors")
      try model.loadWeights(from: folder + "/weights.safetensors")
      try optimizer.group("0.**", isFrozen: true)
      #expect(!Remedy.unfrozen.apply(to: model, optimizer, seed: 1))
      #expect(changes(model, optimizer).map { $0 != 0 } == [false, false, true, true])
    }
  }
}
