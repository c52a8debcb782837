import Autodiff
import Foundation
import NeuralNetworks
import TestSupport
import Testing

@Suite struct StepInBackwardTests {
  private static let depth = 12, width = 128

  /// The values of all parameters after some steps, and the most memory that one took beyond that before it.
  private static func train(
    inBackward: Bool, _ make: (Module) -> Optimizer, checkpointed: Bool = false
  ) -> (values: [[Float]], memory: Int) {
    let net = Sequential((0..<depth).map { _ in Linear(width, width) }, checkpointed: checkpointed, segments: 4)
    net.initialize(seed: 1)
    let optimizer = make(net), inputs = samples(1, width)
    optimizer.schedule = Schedule("falling") { 1 / Double($0 + 1) }
    if inBackward { optimizer.stepInBackward() }
    var memory = 0
    for _ in 0..<3 {
      let before = TensorMemory.inUse
      TensorMemory.resetPeak()
      squaredSum(net(inputs)).backward()
      optimizer.step()
      memory = TensorMemory.peak - before
    }
    #expect(optimizer.stepCount == 3)
    return (net.parameters.map { $0.parameter.value.values }, memory)
  }

  private static func squaredSum(_ y: Tensor) -> Tensor { (y * y).sum() }

  private static let optimizers: [@Sendable (Module) -> Optimizer] = [
    { SGD($0, learningRate: 0.01) }, { SGD($0, learningRate: 0.01, momentum: 0.9) }, { Adam($0, learningRate: 0.01) },
    { Lion($0, learningRate: 0.01) },
  ]

  @Test(arguments: optimizers.indices, [false, true])
  func trainingIsTheSameBitForBit(_ index: Int, _ isCheckpointed: Bool) {
    let usual = Self.train(inBackward: false, Self.optimizers[index], checkpointed: isCheckpointed)
    let early = Self.train(inBackward: true, Self.optimizers[index], checkpointed: isCheckpointed)
    #expect(early.values == usual.values)
  }

  /// All gradients together are as large as the parameters; only one or two are alive at a time.
  @Test func memoryOfGradientsIsSaved() {
    let usual = Self.train(inBackward: false, Self.optimizers[0]).memory
    let early = Self.train(inBackward: true, Self.optimizers[0]).memory
    let oneLayer = 4 * Self.width * (Self.width + 1), all = Self.depth * oneLayer
    #expect(usual >= all)
    #expect(usual - early >= all * 3 / 4, "\(usual) → \(early) bytes; all gradients have \(all)")
  }

  @Test func removedItStepsAsUsual() {
    let net = Linear(3, 2)
    net.initialize(seed: 1)
    let optimizer = SGD(net, learningRate: 1), before = net.weight.value.values
    let handle = optimizer.stepInBackward()
    net(samples(2, 3)).sum().backward()
    #expect(net.weight.gradient == nil && net.weight.value.values != before)
    handle.remove()
    let now = net.weight.value.values
    net(samples(2, 3)).sum().backward()
    #expect(net.weight.gradient != nil && net.weight.value.values == now)
  }

  /// Gradients that are there are part of the step, hooks are called before, and frozen parameters stay.
  @Test func gradientsThatAreThereAndHooks() throws {
    let net = Linear(3, 2)
    net.initialize(seed: 1)
    let optimizer = SGD(net, learningRate: 1)
    try optimizer.group("bias", isFrozen: true)
    let before = net.weight.value.values, bias = net.bias!.value.values
    net.weight.gradient = Tensor(repeating: 1, shape: [2, 3])
    try net.onParameterGradient("weight") { _, gradient in gradient * 0 }
    optimizer.stepInBackward()
    net(samples(2, 3)).sum().backward()
    #expect(net.weight.value.values == before.map { $0 - 1 } && net.bias!.value.values == bias)
    // gradients(of:withRespectTo:) is no step.
    let after = net.weight.value.values
    _ = gradients(of: net(samples(2, 3)).sum(), withRespectTo: [net.weight.value])
    #expect(net.weight.value.values == after)
  }

  /// An optimizer that is released takes no gradients from the next one.
  @Test(arguments: [false, true]) func aReleasedOptimizerTakesNothing(nextStepsInBackward: Bool) {
    let net = Linear(3, 2)
    net.initialize(seed: 1)
    var optimizer = SGD(net, learningRate: 1)
    optimizer.stepInBackward()
    optimizer = SGD(net, learningRate: 0.1)
    if nextStepsInBackward { optimizer.stepInBackward() }
    let before = net.weight.value.values
    net(samples(2, 3)).sum().backward()
    #expect((net.weight.gradient == nil) == nextStepsInBackward)
    optimizer.step()
    #expect(net.weight.value.values != before)
  }

  private static let wrong: [(use: @Sendable (Linear, SGD) -> Void, words: String)] = [
    ({ _, optimizer in optimizer.clipGradients(toNorm: 1) }, "clipGradients: an optimizer steps in the backward pass"),
    (
      { net, _ in SGD(net, learningRate: 1).stepInBackward() },
      "an optimizer steps in the backward pass for weight already"
    ),
    (
      { net, _ in LossScaler().scaled(net(samples(2, 3)).sum()).backward() },
      "optimizer: a scaled loss needs all gradients before the step"
    ),
  ]
  private static let input = ExitTestInput("wrong-steps-in-backward")

  @Test(.serialized, arguments: wrong.indices) func whatNeedsAllGradientsStops(_ index: Int) async throws {
    try Self.input.set(index)
    defer { Self.input.remove() }
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let net = Linear(3, 2)
      net.initialize(seed: 1)
      let optimizer = SGD(net, learningRate: 1)
      optimizer.stepInBackward()
      let index: Int = try StepInBackwardTests.input.value()
      StepInBackwardTests.wrong[index].use(net, optimizer)
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains(Self.wrong[index].words), "\(text)")
  }
}
