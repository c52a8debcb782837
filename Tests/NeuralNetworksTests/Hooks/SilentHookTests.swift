import Autodiff
import NeuralNetworks
import TestSupport
import Testing

/// The ways in which a hook could silently not be called. Each throws, prints a warning once, or cannot happen:
///
/// - no path or kind matches: it throws, with the nearest names (`HookTests`);
/// - the module is never called, was replaced, or its `forward` was called by hand: warning after the model's call, which names the last;
/// - another hook attaches it while the model is called: it is called from the next call on, without a warning; one that another hook
///   removes is not called any more;
/// - it waits for a gradient, and its `withHooks` ends before the backward pass: warning when a gradient arrives;
/// - no gradient reaches the tensor, since the loss does not use it, it is data, or it was computed without gradients: warning after
///   a gradient reached the model's output;
/// - nothing is called while the hook is attached: warning when it is removed after other modules were called, or after a backward
///   pass;
/// - a module or parameter is replaced after the hook was called: warning at one of the next calls, and hooks that are attached
///   later find the new one; a hook that is only skipped in some passes, as in a branch, causes no warning;
/// - only parts of the model are called, and one of them not: warning when the first part is called again after a backward pass, or
///   after many calls; for gradients after ten such rounds;
/// - the model's output is detached before the loss, or the loss does not use it: warning after ten calls that were each followed by
///   a backward pass, since an adversary may use it as data for some steps, or when the hook is removed;
/// - the model is only called inside `withoutGradients` while others are trained: warning as late;
/// - the program ends before that: no warning after so few passes;
/// - an optimizer takes no step, since another one does or `step()` is forgotten: warning about its hooks after ten passes that each
///   began from cleared gradients, or after a thousand that did not, and when the hook or the optimizer is released;
/// - a module was replaced before the model is initialized: initialization finds it, and without it a call stops;
/// - the hook is removed before the backward pass: it is not called, as it should be;
/// - a module is in a set and has no path: stops when the model's properties are read;
/// - the module is called with several tensors, in a checkpoint, twice, in evaluation mode, or frozen, there are several backward
///   passes per step, or no optimizer has the parameter: the hook is called (`AwkwardModelTests`);
/// - a tensor is changed in place: no operation does so.
@Suite struct SilentHookTests {
  final class Net: Module {
    var used = Linear(5, 5)
    let unused = Linear(5, 5)
    let aside = Linear(5, 5)

    override func forward(_ x: Tensor) -> Tensor {
      _ = aside(x)
      return used(x)
    }
  }

  static func net() -> Net {
    let net = Net()
    net.initialize(seed: 1)
    return net
  }

  private static func twoSteps(_ net: Net) { for _ in 0..<2 { net(samples(4, 5)).sum().backward() } }

