import Autodiff
import NeuralNetworks
import Recording
import RunFile
import TestSupport
import Testing

/// What a recorder says of optimizers, calls and parameters that are not used as they should be.
@Suite struct SetupWarningTests {
  private let inputs = Tensor(sampleValues(24), shape: [6, 4])
  private let labels = [0, 1, 2, 0, 1, 2]

  private func net() -> Sequential {
    let net = Sequential(Linear(4, 5), Tanh(), Linear(5, 3))
    net.initialize(seed: 1)
    return net
  }

  /// Records steps that `step` takes; returns the warnings and their events.
  private func record(
    _ model: Module, _ optimizers: [Optimizer], steps: Int = 3, _ step: (_ number: Int) -> Tensor
  ) throws -> (notices: [String], events: [Event]) {
    try withTemporaryFolder { folder in
      var notices: [String] = []
      let recorder = try Recorder(model, optimizers, writingTo: folder + "/run.rheo", warn: { notices.append($0) })
      for number in 0..<steps { try recorder.step(loss: step(number)) }
      let events = try recorder.finish().events
      #expect(events.map(\.text) == notices)
      return (notices, events)
    }
  }

  private func loss(_ model: Module) -> Tensor {
    let loss = crossEntropy(model(inputs), labels)
    loss.backward()
    return loss
  }

  // MARK: Steps

