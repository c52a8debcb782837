import Autodiff
import NeuralNetworks
import TestSupport
import Testing

/// Which hooks are attached, in what order, at what, and for how long.
@Suite struct AttachedHookTests {
  private func net() -> Sequential {
    let net = Sequential(Linear(5, 5), Tanh(), Linear(5, 5))
    net.initialize(seed: 1)
    return net
  }

  /// Each hook gets the replacement of the one that is called before.
  @Test(arguments: AwkwardModelTests.kinds) func firstHooksAreCalledFirst(_ kind: AwkwardModelTests.Kind) throws {
    let net = net()
    var seen: [String] = [], values: [[Float]] = []
    func hook(_ name: String) -> Hook {
      { _, tensor in
        seen.append(name)
        values.append(tensor.values)
        return tensor * 2
      }
    }
    try kind.attach(net, "2", hook("a"), [])
    try kind.attach(net, "2", hook("b"), .first)
    try kind.attach(net, "2", hook("c"), [])
    try kind.attach(net, "2", hook("d"), .first)
    net(samples(4, 5)).sum().backward()
    #expect(seen == ["d", "b", "a", "c"])
    for index in 1..<4 { #expect(values[index] == values[index - 1].map { 2 * $0 }) }
  }

  @Test(arguments: AwkwardModelTests.kinds) func hooksAreListedCountedAndRemoved(_ kind: AwkwardModelTests.Kind) throws
  {
    let net = net(), outer = Sequential(Linear(5, 5), net)
    outer.initialize(seed: 1)
    let handle = try kind.attach(net, "2", { _, _ in nil }, [])
    #expect(net.attachedHooks.count == 1 && outer.attachedHooks.count == 1)
    for _ in 0..<3 { outer(samples(4, 5)).sum().backward() }
    let found = try #require(outer.attachedHooks.first)
    #expect(found.path.hasPrefix("1.2") && found.callCount == 3)
    #expect(found.description == "\(found.name) at “\(found.path)”, called 3 times")
    // By whatever model it was attached.
    outer.removeAllHooks()
    #expect(outer.attachedHooks.isEmpty && net.attachedHooks.isEmpty && !net.hasHooks)
    handle.remove()
    #expect(!outer.hasHooks)
  }

  @Test func namesOfHooks() throws {
    let net = net()
    for place in HookKind.allCases { try net.onCall("0", at: place) { _ in } }
    try net.onParameterGradient("0.weight") { _, _ in nil }
    try net.onInputGradient("2") { _, _ in nil }
    let captured = try net.capture("1") { net(samples(4, 5)) }
    #expect(
      net.attachedHooks.map(\.name) == [
        "input hook on calls", "forward hook on calls", "input gradient hook on calls", "backward hook on calls",
        "input gradient hook", "parameter gradient hook",
      ])
    // A capture goes on.
    net.removeAllHooks()
    captured.result.sum().backward()
    #expect(captured["1"]!.gradient != nil)
  }

  @Test func hooksAreAttachedWhereAClosureChooses() throws {
    let net = net()
    var seen: [String] = []
    func noting(_ name: String) -> Hook {
      { site, _ in
        seen.append("\(name) \(site.path)")
        return nil
      }
    }
    try net.onInput(where: { path, _ in path == "1" }, noting("input"))
    try net.onForward(where: { _, module in module.ownParameters.count == 2 }, noting("output"))
    try net.onBackward(where: { path, _ in path == "2" }, noting("output gradient"))
    try net.onInputGradient(where: { path, _ in path == "2" }, noting("input gradient"))
    try net.onParameterGradient(
      where: { path, parameter in parameter.shape.count == 2 && path.hasPrefix("0") }, noting("weight"))
    net(samples(4, 5)).sum().backward()
    #expect(
      seen == [
        "output 0", "input 1", "output 2", "output gradient 2", "input gradient 2", "weight 0.weight",
      ])
    let none = #expect(throws: HookError.self) { try net.onForward(where: { _, _ in false }) { _, _ in nil } }
    #expect(none?.description == "the closure chooses none of the 4 modules; it must return true for at least one")
    let noParameter = #expect(throws: HookError.self) {
      try net.onParameterGradient(where: { _, _ in false }) { _, _ in nil }
    }
    #expect(noParameter?.description.contains("none of the 4 parameters") == true)
  }

  @Test(arguments: AwkwardModelTests.kinds) func handlesDoNotKeepTheModelAlive(_ kind: AwkwardModelTests.Kind) throws {
    weak var model: Module?
    weak var layer: Module?
    var handles: [HookHandle] = []
    do {
      let net = net()
      handles.append(try kind.attach(net, "2", { _, _ in nil }, []))
      let optimizer = SGD(net, learningRate: 0.1)
      handles += [optimizer.beforeStep { _ in }, optimizer.afterStep { _ in }, optimizer.stepInBackward()]
      handles.append(net.parameters[0].parameter.value.onGradient { _ in nil })
      net(samples(4, 5)).sum().backward()
      optimizer.step()
      (model, layer) = (net, net.modules[3].module)
      #expect(model != nil && layer != nil)
    }
    #expect(model == nil && layer == nil)
    for handle in handles { handle.remove() }
  }

  /// A hook of a hook: one that is attached is called from the module's next call on, one that is removed is not called any more.
  @Test(arguments: AwkwardModelTests.kinds) func hooksAttachAndRemoveHooks(_ kind: AwkwardModelTests.Kind) throws {
    let net = net()
    var seen: [String] = [], removed: HookHandle?, isAttached = false
    func noting(_ name: String) -> Hook {
      { _, _ in
        seen.append(name)
        return nil
      }
    }
    try kind.attach(
      net, "2",
      { [unowned net] _, _ in
        seen.append("first")
        removed?.remove()
        if !isAttached { try kind.attach(net, "2", noting("attached"), []) }
        isAttached = true
        return nil
      }, [])
    removed = try kind.attach(net, "2", noting("removed"), [])
    try kind.attach(net, "2", noting("last"), [])
    net(samples(4, 5)).sum().backward()
    #expect(seen == ["first", "last"])
    seen = []
    net(samples(4, 5)).sum().backward()
    #expect(seen == ["first", "last", "attached"])
  }

  /// A hook that a hook attaches is called already in the running call where its own moment is yet to come.
  @Test func hooksThatHooksAttachAreCalledFromTheirNextMomentOn() throws {
    let net = Sequential(Linear(5, 5), Tanh())
    net.initialize(seed: 1)
    var seen: [String] = []
    func note(_ name: String) -> Hook {
      { _, _ in
        seen.append(name)
        return nil
      }
    }
    var isFirst = true
    try net.onInput("0") { [unowned net] _, _ in
      guard isFirst else { return nil }
      isFirst = false
      try net.onInput("0", note("input"))
      try net.onForward("0", note("output"))
      try net.onBackward("0", note("gradient"))
      return nil
    }
    net(samples(2, 5)).sum().backward()
    #expect(seen == ["output", "gradient"])
    net(samples(2, 5)).sum().backward()
    #expect(seen.suffix(3) == ["input", "output", "gradient"])
  }
}