  @Test func aModuleThatIsNotCalledIsReportedOnce() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let net = SilentHookTests.net()
      try net.onForward("unused") { _, _ in nil }
      try net.onInput("*") { _, _ in nil }
      SilentHookTests.twoSteps(net)
    }
    let lines = try lines(result)
    #expect(lines.count == 2)
    #expect(lines[0].hasPrefix("rheoscope: the forward hook at “unused” was not called: the model was called but not"))
    #expect(lines[1].hasPrefix("rheoscope: the input hook at “unused” was not called: "))
  }

  @Test func aReplacedModuleIsReported() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let net = SilentHookTests.net()
      try net.onForward("used") { _, _ in nil }
      let other = SilentHookTests.net()
      net.used = other.used
      SilentHookTests.twoSteps(net)
    }
    #expect(try lines(result).map { $0.contains("or it was replaced after the hook was attached") } == [true])
  }

  @Test func callingForwardDirectlyIsReported() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      final class ByHand: Module {
        let part = Linear(5, 5)

        override func forward(_ x: Tensor) -> Tensor { part.forward(x) }
      }
      let net = ByHand()
      net.initialize(seed: 1)
      try net.onForward("part") { _, _ in nil }
      _ = net(samples(4, 5))
    }
    #expect(try lines(result).map { $0.contains("at “part” was not called: its forward was called by hand") } == [true])
  }

  @Test func missingGradientsAreReported() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let net = SilentHookTests.net()
      try net.onBackward("aside") { _, _ in nil }
      try net.onInputGradient("used") { _, _ in nil }
      try net.onParameterGradient("aside.**") { _, _ in nil }
      SilentHookTests.twoSteps(net)
    }
    let lines = try lines(result)
    #expect(lines.count == 3)
    #expect(
      lines[0].hasPrefix(
        "rheoscope: the backward hook at “aside” was not called: a gradient reached the model's output"))
    #expect(lines[1].hasPrefix("rheoscope: the input gradient hook at “used” was not called: "))
    #expect(
      lines[2].hasPrefix("rheoscope: the parameter gradient hook at “aside.weight”, “aside.bias” was not called: "))
  }

  @Test func afterACaptureThatStopsHooksAreAuditedAsBefore() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let net = SilentHookTests.net()
      let handle = try net.onBackward("aside") { _, _ in nil }
      _ = try net.capture("aside", stopAt: "aside") { net(samples(4, 5)) }
      net(samples(4, 5)).sum().backward()
      handle.remove()
    }
    #expect(
      try lines(result).map { $0.contains("backward hook at “aside” was not called: a gradient reached") } == [true])
  }

  @Test func hooksRemovedBeforeTheNextCallAreReported() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let net = SilentHookTests.net()
      try net.withHooks {
        try $0.onBackward("aside") { _, _ in nil }
      } run: {
        net(samples(4, 5)).sum().backward()
      }
      try net.withHooks {
        try $0.onForward("used") { _, _ in nil }
      } run: {
        _ = SilentHookTests.net()(samples(4, 5))
      }
      let loss = net(samples(4, 5)).sum()
      try net.withHooks {
        try $0.onBackward("used") { _, _ in nil }
      } run: {
        loss.backward()
      }
    }
    let lines = try lines(result)
    #expect(lines.count == 3)
    #expect(lines[1].hasSuffix("nothing called it while the hook was attached"))
    #expect(lines[2].hasSuffix("attach a hook on gradients before the forward pass"))
  }

  @Test func aModuleReplacedAfterTheHookWasCalledIsReported() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let net = SilentHookTests.net()
      var fired = 0
      let count: Hook = { _, _ in
        fired += 1
        return nil
      }
      try net.onForward("used") { _, _ in nil }
      try net.onBackward("used") { _, _ in nil }
      try net.onParameterGradient("used.weight") { _, _ in nil }
      SilentHookTests.twoSteps(net)
      net.used = SilentHookTests.net().used
      for _ in 0..<3 { SilentHookTests.twoSteps(net) }
      try net.onForward("used", count)
      SilentHookTests.twoSteps(net)
      precondition(fired == 2, "the new module has been found")
    }
    let lines = try lines(result).sorted()
    #expect(
      lines
        == ["backward", "forward", "parameter gradient"].map {
          "rheoscope: the \($0) hook at “used\($0.hasPrefix("p") ? ".weight" : "")” is no longer called: it was replaced in "
            + "the model; attach the hook again"
        })
  }

  @Test func skippedBranchesCauseNoWarning() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      final class Branching: Module {
        let first = Linear(5, 5), second = Linear(5, 5)
        var calls = 0

        override func forward(_ x: Tensor) -> Tensor {
          calls += 1
          return calls % 3 == 1 ? first(second(x)) : calls % 3 == 2 ? first(x) : second(x)
        }
      }
      let net = Branching()
      net.initialize(seed: 1)
      for pattern in ["*", "first"] {
        try net.onForward(pattern) { _, _ in nil }
        try net.onBackward(pattern) { _, _ in nil }
      }
      for _ in 0..<30 { net(samples(4, 5)).sum().backward() }
    }
    #expect(try lines(result) == [])
  }

  @Test func anOutputDetachedBeforeTheLossIsReported() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let net = SilentHookTests.net(), head = SilentHookTests.net()
      try net.onBackward("used") { _, _ in nil }
      for _ in 0..<15 { head(net(samples(4, 5)).detached()).sum().backward() }
      // At once when the hook is removed.
      try net.withHooks {
        try $0.onInputGradient("used") { _, _ in nil }
      } run: {
        head(net(samples(4, 5)).detached()).sum().backward()
      }
    }
    let why =
      "gradients were computed after the model was called, but none reached its output: it is detached before the loss, or "
      + "the loss does not use it"
    #expect(
      try lines(result)
        == ["backward", "input gradient"].map {
          "rheoscope: the \($0) hook at “used” was not called: \(why)"
        })
  }

  @Test func aModelCalledWithoutGradientsIsReported() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let teacher = SilentHookTests.net(), pupil = SilentHookTests.net()
      func step() { (pupil(samples(4, 5)) - withoutGradients { teacher(samples(4, 5)) }).sum().backward() }
      try teacher.onBackward("used") { _, _ in nil }
      for _ in 0..<15 { step() }
      // At once when the hook is removed.
      try teacher.withHooks {
        try $0.onParameterGradient("used.weight") { _, _ in nil }
      } run: {
        step()
      }
    }
    let why =
      "gradients were computed after the model was called, but none can reach its output: it was called inside "
      + "withoutGradients { }, or nothing in it needs a gradient"
    #expect(
      try lines(result) == [
        "rheoscope: the backward hook at “used” was not called: \(why)",
        "rheoscope: the parameter gradient hook at “used.weight” was not called: \(why)",
      ])
  }

  /// An adversary uses the output as data several times before the generator is trained.
  @Test func anOutputDetachedInSomeStepsCausesNoWarning() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let generator = SilentHookTests.net(), critic = SilentHookTests.net()
      try generator.onBackward("used") { _, _ in nil }
      for step in 1...24 {
        let made = generator(samples(4, 5))
        critic(step % 6 == 0 ? made : made.detached()).sum().backward()
      }
    }
    #expect(try lines(result) == [])
  }

  private static let withoutAStep =
    "was not called: gradients of “used.weight”, “used.bias”, “unused.weight” and 3 more, which it holds, were computed but it took no step; "
    + "call its step(), or attach the hook to the optimizer that steps (a step that a LossScaler skips does not count)"

  @Test func anOptimizerThatTakesNoStepIsReportedOnce() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let net = SilentHookTests.net(), busy = Adam(net, learningRate: 0.1)
      let idle = SGD(net, learningRate: 0.1)
      idle.beforeStep { _ in }
      for _ in 0..<15 {
        SilentHookTests.twoSteps(net)
        busy.step()
      }
      // At once when the hook or the optimizer is released.
      let handle = idle.afterStep { _ in }
      SilentHookTests.twoSteps(net)
      handle.remove()
      func forget() {
        let forgotten = RMSProp(net, learningRate: 0.1)
        forgotten.beforeStep { _ in }
        SilentHookTests.twoSteps(net)
        precondition(forgotten.stepCount == 0)
      }
      forget()
      let waiting = Adagrad(net, learningRate: 0.1)
      waiting.afterStep { _ in }
      for _ in 0..<501 { SilentHookTests.twoSteps(net) }
      precondition(idle.stepCount == 0 && waiting.stepCount == 0)
    }
    let hooks = ["beforeStep hook of SGD", "afterStep hook of SGD", "beforeStep hook of RMSProp"]
    #expect(
      try lines(result)
        == (hooks + ["afterStep hook of Adagrad"]).map { "rheoscope: the \($0) \(SilentHookTests.withoutAStep)" })
  }

  /// One without gradients, as while another net is trained first, and one whose steps are skipped at first.
  @Test func anOptimizerWithoutGradientsOrWithSkippedStepsCausesNoWarning() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let net = SilentHookTests.net(), other = SilentHookTests.net()
      func forget() {
        let waiting = SGD(other, learningRate: 0.1)
        waiting.beforeStep { _ in }.remove()
        waiting.afterStep { _ in }
        for _ in 0..<15 { SilentHookTests.twoSteps(net) }
        precondition(waiting.stepCount == 0)
      }
      forget()
      let optimizer = SGD(net, learningRate: 0.1), scaler = LossScaler()
      optimizer.beforeStep { _ in }
      for _ in 0..<15 {
        (net(samples(4, 5)).sum() * .infinity).backward()
        precondition(!scaler.step(optimizer))
      }
      precondition(optimizer.stepCount == 0)
      SilentHookTests.twoSteps(net)
      optimizer.step()
    }
    #expect(try lines(result) == [])
  }

  @Test func anOptimizerThatStepsLateCausesNoWarning() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let net = SilentHookTests.net(), optimizer = SGD(net, learningRate: 0.1)
      var once: HookHandle?
      once = optimizer.beforeStep { optimizer in
        once?.remove()
        optimizer.afterStep { _ in }
      }
      for _ in 0..<100 { SilentHookTests.twoSteps(net) }
      optimizer.step()
      // Its gradients are only set, not computed.
      let handle = optimizer.afterStep { _ in }
      handle.remove()
      optimizer.beforeStep { _ in }
      optimizer.step()
    }
    #expect(try lines(result) == [])
  }

  @Test func calledHooksCauseNoWarning() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      for model in AwkwardModel.all {
        let net = model.make()
        net.initialize(seed: 3)
        try net.withHooks {
          try $0.onInput(model.path) { _, _ in nil }
          try $0.onForward(model.path) { _, _ in nil }
          try $0.onBackward(model.path) { _, _ in nil }
        } run: {
          for _ in 0..<2 { model.loss(net).backward() }
          _ = withoutGradients { model.loss(net) }
        }
      }
    }
    #expect(try lines(result) == [])
  }

  @Test func modulesInASetStop() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      final class Part: Module, Hashable {
        static func == (a: Part, b: Part) -> Bool { a === b }
        func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
      }
      final class Parts: Module { let parts: Set = [Part(), Part()] }
      Parts().initialize(seed: 1)
    }
    #expect(try lines(result).contains { $0.contains("“parts” is a set") && $0.contains("use an array") })
  }

  func lines(_ result: ExitTest.Result?) throws -> [String] {
    String(decoding: try #require(result).standardErrorContent, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
