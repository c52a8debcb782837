import Autodiff
import NeuralNetworks
import TestSupport
import Testing

/// Hooks that other hooks attach or remove, hooks of a scope that ends too early, and modules whose forward is called by hand.
extension SilentHookTests {
  /// They are called from the next pass on.
  @Test func hooksThatAHookAttachesCauseNoWarning() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let net = SilentHookTests.net()
      var counts = [0, 0, 0], isAttached = false
      func count(_ index: Int) -> Hook {
        { _, _ in
          counts[index] += 1
          return nil
        }
      }
      // The hook is the net's.
      try net.onForward("used") { [unowned net] _, _ in
        guard !isAttached else { return nil }
        isAttached = true
        try! net.onForward("aside", count(0))
        try! net.onInput("used", count(1))
        try! net.onInputGradient("used", count(2))
        return nil
      }
      for _ in 0..<3 { net(samples(4, 5).requiringGradient()).sum().backward() }
      precondition(counts == [2, 2, 2], "\(counts)")
    }
    #expect(try lines(result) == [])
  }

  /// Such a hook may have been about to be called; it is not called any more.
  @Test func hooksThatAHookRemovesCauseNoWarning() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let net = Sequential(Linear(5, 5), Linear(5, 5))
      net.initialize(seed: 1)
      var later: [HookHandle] = []
      func removing(_ index: Int) -> Hook {
        { _, _ in
          later[index].remove()
          return nil
        }
      }
      let fails: Hook = { _, _ in preconditionFailure("a removed hook is not called") }
      try net.onForward("0", removing(0))
      later.append(try net.onForward("1", fails))
      try net.onInput("1", removing(1))
      later.append(try net.onInput("1", fails))
      try net.onBackward("1", removing(2))
      later.append(try net.onBackward("0", fails))
      try net.onParameterGradient("1.bias", removing(3))
      later.append(try net.onParameterGradient("1.bias", fails))
      for _ in 0..<3 { net(samples(4, 5)).sum().backward() }
    }
    #expect(try lines(result) == [])
  }

  /// `backward()` after the scope finds no hook, which is reported; without a backward pass, or if the hook was called, there is nothing to say.
  @Test func gradientsAfterTheScopeAreReported() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let net = SilentHookTests.net()
      func outputs(isTrained: Bool, of call: () -> Tensor) throws -> Tensor {
        try net.withHooks {
          try $0.onBackward("used") { _, _ in nil }
          try $0.onParameterGradient("used.**") { _, _ in nil }
          try $0.onForward("used") { _, _ in nil }
        } run: {
          if isTrained { call().sum().backward() }
          return call()
        }
      }
      _ = try outputs(isTrained: false) { net(samples(4, 5)) }
      try outputs(isTrained: true) { net(samples(4, 5)) }.sum().backward()
      let loss = try outputs(isTrained: false) { net(samples(4, 5)) }.sum()
      loss.backward()
      // Only a part of the model is called.
      try outputs(isTrained: false) { net.used(samples(4, 5)) }.sum().backward()
      net(samples(4, 5)).sum().backward()
    }
    let why = "was not called: withHooks ended before backward() was called; call backward() inside of withHooks too"
    #expect(
      try lines(result) == [
        "rheoscope: the parameter gradient hook at “used.weight”, “used.bias” \(why)",
        "rheoscope: the backward hook at “used” \(why)", "rheoscope: the backward hook at “used” \(why)",
      ])
  }

  /// Modules whose forward their parents call, and modules inside of them.
  private final class ByHand: Module {
    final class Child: Module {
      let grandchild = Linear(5, 5), unused = Linear(5, 5)
      override func forward(_ x: Tensor) -> Tensor { grandchild.forward(x) }
    }
    final class Block: Module {
      let inner = Linear(5, 5)
      override func forward(_ x: Tensor) -> Tensor { relu(inner(x)) }
    }
    let child = Child(), block = Block()
    override func forward(_ x: Tensor) -> Tensor { block.forward(child(x)) }
  }

  @Test func forwardCalledByHandIsNamed() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let net = ByHand()
      net.initialize(seed: 1)
      try net.onForward("**") { _, _ in nil }
      try net.onBackward("child.*") { _, _ in nil }
      try net.onBackward("block") { _, _ in nil }
      for _ in 0..<3 { net(samples(4, 5)).sum().backward() }
    }
    let why =
      "was not called: its forward was called by hand, since its parameters or the modules in it were used without a call of it; write "
      + "module(x) instead of module.forward(x)"
    let lines = try lines(result)
    #expect(lines.count == 5, "\(lines)")
    #expect(lines[0] == "rheoscope: the forward hook at “child.grandchild”, “block” \(why)")
    #expect(
      lines[1].hasPrefix("rheoscope: the forward hook at “child.unused” was not called: the model was called but"))
    #expect(lines[2] == "rheoscope: the backward hook at “child.grandchild” \(why)")
    #expect(lines[3].hasPrefix("rheoscope: the backward hook at “child.unused” was not called: a gradient reached"))
    #expect(lines[4] == "rheoscope: the backward hook at “block” \(why)")
  }
}
