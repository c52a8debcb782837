import Autodiff
import NeuralNetworks
import TestSupport
import Testing

/// A module with two named inputs and two named outputs: q·k and q + k.
final class QueryAndKey: Module {
  override var inputNames: [String]? { ["query", "key"] }
  override var outputNames: [String]? { ["product", "sum"] }

  override func forward(_ inputs: [Tensor]) -> [Tensor] { [inputs[0] * inputs[1], inputs[0] + inputs[1]] }
}

/// Hooks on all tensors of a call together.
@Suite struct CallHookTests {
  private final class Net: Module {
    let pair = QueryAndKey(), weight = Parameter([3], initializer: .constant(1))

    override func forward(_ x: Tensor) -> Tensor {
      let outputs = pair([x * weight.value, weight.value * 2])
      return (outputs[0] * 10 + outputs[1]).sum()
    }
  }

  private func net() -> Net {
    let net = Net()
    net.initialize(seed: 1)
    return net
  }

  private let x = Tensor([1, 2, 3], shape: [3])

  @Test func tensorsHaveNamesAndTheModule() throws {
    let net = net()
    var seen: [String] = []
    for place in HookKind.allCases {
      try net.onCall("pair", at: place) { [unowned net] call in
        #expect(call.module === net.pair && call.site.path == "pair" && call.site.callIndex == 0)
        let tensors = call.tensors.names.map { "\($0) \(call.tensors[$0]!.values)" }
        seen.append("\(place): \(tensors.joined(separator: ", ")); \(call.inputs.count) \(call.outputGradients.count)")
        if place == .inputGradient { #expect(call.outputGradients["product"]?.values == [10, 10, 10]) }
        if place == .output { #expect(call.inputs["key"]?.values == [2, 2, 2]) }
      }
    }
    net(x).backward()
    #expect(
      seen == [
        "input: query [1.0, 2.0, 3.0], key [2.0, 2.0, 2.0]; 0 0",
        "output: product [2.0, 4.0, 6.0], sum [3.0, 4.0, 5.0]; 2 0",
        "outputGradient: product [10.0, 10.0, 10.0], sum [1.0, 1.0, 1.0]; 0 0",
        "inputGradient: query [21.0, 21.0, 21.0], key [11.0, 21.0, 31.0]; 0 2",
      ])
  }

  @Test func tensorsAreReplacedByName() throws {
    func gradient(_ place: HookKind?, _ hook: @escaping CallHook = { _ in }) throws -> [Float] {
      let net = net()
      if let place { try net.onCall("pair", at: place, hook) }
      net(x).backward()
      return net.weight.gradient!.values
    }
    #expect(try gradient(nil) == [43, 84, 125])
    // The key no longer depends on the weight.
    #expect(try gradient(.input) { $0.tensors["key"] = Tensor([2, 2, 2], shape: [3]) } == [21, 42, 63])
    #expect(try gradient(.output) { $0.tensors["product"] = $0.tensors["product"]! * 0 } == [3, 4, 5])
    #expect(try gradient(.outputGradient) { $0.tensors["product"] = nil } == [3, 4, 5])
    #expect(try gradient(.inputGradient) { $0.tensors["key"] = nil } == [21, 42, 63])
    #expect(try gradient(.inputGradient) { $0.tensors[1] = $0.tensors[0] } == [63, 84, 105])
  }

  /// Hooks on one tensor come before those on the call.
  @Test func orderWithOtherHooks() throws {
    let net = net()
    var seen: [String] = []
    for place in HookKind.allCases {
      try net.onCall("pair", at: place) { call in seen.append("\(place) of call \(call.tensors[0]!.values[0])") }
    }
    func double(_ name: String) -> Hook {
      { site, tensor in
        seen.append("\(name) \(site.tensorIndex)")
        return site.tensorIndex == 0 ? tensor * 2 : nil
      }
    }
    try net.onInput("pair", double("input"))
    try net.onForward("pair", double("output"))
    try net.onBackward("pair", double("outputGradient"))
    try net.onInputGradient("pair", double("inputGradient"))
    net(x).backward()
    #expect(
      seen == [
        "input 0", "input 1", "input of call 2.0", "output 0", "output 1", "output of call 8.0", "outputGradient 1",
        "outputGradient 0", "outputGradient of call 20.0", "inputGradient 1", "inputGradient 0",
        "inputGradient of call 162.0",
      ])
  }

  @Test func modulesWithoutNamesAndOfAKind() throws {
    let net = Sequential(Linear(3, 3), Tanh(), Linear(3, 2))
    net.initialize(seed: 1)
    var seen: [String] = []
    try net.onCall(Linear.self, at: .input) { seen.append("\($0.site.path) \($0.tensors.names)") }
    try net.onCall(where: { path, module in path == "1" && module is Tanh }) {
      seen.append("\($0.site.path) \($0.tensors.count)")
    }
    _ = net(samples(2, 3))
    #expect(seen == ["0 [\"0\"]", "1 1", "2 [\"0\"]"])
  }

  private static let wrong: [(hook: @Sendable (inout ModuleCall) throws -> Void, place: HookKind, words: String)] = [
    ({ $0.tensors["value"] = nil }, .input, "there is no tensor “value”; the names are “query”, “key”"),
    ({ _ = $0.tensors[2] }, .output, "there is no tensor 2 among 2"),
    ({ $0.tensors["key"] = nil }, .input, "“key” is replaced by nil; only a gradient may be nil"),
    (
      { $0.tensors["sum"] = Tensor(1) }, .outputGradient,
      "shapes [] and [3] don't fit: a replacement of “sum” must have the shape"
    ),
  ]
  private static let input = ExitTestInput("wrong-hooks-on-calls")

  @Test(.serialized, arguments: wrong.indices) func wrongReplacementsStop(_ index: Int) async throws {
    try Self.input.set(index)
    defer { Self.input.remove() }
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let index: Int = try CallHookTests.input.value()
      let wrong = CallHookTests.wrong[index], tests = CallHookTests(), net = tests.net()
      try net.onCall("pair", at: wrong.place, wrong.hook)
      net(tests.x).backward()
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains(Self.wrong[index].words), "\(text)")
  }
}
