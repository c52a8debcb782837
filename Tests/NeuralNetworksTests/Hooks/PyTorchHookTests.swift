import Autodiff
import NeuralNetworks
import TestSupport
import Testing

/// The behaviours that PyTorch's tests of module hooks (test/nn/test_module_hooks.py) fix, as far as they exist here. The article on
/// hooks has a table of all of those tests, with the reason where a behaviour differs.
@Suite struct PyTorchHookTests {
  private struct Failure: Error {}

  private final class Net: Module {
    let first = Sequential(Linear(5, 5), Linear(5, 5)), second = Sequential(Linear(5, 5), Linear(5, 5))

    override func forward(_ x: Tensor) -> Tensor { second(first(x)) }
  }

  private func net() -> Net {
    let net = Net()
    net.initialize(seed: 1)
    return net
  }

  private let x = samples(4, 5).requiringGradient()

  /// test_forward_hooks, test_forward_pre_hooks, test_full_backward_hooks, test_full_backward_pre_hooks.
  @Test(
    arguments: AwkwardModelTests.kinds.filter { !$0.description.hasPrefix("parameter") },
    [
      ([1, 4], [4, 1, 0, 2, 3]), ([0, 4], [4, 0, 1, 2, 3]), ([3, 4], [4, 3, 0, 1, 2]), ([0, 1], [1, 0, 2, 3, 4]),
    ])
  func prependedHooksComeFirst(_ kind: AwkwardModelTests.Kind, _ order: (first: [Int], expected: [Int])) throws {
    let net = net()
    var fired: [Int] = []
    for number in 0..<5 {
      try kind.attach(
        net, "first",
        { _, _ in
          fired.append(number)
          return nil
        }, order.first.contains(number) ? .first : [])
    }
    for passes in 1...2 {
      let output = net(x)
      #expect(fired.count == (passes - (kind.isOfGradients ? 1 : 0)) * 5)
      output.sum().backward()
      #expect(fired == (0..<passes).flatMap { _ in order.expected })
    }
  }

  /// test_mixed_hooks.
  @Test func hooksOfAllKindsAreCalledInTheOrderOfThePass() throws {
    let net = net()
    var fired: [HookKind] = []
    for place in HookKind.allCases.reversed() {
      try net.onCall("", at: place) { [unowned net] call in
        #expect(call.module === net && call.tensors.count == 1)
        fired.append(place)
      }
    }
    for _ in 0..<2 { net(x).sum().backward() }
    let once: [HookKind] = [.input, .output, .outputGradient, .inputGradient]
    #expect(fired == once + once)
  }

  /// The inputs by name: test_kwarg_hooks, test_remove_kwarg_hooks.
  @Test func inputsAreReplacedByName() throws {
    final class Shift: Module {
      override var inputNames: [String]? { ["x", "bias"] }

      override func forward(_ x: Tensor, _ bias: Tensor) -> Tensor { x + bias }
    }
    let module = Shift(), x = Tensor([1, 2], shape: [2]), bias = Tensor([10, 20], shape: [2])
    let after = try module.onCall("") { $0.tensors[0] = $0.tensors[0]! + $0.inputs["bias"]! }
    #expect(module(x, bias).values == [21, 42])
    let before = try module.onCall("", at: .input) { $0.tensors["bias"] = $0.tensors["bias"]! * 2 }
    #expect(module(x, bias).values == [41, 82])
    after.remove()
    #expect(module(x, bias).values == [21, 42])
    before.remove()
    #expect(module(x, bias).values == [11, 22])
  }

  /// test_always_called_forward_hooks.
  @Test func alwaysCalledHooksCleanUp() throws {
    final class Stack { var names: [String] = [] }
    let net = net(), stack = Stack()
    try net.onInput("first") { _, _ in
      stack.names.append("opened")
      return nil
    }
    try net.onForward("first", options: .always) { _, _ in
      stack.names.removeLast()
      return nil
    }
    try net.onForward("first.0") { _, _ in throw Failure() }
    #expect(throws: Failure.self) { try withThrowingHooks { _ = net(x) } }
    #expect(stack.names.isEmpty)
  }

  /// test_hooks, test_module_global_hooks: numbers of calls as hooks are attached and removed, with two backward passes over one tape.
  @Test func countsOfCalls() throws {
    let net = Sequential(Sigmoid(), Sigmoid(), Sigmoid())
    var forwards = 0, backwards = 0
    func forward(_ step: Int) -> Hook {
      { _, _ in
        forwards += step
        return nil
      }
    }
    func backward(_ step: Int) -> Hook {
      { _, gradient in
        #expect(gradient.shape == [4, 5])
        backwards += step
        return nil
      }
    }
    let first = try net.onForward(Sigmoid.self, forward(1))
    _ = net(x)
    #expect((forwards, backwards) == (3, 0))
    let firstBack = try net.onBackward(Sigmoid.self, backward(1))
    let output = net(x).sum()
    #expect((forwards, backwards) == (6, 0))
    for passes in 1...2 {
      _ = gradients(of: output, withRespectTo: [x], keepingTape: true)
      #expect((forwards, backwards) == (6, 3 * passes))
    }
    let second = try net.onForward(Sigmoid.self, forward(2)), secondBack = try net.onBackward(Sigmoid.self, backward(2))
    net(x).sum().backward()
    #expect((forwards, backwards) == (15, 15))
    secondBack.remove()
    net(x).sum().backward()
    #expect((forwards, backwards) == (24, 18))
    second.remove()
    net(x).sum().backward()
    #expect((forwards, backwards) == (27, 21))
    first.remove()
    firstBack.remove()
    net(x).sum().backward()
    #expect((forwards, backwards) == (27, 21))
  }

