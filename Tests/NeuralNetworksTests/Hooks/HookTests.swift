import Autodiff
import Foundation
import NeuralNetworks
import Support
import TestSupport
import Testing

@Suite struct HookTests {
  private let inputs = Tensor(sampleValues(20), shape: [4, 5])

  private func net() -> Sequential {
    let net = Sequential(Linear(5, 6), Residual(ReLU(), Linear(6, 6), scale: 0.5), HookPoint(), Linear(6, 3))
    net.initialize(seed: 4)
    return net
  }

  private func loss(_ net: Module) -> Tensor { crossEntropy(net(inputs), [0, 1, 2, 0]) }

  @Test func hooksObserveWithoutChangingTheLoss() throws {
    let net = net()
    let plain = loss(net)
    var forward: [String] = [], backward: [String] = [], parameters: [String] = []
    try net.onForward("**") { site, output in
      forward.append("\(site.path) \(site.kind) \(output.shape)")
      return nil
    }
    try net.onBackward("**") { site, gradient in
      backward.append("\(site.path) \(gradient.shape)")
      return nil
    }
    try net.onParameterGradient("**.weight") { site, gradient in
      parameters.append("\(site.path) \(gradient.shape)")
      return nil
    }
    let watched = loss(net)
    watched.backward()
    #expect(watched.value == plain.value)
    #expect(
      forward == [
        "0 Linear [4, 6]", "1.0 ReLU [4, 6]", "1.1 Linear [4, 6]", "1 Residual [4, 6]", "2 HookPoint [4, 6]",
        "3 Linear [4, 3]",
        " Sequential [4, 3]",
      ])
    #expect(backward == [" [4, 3]", "3 [4, 3]", "2 [4, 6]", "1 [4, 6]", "1.1 [4, 6]", "1.0 [4, 6]", "0 [4, 6]"])
    #expect(Set(parameters) == ["0.weight [6, 5]", "1.1.weight [6, 6]", "3.weight [3, 6]"])
  }

  @Test func gradientsOfParametersAreHookedByKind() throws {
    func gradients(_ hook: Hook?) throws -> [String: [Float]] {
      let net = self.net()
      if let hook { try net.onParameterGradient(Linear.self, hook) }
      loss(net).backward()
      return Dictionary(uniqueKeysWithValues: net.parameters.map { ($0, $1.gradient!.values) })
    }
    var seen: [String] = []
    let plain = try gradients(nil)
    let hooked = try gradients { site, gradient in
      seen.append("\(site.path) \(site.kind) \(gradient.shape)")
      return site.path == "0.bias" ? gradient * 2 : nil
    }
    #expect(
      seen.sorted()
        == ["0", "1.1", "3"].flatMap { path in
          let outputs = path == "3" ? 3 : 6, inputs = path == "0" ? 5 : 6
          return ["\(path).bias Parameter [\(outputs)]", "\(path).weight Parameter [\(outputs), \(inputs)]"]
        })
    for (path, values) in hooked { #expect(values == plain[path]!.map { path == "0.bias" ? 2 * $0 : $0 }, "\(path)") }
    let net = self.net()
    #expect(throws: HookError.self) { try net.onParameterGradient(Conv2d.self) { _, _ in nil } }
    let error = try #require(#expect(throws: HookError.self) { try net.onParameterGradient(ReLU.self) { _, _ in nil } })
    #expect("\(error)" == "no parameter of a module of the kind matches “ReLU”; did you mean “Linear”?")
    #expect(!net.hasHooks)
  }

  /// They see and replace the same tensors as hooks by path.
  @Test(arguments: AwkwardModelTests.kinds) func hooksAreAttachedByKindOfLayer(_ kind: AwkwardModelTests.Kind) throws {
    let expected = [
      "input": ["0 Linear [4, 5]", "1.1 Linear [4, 6]", "3 Linear [4, 6]"],
      "output": ["0 Linear [4, 6]", "1.1 Linear [4, 6]", "3 Linear [4, 3]"],
      "output gradient": ["3 Linear [4, 3]", "1.1 Linear [4, 6]", "0 Linear [4, 6]"],
      // The first layer's inputs are data, which have no gradient.
      "input gradient": ["3 Linear [4, 6]", "1.1 Linear [4, 6]"],
      "parameter gradient": [
        "0.bias Parameter [6]", "0.weight Parameter [6, 5]", "1.1.bias Parameter [6]", "1.1.weight Parameter [6, 6]",
        "3.bias Parameter [3]", "3.weight Parameter [3, 6]",
      ],
    ][kind.description.replacingOccurrences(of: " of calls", with: "")]!
    func gradients(_ attach: (Module, @escaping Hook) throws -> Void) throws -> (seen: [String], all: [[Float]]) {
      let net = self.net()
      var seen: [String] = []
      try attach(net) { site, tensor in
        seen.append("\(site.path) \(site.kind) \(tensor.shape)")
        return site.path.hasSuffix("bias") ? nil : tensor * 2
      }
      loss(net).backward()
      let ordered = kind.description == "parameter gradient" ? seen.sorted() : seen
      return (ordered, net.parameters.map { $0.parameter.gradient!.values })
    }
    let byKind = try gradients { _ = try kind.attachByKind($0, $1) }
    let byPath = try gradients { net, hook in for path in ["0", "1.1", "3"] { _ = try kind.attach(net, path, hook) } }
    #expect(byKind.seen == expected)
    #expect(byKind.all == byPath.all)
    #expect(try byKind.all != gradients { _, _ in }.all)
    let bare = Sequential(Tanh())
    let error = #expect(throws: HookError.self) { _ = try kind.attachByKind(bare) { _, _ in nil } }
    #expect(error?.description.hasPrefix("no module of the kind matches “Linear”") == true)
    #expect(!bare.hasHooks)
  }

  @Test func hooksReplaceTensors() throws {
    let net = net()
    loss(net).backward()
    let before = net.parameters.map { $0.parameter.gradient!.values }
    for (_, parameter) in net.parameters { parameter.gradient = nil }
    let handles = [
      try net.onBackward("3") { _, gradient in gradient * 0.5 },
      try net.onParameterGradient("0.weight") { _, gradient in gradient * 4 },
      try net.onForward("2") { _, output in output * 1 },
    ]
    loss(net).backward()
    for ((path, parameter), old) in zip(net.parameters, before) {
      let factor: Float = path == "0.weight" ? 2 : 0.5
      #expect(relativeDifference(parameter.gradient!.values, old.map { factor * $0 }) < 1e-6, "\(path)")
      parameter.gradient = nil
    }
    for handle in handles { handle.remove() }
    loss(net).backward()
    for ((_, parameter), old) in zip(net.parameters, before) { #expect(parameter.gradient!.values == old) }
  }

  /// Each hook gets the replacement of the one before.
  @Test(arguments: AwkwardModelTests.kinds)
  func hooksAreCalledInTheOrderOfAttachment(_ kind: AwkwardModelTests.Kind) throws {
    let net = Sequential(Linear(5, 5), Linear(5, 5))
    net.initialize(seed: 4)
    var seen: [(name: String, values: [Float])] = []
    let handles = try ["a", "b", "c"].map { name in
      try kind.attach(net, "1") { _, tensor in
        seen.append((name, tensor.values))
        return tensor * 2
      }
    }
    net(inputs).sum().backward()
    #expect(seen.map(\.name) == ["a", "b", "c"])
    for place in 1..<3 { #expect(seen[place].values == seen[place - 1].values.map { 2 * $0 }) }
    seen = []
    handles[1].remove()
    net(inputs).sum().backward()
    #expect(seen.map(\.name) == ["a", "c"] && seen[1].values == seen[0].values.map { 2 * $0 })
  }

  @Test(arguments: ["before", "after"])
  func optimizerHooksAreCalledInTheOrderOfAttachment(_ when: String) throws {
    let net = net(), optimizer = SGD(net, learningRate: 0.1), parameter = net.parameters[0].parameter
    var seen: [(name: String, values: [Float])] = []
    let handles = ["a", "b", "c"].map { name in
      let hook = { (_: Optimizer) in
        let shown = when == "before" ? parameter.gradient! : parameter.value
        seen.append((name, shown.values))
        if when == "before" { parameter.gradient = shown * 2 } else { parameter.set(shown.detached() * 2) }
      }
      return when == "before" ? optimizer.beforeStep(hook) : optimizer.afterStep(hook)
    }
    func step() {
      seen = []
      loss(net).backward()
      optimizer.step()
    }
    step()
    #expect(seen.map(\.name) == ["a", "b", "c"])
    for place in 1..<3 { #expect(seen[place].values == seen[place - 1].values.map { 2 * $0 }) }
    handles[1].remove()
    step()
    #expect(seen.map(\.name) == ["a", "c"] && seen[1].values == seen[0].values.map { 2 * $0 })
  }

  @Test func callsOfARepeatedModuleHaveIndices() throws {
    let cell = Linear(5, 5)
    let net = Sequential(cell, Tanh(), cell, Tanh(), cell)
    net.initialize(seed: 1)
    var calls: [Int] = []
    try net.onForward("0") { site, _ in
      calls.append(site.callIndex)
      return nil
    }
    for _ in 0..<2 { _ = net(inputs) }
    #expect(calls == [0, 1, 2, 0, 1, 2])
  }

  @Test func aPatternThatMatchesNothingNamesTheNearest() {
    let error = #expect(throws: HookError.self) { try self.net().onForward("1.7") { _, _ in nil } }
    #expect(error?.description.hasPrefix("no module matches “1.7”; did you mean “1.0”, “1.1”") == true)
    #expect(throws: HookError.self) { try self.net().onParameterGradient("0.wieght") { _, _ in nil } }
  }

  @Test(arguments: [
    ("*", "0", true), ("*", "0.1", false), ("**", "", true), ("**", "a.b.c", true), ("a.**", "a.b.c", true),
    ("a.*.c", "a.b.c", true),
    ("**.weight", "a.b.weight", true), ("**.weight", "weight", true), ("**.weight", "a.bias", false),
    ("conv*.0", "conv12.0", true),
    ("a.*", "a", false), ("a.**", "a", true), ("**.b.**", "a.b.c", true), ("**.b.**", "a.c", false),
  ])
  func patterns(_ pattern: String, _ path: String, _ fits: Bool) {
    #expect(PathPattern(pattern).matches(path) == fits)
  }

  @Test func removedHooksUseNoMemory() throws {
    let net = net()
    let before = TensorMemory.inUse
    for _ in 0..<1000 {
      let handle = try net.onForward("**") { _, _ in nil }
      _ = withoutGradients { net(inputs) }
      handle.remove()
    }
    #expect(TensorMemory.inUse == before)
  }

  /// Hooks may be attached and removed between a checkpointed forward pass and its backward pass.
  @Test func hooksMayChangeBetweenTheRunsOfACheckpoint() throws {
    func gradients(_ attach: (Module) throws -> Void) throws -> [[Float]] {
      let net = Sequential([Linear(5, 5), Dropout(0.5), Linear(5, 5), Tanh()], checkpointed: true, segments: 1)
      net.initialize(seed: 2)
      try attach(net)
      let loss = net(inputs).sum()
      try attach(net)
      loss.backward()
      return net.parameters.map { $0.parameter.gradient!.values }
    }
    let plain = try gradients { _ in }
    var handles: [HookHandle] = []
    let changing = try gradients { net in
      var handle: HookHandle?
      defer { handles.append(handle!) }
      handle = try net.onForward("*") { _, output in
        handle?.remove()
        return output * 1
      }
      try net.onInput("1") { _, _ in nil }
      try net.onBackward("0") { _, gradient in gradient * 1 }
    }
    for handle in handles { handle.remove() }
    #expect(changing == plain)
  }

  /// When a checkpoint is recomputed, replacements of inputs and outputs are repeated, and observing hooks are not called.
  @Test(arguments: AwkwardModelTests.kinds)
  func replacementsAreRepeatedInCheckpointsAndObservationsAreNot(_ kind: AwkwardModelTests.Kind) throws {
    func step(_ isCheckpointed: Bool, replacing: Bool = true) throws -> (calls: [String: Int], gradients: [[Float]]) {
      let net = Sequential(
        [Linear(5, 5), Dropout(0.5), Linear(5, 5), Tanh()], checkpointed: isCheckpointed, segments: 1)
      net.initialize(seed: 2)
      var calls: [String: Int] = [:]
      for name in ["observer", "replacement", "observer after it"] {
        _ = try kind.attach(net, "2") { _, tensor in
          calls[name, default: 0] += 1
          return replacing && name == "replacement" ? tensor * tensor : nil
        }
      }
      for _ in 0..<2 { net(inputs).sum().backward() }
      return (calls, net.parameters.map { $0.parameter.gradient!.values })
    }
    let whole = try step(false), again = try step(true)
    #expect(whole.calls == ["observer": 2, "replacement": 2, "observer after it": 2])
    #expect(again.calls == ["observer": 2, "replacement": kind.isOfGradients ? 2 : 4, "observer after it": 2])
    #expect(again.gradients == whole.gradients)
    #expect(try step(true, replacing: false).gradients != whole.gradients)
  }

  /// A module that returns a parameter: hooks must not accumulate on the parameter.
  @Test func hooksOnAReturnedParameterAreCalledOncePerStep() throws {
    final class Places: Module {
      let table = Parameter([4, 5], initializer: .leCunNormal)

      override func forward(_ x: Tensor) -> Tensor { table.value }
    }
    let net = Sequential(Places(), Linear(5, 2))
    net.initialize(seed: 1)
    var seen = 0
    let handle = try net.onBackward("0") { _, _ in
      seen += 1
      return nil
    }
    for step in 1...5 {
      net(inputs).sum().backward()
      #expect(seen == step)
    }
    handle.remove()
    net(inputs).sum().backward()
    #expect(seen == 5)
  }

  @Test func aReplacedModuleIsFoundByInitialization() throws {
    final class Net: Module {
      var head: Module = Linear(5, 3)

      override func forward(_ x: Tensor) -> Tensor { head(x) }
    }
    let net = Net()
    net.initialize(seed: 1)
    net.head = Sequential(Linear(5, 4), Linear(4, 3))
    net.initialize(seed: 1)
    #expect(net.parameters.map(\.path) == ["head.0.weight", "head.0.bias", "head.1.weight", "head.1.bias"])
    #expect(net(inputs).shape == [4, 3])
  }
}
