import Autodiff
import Testing

/// Hooks on the gradients of tensors, one or several.
@Suite struct TensorHookTests {
  private struct Failure: Error {}

  @Test func hooksSeeAndReplaceTheWholeGradientInOrder() {
    let x = Tensor([1, 2], shape: [2]).requiringGradient()
    let hidden = x * 3
    var seen: [[Float]] = []
    hidden.onGradient {
      seen.append($0.values)
      return $0 * 10
    }
    let second = hidden.onGradient {
      seen.append($0.values)
      return nil
    }
    // Two uses, whose contributions are added up before the hooks are called.
    func backward() { (hidden.sum() + 4 * (hidden * Tensor(1)).sum()).backward() }
    backward()
    #expect(seen == [[5, 5], [50, 50]])
    #expect(x.gradient?.values == [150, 150])
    second.remove()
  }

  @Test func hooksOnLeavesAndInBothKindsOfPasses() {
    let x = Tensor([1, 2], shape: [2]).requiringGradient()
    var calls = 0
    let handle = x.onGradient {
      calls += 1
      return $0 * 2
    }
    (x * x).sum().backward()
    #expect(calls == 1 && x.gradient?.values == [4, 8])
    #expect(gradients(of: (x * x).sum(), withRespectTo: [x])[0].values == [4, 8])
    #expect(calls == 2)
    handle.remove()
    #expect(gradients(of: (x * x).sum(), withRespectTo: [x])[0].values == [2, 4])
    #expect(calls == 2)
  }

  /// One that is removed by another in the same pass is not called, one that is attached is called from the next pass on.
  @Test func hooksMayRemoveAndAttachHooks() {
    let x = Tensor(1).requiringGradient()
    var seen: [String] = [], later: HookHandle?
    x.onGradient { _ in
      seen.append("first")
      later?.remove()
      return nil
    }
    later = x.onGradient { _ in
      seen.append("removed")
      return nil
    }
    x.onGradient { gradient in
      seen.append("last")
      return nil
    }
    (x * 2).backward()
    #expect(seen == ["first", "last"])
    (x * 2).backward()
    #expect(seen == ["first", "last", "first", "last"])
  }

  @Test func severalTensorsAreSeenTogether() {
    let a = Tensor(2).requiringGradient(), b = Tensor(3).requiringGradient(), c = Tensor(5).requiringGradient()
    var seen: [[Float?]] = []
    let product = a * b
    let handle = onGradients(of: [product, a, b, c]) { gradients in seen.append(gradients.map { $0?.value }) }
    (product + product).backward()
    #expect(seen == [[2, 6, 4, nil]])
    let together = onGradients(of: [a, b]) { gradients in seen.append(gradients.map { $0?.value }) }
    handle.remove()
    seen = []
    (a * b).backward()
    (a * b * c).backward()
    #expect(seen == [[3, 2], [15, 10]])
    together.remove()
    (a * b).backward()
    #expect(seen.count == 2)
  }

  /// The hooks are among what the tape keeps alive, so they must not keep the tape.
  @Test func hooksOnSeveralTensorsAreNoCycle() {
    func pass() {
      let x = Tensor(repeating: 1, shape: [64]).requiringGradient(), y = x * 2
      onGradients(of: [x, y]) { _ in }
      y.onGradient { $0 * 2 }
      _ = (y * y).sum()
    }
    pass()
    let before = TensorMemory.inUse
    for _ in 0..<10 { pass() }
    #expect(TensorMemory.inUse == before)
  }

  @Test func anErrorComesOutAndNoGradientIsAdded() throws {
    let x = Tensor([1, 2], shape: [2]).requiringGradient(), y = Tensor([3, 4], shape: [2]).requiringGradient()
    x.gradient = Tensor([7, 7], shape: [2])
    let inner = x * y
    inner.onGradient { _ in throw Failure() }
    // y has a contribution before the hook is called.
    let loss = (inner + y).sum()
    #expect(throws: Failure.self) { try withThrowingHooks { loss.backward() } }
    #expect(x.gradient?.values == [7, 7] && y.gradient == nil)
    // Nothing of the pass is left at the leaves.
    (x * y).sum().backward()
    #expect(x.gradient?.values == [10, 11] && y.gradient?.values == [1, 2])
  }

  @Test func anErrorInTheLastHookAddsNothing() throws {
    let x = Tensor(1).requiringGradient(), y = Tensor(2).requiringGradient()
    let handle = onGradients(of: [x, y]) { _ in throw Failure() }
    #expect(throws: Failure.self) { try withThrowingHooks { (x * y).backward() } }
    #expect(x.gradient == nil && y.gradient == nil)
    handle.remove()
    (x * y).backward()
    #expect(x.gradient?.value == 2 && y.gradient?.value == 1)
  }

  @Test func scopesOfErrors() throws {
    struct Other: Error {}
    #expect(try withThrowingHooks { 3 } == 3)
    #expect(throws: Other.self) { try withThrowingHooks { throw Other() } }
    let x = Tensor(1).requiringGradient()
    x.onGradient { _ in throw Failure() }
    // The inner scope throws, and the outer goes on.
    let value = try withThrowingHooks {
      #expect(throws: Failure.self) { try withThrowingHooks { (x * 2).backward() } }
      return gradients(of: 3 * Tensor(2).requiringGradient(), withRespectTo: []).count
    }
    #expect(value == 0)
    // After an error nothing else has an effect, and the tape is on again afterwards.
    let y = Tensor(1).requiringGradient()
    #expect(throws: Failure.self) {
      try withThrowingHooks {
        (x * 2).backward()
        #expect(!(y * 2).isOnTape)
        (y * 2).backward()
        _ = try withThrowingHooks { Issue.record("a scope begins after an error") }
      }
    }
    #expect((y * 2).isOnTape && y.gradient == nil)
  }

  @Test func anErrorOutsideOfAScopeStops() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Tensor(1).requiringGradient()
      x.onGradient { _ in throw Failure() }
      (x * 2).backward()
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("gradient hook of a tensor: it threw an error: Failure()"), "\(text)")
    #expect(text.contains("try withThrowingHooks"))
  }

  @Test func aTensorOffTheTapeStops() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      Tensor([1, 2], shape: [2]).onGradient { _ in nil }
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("is not on the tape, so no gradient"), "\(text)")
  }

  /// A hook on several tensors that is removed before it has all gradients is not called with the others.
  @Test func aHookOnSeveralTensorsThatIsRemovedInAPassIsNotCalled() {
    let x = Tensor(1).requiringGradient(), y = x * 2, z = x * 3
    var calls = 0
    let handle = onGradients(of: [y, z]) { _ in calls += 1 }
    z.onGradient { _ in
      handle.remove()
      return nil
    }
    (y + z * z).sum().backward()
    #expect(calls == 0)
  }

  /// Gradients of a pass that ends by an error are let go.
  @Test func aHookOnSeveralTensorsKeepsNothingOfAPassThatFails() {
    let x = Tensor(repeating: 1, shape: [1_000]).requiringGradient(), y = x * 2, z = x * 3
    onGradients(of: [y, z]) { _ in }
    z.onGradient { _ in throw Failure() }
    let loss = (y + z * z).sum()
    func pass() {
      #expect(throws: Failure.self) {
        try withThrowingHooks { _ = gradients(of: loss, withRespectTo: [x], keepingTape: true) }
      }
    }
    pass()
    let before = TensorMemory.inUse
    for _ in 0..<10 { pass() }
    #expect(TensorMemory.inUse == before)
  }
}