  /// test_backward_hooks_interaction: the hook on input gradients gets output gradients as they were replaced, for each kind of hook.
  @Test(arguments: [true, false]) func inputGradientHooksSeeReplacedOutputGradients(_ ofCall: Bool) throws {
    let net = Sequential(Sigmoid())
    if ofCall {
      try net.onCall("0", at: .outputGradient) { $0.tensors[0] = $0.tensors[0]! * 0.5 }
    } else {
      try net.onBackward("0") { _, gradient in gradient * 0.5 }
    }
    var seen: [Float]?
    try net.onCall("0", at: .inputGradient) {
      seen = $0.outputGradients[0]?.values
      // PyTorch's test replaces dL/d(input) by dL/d(output).
      $0.tensors[0] = $0.outputGradients[0]
    }
    let t = Tensor([1, 1], shape: [1, 2]).requiringGradient()
    net(t).sum().backward()
    #expect(seen == [0.5, 0.5] && t.gradient?.values == [0.5, 0.5])
  }

  /// test_hook_forward_preforward_writable, test_hook_backward_writeable, and their global twins: relu before, minus after, a doubled
  /// gradient.
  @Test func replacementsAreDifferentiated() throws {
    let net = Sequential(Sigmoid())
    try net.onInput("0") { _, input in relu(input) }
    try net.onForward("0") { _, output in -1 * output }
    try net.onInputGradient("0") { _, gradient in gradient * 2 }
    let input = Tensor([-1, 0.5, 2], shape: [3]).requiringGradient()
    let output = net(input), s = sigmoid(relu(input.detached())).values
    #expect(output.values == s.map { -$0 })
    output.sum().backward()
    let expected = zip(input.values, s).map { $0 > 0 ? -2 * $1 * (1 - $1) : 0 }
    #expect(relativeDifference(input.gradient!.values, expected) < 1e-6)
  }

  /// test_hook_requires_grad, test_hook_last_arg_requires_grad: hooks don't change which inputs are on the tape.
  @Test(arguments: [nil] + HookKind.allCases.map(Optional.some)) func inputsStayOnOrOffTheTape(_ place: HookKind?)
    throws
  {
    final class Three: Module {
      var isOnTape: [Bool] = []

      override func forward(_ a: Tensor, _ b: Tensor, _ c: Tensor) -> Tensor {
        isOnTape = [a.isOnTape, b.isOnTape, c.isOnTape]
        return a.sum() + b.sum() + c.sum()
      }
    }
    let module = Three()
    if let place { try module.onCall("", at: place) { _ in } }
    module(x, x.detached(), x).backward()
    #expect(module.isOnTape == [true, false, true])
    module.removeAllHooks()
  }

  /// test_hook_extra_input, test_hook_cpp, test_hook_backward_size: gradients have the shapes of what they are the gradients of, and are
  /// nil for inputs that are data.
  @Test func shapesOfGradients() throws {
    final class Mixed: Module {
      override func forward(_ inputs: [Tensor]) -> [Tensor] { [inputs[0] * inputs[1].sum(), inputs[2] * 2] }
    }
    let module = Mixed()
    var seen: [String] = []
    for place in [HookKind.outputGradient, .inputGradient] {
      try module.onCall("", at: place) { call in
        seen.append(
          (0..<call.tensors.count).map { call.tensors[$0].map { "\($0.shape)" } ?? "nil" }.joined(separator: " "))
      }
    }
    let outputs = module([samples(2, 3).requiringGradient(), samples(4, 5), samples(1, 6)])
    outputs[0].sum().backward()
    #expect(seen == ["[2, 3] nil", "[2, 3] nil nil"])
    module.removeAllHooks()
  }

  /// test_hook_no_requires_grad, which differs: inputs that are data have no gradients, so a hook on these is not called, and a warning
  /// is printed; `onBackward` is called.
  @Test func inputGradientsOfDataAreReported() async {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let net = Sequential(Linear(5, 3))
      net.initialize(seed: 1)
      var calls = 0
      try net.onBackward("0") { _, _ in
        calls += 1
        return nil
      }
      try net.onInputGradient("0") { _, _ in
        calls += 100
        return nil
      }
      for _ in 0..<3 { net(samples(4, 5)).sum().backward() }
      #expect(calls == 3)
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(
      text.contains("the input gradient hook at “0” was not called: a gradient reached the model's output but not"),
      "\(text)")
  }
}
