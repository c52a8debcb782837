import Autodiff
import NeuralNetworks
import TestSupport
import Testing

/// The behaviours that TransformerLens' tests of hooks and hook points fix (tests/integration/test_hooks.py,
/// tests/unit/test_hook_points.py). The article on hooks has a table of those tests, with the reason where a behaviour differs.
@Suite struct TransformerLensHookTests {
  private struct Failure: Error {}

  private final class Counter {
    var count = 0

    var hook: Hook {
      { [self] _, _ in
        count += 1
        return nil
      }
    }
  }

  private func net() -> Sequential {
    let net = Sequential(Linear(5, 5), HookPoint(), Linear(5, 2))
    net.initialize(seed: 1)
    return net
  }

  private let x = samples(4, 5)

  /// test_hook_attaches_normally, test_hook_context_manager, test_nested_hook_context_manager.
  @Test func scopesNest() throws {
    let net = net(), counter = Counter()
    try net.withHooks {
      try $0.onForward("1", counter.hook)
    } run: {
      #expect(net.attachedHooks.count == 1)
      _ = net(x)
      #expect(counter.count == 1)
      try net.withHooks {
        try $0.onForward("1", counter.hook)
      } run: {
        #expect(net.attachedHooks.count == 2)
        _ = net(x)
        #expect(counter.count == 3)
      }
      #expect(net.attachedHooks.count == 1)
    }
    #expect(net.attachedHooks.isEmpty && counter.count == 3)
  }

  /// test_perma_hook_attaches_normally, test_hook_context_manager_with_permanent_hook: a hook that was attached before a scope stays.
  @Test func hooksOutsideOfAScopeStay() throws {
    let net = net(), counter = Counter()
    let permanent = try net.onForward("1", counter.hook)
    try net.withHooks {
      try $0.onForward("1", counter.hook)
    } run: {
      #expect(net.attachedHooks.count == 2)
      _ = net(x)
    }
    #expect(net.attachedHooks.count == 1 && counter.count == 2)
    permanent.remove()
  }

  /// test_context_manager_run_with_cache: a capture calls the hooks that are there, and leaves them.
  @Test func capturesLeaveHooks() throws {
    let net = net(), counter = Counter()
    try net.withHooks {
      try $0.onForward("1") { _, output in output * 3 }
      try $0.onForward("1", counter.hook)
    } run: {
      let captured = try net.capture("1") { net(x) }
      #expect(counter.count == 1 && net.attachedHooks.count == 2)
      #expect(captured["1"]!.activation.values == (net.modules[1].module(x) * 3).values)
    }
    #expect(!net.hasHooks)
  }

  /// test_backward_hook_runs_successfully, test_backward_hook_returning_bare_tensor, test_backward_hook_returning_none.
  @Test(arguments: [true, false]) func backwardHooksInScopes(_ replaces: Bool) throws {
    let net = net()
    var count = 0
    try net.withHooks {
      try $0.onBackward("1") { _, gradient in
        count += 1
        return replaces ? gradient : nil
      }
    } run: {
      let output = net(x)
      #expect(count == 0)
      output.sum().backward()
      #expect(count == 1 && net.attachedHooks.count == 1)
    }
    #expect(!net.hasHooks)
  }

  /// test_nested_context_manager_with_failure.
  @Test func aScopeThatFailsInsideAnother() throws {
    let net = net(), counter = Counter()
    try net.withHooks {
      try $0.onForward("1", counter.hook)
    } run: {
      #expect(throws: Failure.self) {
        try net.withHooks {
          try $0.onForward("1") { _, _ in throw Failure() }
        } run: {
          #expect(net.attachedHooks.count == 2)
          _ = net(x)
        }
      }
      #expect(net.attachedHooks.count == 1 && counter.count == 1)
      _ = net(x)
      #expect(counter.count == 2)
    }
    #expect(!net.hasHooks)
  }

  /// test_reset_hooks_in_context_manager, test_remove_hook, TestHookPointHasHooks.
  @Test func allHooksAreRemovedInAScope() throws {
    let net = net(), counter = Counter()
    #expect(net.attachedHooks.isEmpty)
    try net.withHooks {
      try $0.onForward("1", counter.hook)
      try $0.onBackward("1", counter.hook)
    } run: {
      #expect(net.attachedHooks.map(\.name) == ["forward hook", "backward hook"])
      net.removeAllHooks()
      #expect(net.attachedHooks.isEmpty)
    }
    _ = net(x)
    #expect(!net.hasHooks && counter.count == 0)
  }

  /// test_conditional_hooks: a hook where there is no place for it throws.
  @Test func aHookPointThatIsNotThereThrows() {
    #expect(throws: HookError.self) { try net().onForward("5") { _, _ in nil } }
    #expect(throws: HookError.self) { try net().capture("5") {} }
  }

  /// test_prepending_hooks: two hooks that both replace; the one that is called last decides.
  @Test(arguments: [0, 1], [false, true]) func theLastReplacementDecides(_ zeroAt: Int, _ first: Bool) throws {
    let net = net()
    for index in 0..<2 {
      try net.onForward("1", options: first ? .first : []) { _, output in
        index == zeroAt ? Tensor(repeating: 0, shape: output.shape) : samples(4, 5)
      }
    }
    let bias = (net.modules[3].module as! Linear).bias!.value
    let isBias = net(x).values == (Tensor(repeating: 0, shape: [4, 2]) + bias).values
    #expect(isBias == ((zeroAt == 1) != first))
  }

  /// test_reshape_functionality_integration, which differs: there are no conversions around hooks; a hook reshapes itself.
  @Test func aHookReshapesItself() throws {
    let net = net()
    try net.onForward("1") { _, output in (output.reshaped(5, 4) + 1).reshaped(4, 5) }
    try net.onForward("1") { [unowned net] _, output in
      #expect(output.values == (net.modules[1].module(self.x) + 1).values)
      return nil
    }
    _ = net(x)
  }
}
