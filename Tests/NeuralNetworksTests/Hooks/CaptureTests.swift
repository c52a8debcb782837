import Autodiff
import NeuralNetworks
import TestSupport
import Testing

@Suite struct CaptureTests {
  private struct Failure: Error {}

  private func net() -> Sequential {
    let shared = Linear(5, 5)
    let net = Sequential(shared, Tanh(), shared, HookPoint(), Linear(5, 2))
    net.initialize(seed: 2)
    return net
  }

  @Test func keepsActivationsAndGradientsOfEachCall() throws {
    let net = net()
    let captured = try net.capture("*") { net(samples(4, 5)).sum() }
    #expect(captured.paths == ["0", "1", "3", "4"])
    #expect(captured.calls("0").map(\.site.callIndex) == [0, 1])
    #expect(captured["4"]!.gradient == nil && captured["nowhere"] == nil)
    captured.result.backward()
    #expect(captured["4"]!.gradient!.values == [Float](repeating: 1, count: 8))
    #expect(captured["4"]!.activation.shape == [4, 2])
    // A hook point passes on the output of the call before it, and its gradient.
    #expect(captured["3"]!.activation.values == captured.calls("0")[1].activation.values)
    #expect(captured["3"]!.gradient!.values == captured.calls("0")[1].gradient!.values)
    #expect(captured.calls("0")[0].gradient!.values != captured.calls("0")[1].gradient!.values)
  }

  @Test func hooksAreRemovedWithTheCapture() throws {
    let net = net()
    do {
      let captured = try net.capture("4") { net(samples(4, 5)).sum() }
      #expect(net.hasHooks)
      captured.result.backward()
    }
    #expect(!net.hasHooks)
    #expect(throws: Failure.self) { try net.capture("4") { throw Failure() } }
    #expect(!net.hasHooks)
    #expect(throws: HookError.self) { try net.capture("9") {} }
  }

