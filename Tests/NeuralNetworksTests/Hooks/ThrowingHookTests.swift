import Autodiff
import NeuralNetworks
import TestSupport
import Testing

/// Hooks that throw: the error comes out, and nothing is half done.
@Suite struct ThrowingHookTests {
  private struct Failure: Error {}

  private func net() -> Sequential {
    let net = Sequential(Linear(5, 5), BatchNorm(5), Dropout(0.5), Linear(5, 2))
    net.initialize(seed: 1)
    return net
  }

  @Test(arguments: AwkwardModel.all, AwkwardModelTests.kinds)
  func errorsComeOutOfEveryKindOfHook(_ model: AwkwardModel, _ kind: AwkwardModelTests.Kind) throws {
    guard kind.count(model) > 0 else { return }
    func gradients(_ net: Module) -> [[Float]?] { net.parameters.map { $0.parameter.gradient?.values } }
    let net = model.make(), plain = model.make(), wasTraining = net.isTraining
    for net in [net, plain] {
      net.initialize(seed: 3)
      if !wasTraining { net.evaluate() }
    }
    let handle = try kind.attach(net, model.path) { _, _ in throw Failure() }
    #expect(throws: Failure.self) { try withThrowingHooks { model.loss(net).backward() } }
    #expect(gradients(net).allSatisfy { $0 == nil })
    handle.remove()
    // Nothing of the pass is left.
    for net in [net, plain] { model.loss(net).backward() }
    #expect(gradients(net) == gradients(plain))
    #expect(!net.hasHooks)
  }

  /// Hooks of a scope are removed also where the scope begins after another hook has thrown.
  @Test func aScopeAfterAnErrorLeavesNoHook() throws {
    let net = net()
    let thrower = try net.onForward("0") { _, _ in throw Failure() }
    #expect(throws: Failure.self) {
      try withThrowingHooks {
        _ = net(samples(4, 5))
        try net.withHooks {
          try $0.onForward("1") { _, _ in nil }
        } run: {
        }
      }
    }
    thrower.remove()
    #expect(!net.hasHooks)
  }

  @Test func theRestOfACallHasNoEffect() throws {
    let net = net(), optimizer = SGD(net, learningRate: 0.1)
    let states = { (net.buffers.map { $0.buffer.value.values }, net.parameters.map { $0.parameter.value.values }) }
    var called: [String] = []
    try net.onForward("0") { _, _ in
      called.append("0")
      throw Failure()
    }
    try net.onForward("*") { site, _ in
      called.append("* \(site.path)")
      return nil
    }
    let before = states()
    #expect(throws: Failure.self) {
      try withThrowingHooks {
        let output = net(samples(4, 5))
        #expect(output.shape == [4, 2] && !output.isOnTape)
        output.sum().backward()
        optimizer.step()
      }
    }
    #expect(called == ["0"])
    #expect(states() == before)
    #expect(optimizer.stepCount == 0)
  }

  @Test func scopesOfAModelThrowToo() throws {
    let net = net()
    #expect(throws: Failure.self) {
      try net.withHooks {
        try $0.onForward("0") { _, _ in throw Failure() }
      } run: {
        _ = net(samples(4, 5))
      }
    }
    #expect(!net.hasHooks)
    try net.onInput("3") { _, _ in throw Failure() }
    #expect(throws: Failure.self) { try net.capture("0") { net(samples(4, 5)) } }
    net.removeAllHooks()
    #expect(!net.hasHooks)
  }

  /// As a pair of hooks needs that opens something and closes it.
  @Test func hooksThatAreAlwaysCalled() throws {
    let net = net()
    var seen: [String] = []
    try net.onInput("1") { _, _ in throw Failure() }
    try net.onForward("", options: .always) { _, output in
      seen.append("always \(output.shape)")
      return nil
    }
    try net.onForward("") { _, _ in
      seen.append("not always")
      return nil
    }
    try net.onCall("", options: [.always, .first]) { call in seen.append("of call \(call.tensors.count)") }
    #expect(throws: Failure.self) { try withThrowingHooks { _ = net(samples(4, 5)) } }
    #expect(seen == ["always [4, 2]", "of call 1"])
  }

  @Test func theFirstErrorComesOutAndTheSecondIsReported() async {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      struct Second: Error {}
      let net = ThrowingHookTests().net()
      try net.onInput("1") { _, _ in throw Failure() }
      try net.onForward("", options: .always) { _, _ in throw Second() }
      #expect(throws: Failure.self) { try withThrowingHooks { _ = net(samples(4, 5)) } }
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(
      text.contains("the forward hook at the model itself threw an error after another hook had thrown: Second()"),
      "\(text)")
    #expect(!text.contains("was not called"), "\(text)")
  }

  @Test func anErrorOutsideOfAScopeNamesTheHook() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let net = ThrowingHookTests().net()
      try net.onForward("1") { _, _ in throw Failure() }
      _ = net(samples(4, 5))
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(
      text.contains(
        "forward hook at “1” in 1 (BatchNorm): it threw an error: Failure(); call the model, or backward(), inside"),
      "\(text)")
  }

  @Test func gradientHooksAreNotAlwaysCalled() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      try ThrowingHookTests().net().onBackward("1", options: .always) { _, _ in nil }
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("can't have the option .always"), "\(text)")
  }
}