  /// Another optimizer steps, which holds another model.
  @Test func theOptimizerThatDoesNotStepIsNamed() throws {
    let net = net(), other = self.net(), optimizer = SGD(net, learningRate: 0.1)
    let stranger = Adam(other, learningRate: 0.1)
    func step() -> Tensor {
      _ = loss(other)
      let loss = loss(net)
      stranger.step()
      return loss
    }
    let text =
      " was not called between backward() and recorder.step() in step 0, so “0.weight”, “0.bias”, “2.weight” and 1 more have gradients but were "
      + "not updated, and updates are not recorded; call it before recorder.step()"
    #expect(try record(net, [optimizer]) { _ in step() }.notices == ["step() of SGD" + text])
    #expect(
      try record(net, [optimizer, stranger]) { _ in step() }.notices == [
        "step() of SGD (optimizer 1)" + text + " (step() of Adam (optimizer 2) was called, but does not change them)"
      ])
  }

  @Test func optimizersOfAnotherModelAreNamed() throws {
    let net = net(), other = self.net(), right = SGD(net, learningRate: 0.1), wrong = Adam(other, learningRate: 0.1)
    func step(_ optimizers: [Optimizer]) -> Tensor {
      _ = loss(other)
      let loss = loss(net)
      for optimizer in optimizers { optimizer.step() }
      return loss
    }
    #expect(
      try record(net, [wrong]) { _ in step([right, wrong]) }.notices == [
        "step() of Adam changed no parameter of the recorded model in step 0, so updates are not recorded; make the optimizer from this model, "
          + "after its last change, and give it to Recorder"
      ])
    #expect(
      try record(net, [wrong]) { _ in step([right]) }.notices == [
        "no optimizer that the recorder was given took a step between backward() and recorder.step() in step 0, but the gradients are gone, so "
          + "updates are not recorded; give Recorder the optimizer that takes the steps"
      ])
    #expect(
      try record(net, []) { _ in step([right]) }.notices == [
        "no optimizer was given to the recorder, so updates of weights are not recorded; write Recorder(model, optimizer, …)"
      ])
  }

  private final class Pair: Module {
    let first = Linear(4, 4), second = Linear(4, 3)
    override func forward(_ x: Tensor) -> Tensor { second(tanh(first(x))) }
  }

  private func pair() -> Pair {
    let pair = Pair()
    pair.initialize(seed: 1)
    return pair
  }

  /// One of two optimizers steps only at some steps, as that of a generator, or leaves its gradients.
  @Test func anOptimizerThatStaysIdleIsNamedOnce() throws {
    func notices(interval: Int, isCleared: Bool = false) throws -> [String] {
      let net = pair(), busy = SGD(net.first, learningRate: 0.1), idle = Adam(net.second, learningRate: 0.1)
      return try record(net, [busy, idle], steps: 30) { number in
        let loss = loss(net)
        busy.step()
        if number % interval == interval - 1 { idle.step() } else if isCleared { idle.clearGradients() }
        return loss
      }.notices
    }
    #expect(
      try notices(interval: 100) == [
        "Adam (optimizer 2) took no step in 10 recorded steps in a row, although its parameters have gradients, such as “weight”, and other "
          + "optimizers took theirs; call its step(), or clear its gradients"
      ])
    #expect(try notices(interval: 10) == [] && notices(interval: 100, isCleared: true) == [])
  }

  @Test func parametersInNoOptimizerAreNamedOnce() throws {
    let net = pair(), optimizer = SGD(net.first, learningRate: 0.1)
    func recorded() throws -> [Event] {
      try record(net, [optimizer]) { _ in
        let loss = loss(net)
        optimizer.step()
        return loss
      }.events
    }
    let text =
      "“second.weight”, “second.bias” get gradients but are in no optimizer, so they keep their first values; make the optimizer from the whole "
      + "model, after its last change"
    #expect(try recorded() == [Event(step: 0, kind: .setupWarning, text: text)])
    // In an optimizer that the recorder does not know.
    let other = SGD(net.second, learningRate: 0.1)
    #expect(try recorded() == [] && other.stepCount == 0)
  }

  @Test func valuesThatWereAssignedMayStay() throws {
    let net = pair(), optimizer = SGD(net.first, learningRate: 0.1)
    for (_, parameter) in net.second.parameters { parameter.set(parameter.value) }
    let found = try record(net, [optimizer]) { _ in
      let loss = loss(net)
      optimizer.step()
      return loss
    }
    #expect(found.events == [])
  }

  @Test func parametersInTwoOptimizersAreNamedOnce() throws {
    let net = pair(), optimizers = [SGD(net, learningRate: 0.1), SGD(net.second, learningRate: 0.1)]
    func recorded() throws -> [Event] {
      try record(net, optimizers) { _ in
        let loss = loss(net)
        for optimizer in optimizers { optimizer.step() }
        return loss
      }.events
    }
    let text =
      "“second.weight”, “second.bias” are in several optimizers, so each of their steps changes them; make the optimizers from parts of the model "
      + "that do not overlap"
    #expect(try recorded() == [Event(step: 0, kind: .setupWarning, text: text)])
    for optimizer in optimizers { try optimizer.group("**", isFrozen: true) }
    #expect(try recorded() == [])
  }

  // MARK: Calls

  private final class Deep: Module {
    final class Child: Module {
      let grandchild = Linear(4, 4)
      override func forward(_ x: Tensor) -> Tensor { tanh(grandchild.forward(x)) }
    }
    final class Block: Module {
      let inner = Linear(4, 4)
      override func forward(_ x: Tensor) -> Tensor { x + inner(x) }
    }
    let child = Child(), block = Block(), parts = Sequential(Linear(4, 4)), head = Linear(4, 3)
    override func forward(_ x: Tensor) -> Tensor { head(parts.namedChildren![0].module(block.forward(child(x)))) }
  }

  /// A grandchild with parameters, and a block without, whose modules inside are called. The parts of a `Sequential` may be called alone.
  @Test func forwardByHandIsNamedDeeperDown() throws {
    let net = Deep(), optimizer = SGD(net, learningRate: 0.1)
    net.initialize(seed: 1)
    let found = try record(net, [optimizer]) { _ in
      let loss = loss(net)
      optimizer.step()
      return loss
    }
    #expect(
      found.notices == [
        "forward of “child.grandchild” was called by hand in step 0: its parameters got gradients, but it was not called as a module, so not "
          + "recorded; write module(x) instead of module.forward(x)",
        "modules inside “block” were called in step 0, but it was not, so its outputs are not recorded: forward was called by hand, or only parts "
          + "are used; write module(x) instead of module.forward(x)",
      ])
    #expect(found.events.map(\.kind) == [.setupWarning, .warning])
  }

  @Test func forwardOfTheWholeModelByHandIsNamed() throws {
    let net = Linear(4, 3), optimizer = SGD(net, learningRate: 0.1)
    net.initialize(seed: 1)
    let found = try record(net, [optimizer]) { _ in
      let loss = crossEntropy(net.forward(inputs), labels)
      loss.backward()
      optimizer.step()
      return loss
    }
    #expect(
      found.notices.count == 1 && found.notices[0].hasPrefix("forward of “the model” was called by hand in step 0"))
  }

  // MARK: Parameters of no module

  private final class Hidden: Module {
    final class Box { let layer = Linear(4, 4, bias: false) }
    let box = Box(), head = Linear(4, 3)
    let closure: (Tensor) -> Tensor
    override init() {
      let scale = LayerNorm(4)
      scale.initialize(seed: 2)
      closure = { scale($0) }
      box.layer.initialize(seed: 3)
    }
    override func forward(_ x: Tensor) -> Tensor { head(closure(box.layer(x))) }
  }

  @Test func parametersThatNoModuleHoldsAreNamedOnce() throws {
    let net = Hidden(), optimizer = SGD(net, learningRate: 0.1)
    net.initialize(seed: 1)
    func notices() throws -> [String] {
      try record(net, [optimizer]) { _ in
        let loss = loss(net)
        optimizer.step()
        return loss
      }.notices
    }
    let found = try notices()
    #expect(found.count == 1)
    #expect(
      found[0].hasPrefix(
        "3 parameters get gradients but belong to no module of the recorded model, so they are not recorded, and an optimizer of the model does "
          + "not train them: of shape [4], used by layerNorm; of shape [4], used by layerNorm; of shape [4, 4], used by linear; hold the module in"
      ), "\(found)")
    // One whose parameters are trained by an optimizer of its own is meant to be outside.
    let other = SGD(net.box.layer, learningRate: 0.1)
    #expect(try notices().allSatisfy { $0.hasPrefix("2 parameters get gradients") } && other.stepCount == 0)
  }
}