  @Test func scopedHooksAreRemovedAtTheEnd() throws {
    let net = net()
    var seen: [String] = []
    try net.withHooks {
      try $0.onForward(Linear.self) { site, _ in
        seen.append("\(site.path)[\(site.callIndex)]")
        return nil
      }
      try $0.onForward(HookPoint.self) { site, _ in
        seen.append(site.path)
        return nil
      }
    } run: {
      _ = net(samples(4, 5))
    }
    #expect(seen == ["0[0]", "0[1]", "3", "4[0]"])
    #expect(!net.hasHooks)
    #expect(throws: Failure.self) {
      try net.withHooks {
        try $0.onForward("**") { _, _ in nil }
      } run: {
        throw Failure()
      }
    }
    #expect(!net.hasHooks)
  }

  @Test func kindsIncludeSubclassesAndErrorsNameTheNearest() throws {
    class Base: Module { override func forward(_ x: Tensor) -> Tensor { x * 2 } }
    final class Derived: Base {}
    let net = Sequential(Base(), Derived(), Tanh())
    var paths: [String] = []
    try net.onForward(Base.self) { site, _ in
      paths.append(site.path)
      return nil
    }
    _ = net(samples(1, 5))
    #expect(paths == ["0", "1"])
    let error = #expect(throws: HookError.self) { try net.onForward(Linear.self) { _, _ in nil } }
    #expect(error?.description.hasPrefix("no module of the kind matches “Linear”; did you mean “") == true)
  }

  @Test func capturesInCheckpointsToo() throws {
    func gradients(_ isCheckpointed: Bool) throws -> [[Float]] {
      let net = Sequential((0..<4).map { _ in Linear(5, 5) }, checkpointed: isCheckpointed, segments: 2)
      net.initialize(seed: 2)
      let captured = try net.capture("*") { net(samples(4, 5)).sum() }
      captured.result.backward()
      return captured.paths.map { captured[$0]!.gradient!.values }
        + net.parameters.map { $0.parameter.gradient!.values }
    }
    #expect(try gradients(true) == gradients(false))
  }

  @Test func gradientsAreThoseOfTheCapturedPasses() throws {
    let net = net()
    let captured = try net.capture("4") { net(samples(4, 5)).sum() + (net(samples(2, 5)) * 3).sum() }
    captured.result.backward()
    // Training continues while the capture is alive.
    (net(samples(3, 5)) * 7).sum().backward()
    let calls = captured.calls("4")
    #expect(calls.map { $0.activation.shape[0] } == [4, 2])
    #expect(calls.map { $0.gradient!.values } == [[Float](repeating: 1, count: 8), [Float](repeating: 3, count: 4)])
  }

  /// The captured outputs keep the tape alive, and the tape keeps the gradient hooks alive, which must not be a cycle.
  @Test(arguments: [true, false]) func capturedTensorsAreReleasedWithTheCapture(_ isDifferentiated: Bool) throws {
    func capture() throws {
      let net = net()
      let captured = try net.capture("*") { net(samples(4, 5)).sum() }
      if isDifferentiated { captured.result.backward() }
      #expect((captured["4"]?.gradient != nil) == isDifferentiated)
    }
    try capture()
    let before = TensorMemory.inUse
    for _ in 0..<10 { try capture() }
    #expect(TensorMemory.inUse == before)
  }

  @Test func scopesThatThrowWhileAttachingLeaveNoHooks() throws {
    let net = net()
    #expect(throws: HookError.self) {
      try net.withHooks {
        try $0.onForward("0") { _, _ in nil }
        try $0.onParameterGradient("4.weight") { _, gradient in gradient * 2 }
        try $0.onForward("nowhere") { _, _ in nil }
      } run: {
      }
    }
    #expect(!net.hasHooks)
    net(samples(4, 5)).sum().backward()
    #expect(net.parameters.last!.parameter.gradient!.values == [4, 4])
  }

  /// A removed hook is not called any more, also not for earlier forward passes.
  @Test func removedHooksGetNoGradientsOfEarlierPasses() throws {
    let net = net()
    var seen = 0
    let loss = try net.withHooks {
      try $0.onBackward("4") { _, gradient in
        seen += 1
        return gradient * 2
      }
      try $0.onForward("4") { _, _ in nil }
    } run: {
      net(samples(4, 5)).sum()
    }
    loss.backward()
    #expect(seen == 0 && net.parameters.last!.parameter.gradient!.values == [4, 4])
  }

  @Test func gradientsAddUpOverPasses() throws {
    let net = net()
    let captured = try net.capture("*") { net(samples(4, 5)) }
    let output = captured.result
    _ = gradients(of: output.sum(), withRespectTo: net.parameters.map(\.parameter.value), keepingTape: true)
    let once = captured.calls("0").map { $0.gradient!.values }
    #expect(captured["4"]!.gradient!.values == [Float](repeating: 1, count: 8))
    (output * 2).sum().backward()
    #expect(captured["4"]!.gradient!.values == [Float](repeating: 3, count: 8))
    #expect(captured.calls("0").map { $0.gradient!.values } == once.map { $0.map { 3 * $0 } })
  }

  /// Also where the hook belongs to the last child, whose output is that of its container, or is attached to the tensor later.
  @Test func gradientsAreThoseAfterAllHooks() throws {
    let block = Sequential(Tanh(), Linear(5, 5)), net = Sequential(Linear(5, 5), block)
    net.initialize(seed: 2)
    try net.onBackward("1.1") { _, gradient in gradient * 3 }
    let captured = try net.capture("**") { net(samples(4, 5)) }
    captured.result.onGradient { $0 * 5 }
    captured.result.sum().backward()
    let final = [Float](repeating: 15, count: 20)
    for path in ["", "1", "1.1"] { #expect(captured[path]!.gradient!.values == final, "\(path)") }
    #expect(net.parameters.last!.parameter.gradient!.values == [Float](repeating: 60, count: 5))
  }

  /// Nothing after the site is computed, and nothing that happens once per step happens there.
  @Test func aCaptureStopsAtASite() throws {
    let net = Sequential(Linear(5, 5), Tanh(), BatchNorm(5), Linear(5, 2))
    net.initialize(seed: 2)
    let statistics = net.buffers.map { $0.buffer.value.values }
    var called: [String] = []
    try net.onForward("*") { site, _ in
      called.append(site.path)
      return nil
    }
    let captured = try net.capture("*", stopAt: "1") {
      let loss = net(samples(4, 5)).sum()
      #expect(!loss.isOnTape)
      loss.backward()
    }
    #expect(called == ["0", "1"] && captured.paths == ["0", "1"])
    #expect(net.buffers.map { $0.buffer.value.values } == statistics)
    let expected = try net.capture("1") { net(samples(4, 5)) }
    #expect(captured["1"]!.activation.values == expected["1"]!.activation.values)
    // What was computed is on the tape.
    captured["1"]!.activation.sum().backward()
    #expect(captured["0"]!.gradient != nil && net.parameters[0].parameter.gradient != nil)
    #expect(net.parameters.last!.parameter.gradient == nil)
    net.removeAllHooks()
  }

  @Test func aCaptureThatDoesNotStopThrows() throws {
    let net = net()
    let error = #expect(throws: HookError.self) {
      try net.capture("0", stopAt: "4") { _ = net.modules[1].module(samples(4, 5)) }
    }
    #expect(
      error?.description.hasPrefix("the capture was to stop at “4”, but its body did not call that module") == true)
    #expect(throws: HookError.self) { try net.capture("0", stopAt: "9") { net(samples(4, 5)) } }
    #expect(throws: Failure.self) { try net.capture("0", stopAt: "4") { throw Failure() } }
    try net.onForward("1") { _, _ in throw Failure() }
    #expect(throws: Failure.self) { try net.capture("0", stopAt: "4") { net(samples(4, 5)) } }
    net.removeAllHooks()
    #expect(!net.hasHooks)
  }

  private final class Memory { var outputs: [Tensor] = [] }

  /// Tensors that hooks keep are released too, although the tape keeps the hook alive that keeps the tape's tensors alive.
  @Test func memoryOfHooksIsReleasedAfterThePass() throws {
    let net = net()
    func pass() throws {
      let memory = Memory()
      try net.withHooks {
        try $0.onForward("*") { _, output in
          memory.outputs.append(output)
          return nil
        }
        try $0.onBackward("*") { _, gradient in memory.outputs.isEmpty ? gradient : nil }
      } run: {
        net(samples(64, 5)).sum().backward()
      }
    }
    try pass()
    let before = TensorMemory.inUse
    for _ in 0..<10 { try pass() }
    #expect(TensorMemory.inUse == before)
  }

  /// Hooks on calls replace gradients too.
  @Test func capturedGradientsAreThoseAfterHooksOnCalls() throws {
    let net = net()
    try net.onCall("4", at: .outputGradient) { call in call.tensors[0] = call.tensors[0]! * 3 }
    let captured = try net.capture("4") { net(samples(4, 5)).sum() }
    captured.result.backward()
    #expect(captured["4"]!.gradient!.values == [Float](repeating: 3, count: 8))
  }
}
