import Autodiff
import NeuralNetworks
import TestSupport
import Testing

/// Every kind of hook on every awkward model: the number of calls is right, and a replacement takes effect.
@Suite struct AwkwardModelTests {
  typealias Attach = @Sendable (Module, String, @escaping Hook, HookOptions) throws -> HookHandle

  struct Kind: CustomStringConvertible, Sendable {
    let description: String
    let attaching: Attach
    /// Attaches at all linear layers.
    let attachByKind: @Sendable (Module, @escaping Hook) throws -> HookHandle
    let count: @Sendable (AwkwardModel) -> Int
    var isOfGradients = true

    @discardableResult
    func attach(
      _ net: Module, _ path: String, _ hook: @escaping Hook, _ options: HookOptions = []
    ) throws -> HookHandle { try attaching(net, path, hook, options) }
  }

  /// Hooks on one tensor, and those on all tensors of a call together.
  static let kinds = kindsOfOneTensor + kindsOfCalls

  /// Passes the tensors of a call to `hook` one after the other.
  private static func each(_ hook: @escaping Hook) -> CallHook {
    { call in
      for index in 0..<call.tensors.count {
        guard let tensor = call.tensors[index], let new = try hook(call.site(at: index), tensor) else { continue }
        call.tensors[index] = new
      }
    }
  }

  private static let kindsOfCalls = zip(HookKind.allCases, kindsOfOneTensor).map { place, ofOneTensor in
    Kind(
      description: "\(ofOneTensor) of calls",
      attaching: { try $0.onCall($1, at: place, options: $3, each($2)) },
      attachByKind: { try $0.onCall(Linear.self, at: place, each($1)) }, count: ofOneTensor.count,
      isOfGradients: ofOneTensor.isOfGradients)
  }

  private static let kindsOfOneTensor = [
    Kind(
      description: "input", attaching: { try $0.onInput($1, options: $3, $2) },
      attachByKind: { try $0.onInput(Linear.self, $1) },
      count: { $0.inputs }, isOfGradients: false),
    Kind(
      description: "output", attaching: { try $0.onForward($1, options: $3, $2) },
      attachByKind: { try $0.onForward(Linear.self, $1) }, count: { $0.outputs }, isOfGradients: false),
    Kind(
      description: "input gradient", attaching: { try $0.onInputGradient($1, options: $3, $2) },
      attachByKind: { try $0.onInputGradient(Linear.self, $1) }, count: { $0.inputGradients }),
    Kind(
      description: "output gradient", attaching: { try $0.onBackward($1, options: $3, $2) },
      attachByKind: { try $0.onBackward(Linear.self, $1) }, count: { $0.outputGradients }),
    Kind(
      description: "parameter gradient",
      attaching: { try $0.onParameterGradient($1.isEmpty ? "weight" : $1 + ".weight", options: $3, $2) },
      attachByKind: { try $0.onParameterGradient(Linear.self, $1) }, count: { $0.parameterGradients }),
  ]

  /// The gradients of all parameters after a step, by path, and the number of calls of the hook.
  private func step(_ model: AwkwardModel, _ kind: Kind?, _ hook: @escaping Hook = { _, _ in nil }) throws -> (
    gradients: [[Float]], fired: [HookSite]
  ) {
    let net = model.make()
    let wasTraining = net.isTraining
    net.initialize(seed: 3)
    if !wasTraining { net.evaluate() }
    var fired: [HookSite] = []
    let handle = try kind.map {
      try $0.attach(net, model.path) { site, tensor in
        fired.append(site)
        return try hook(site, tensor)
      }
    }
    model.backward(net)
    handle?.remove()
    #expect(!net.hasHooks)
    return (net.parameters.map { $0.parameter.gradient?.values ?? [] }, fired)
  }

  @Test(arguments: AwkwardModel.all, kinds) func hooksAreCalledAndReplace(_ model: AwkwardModel, _ kind: Kind) throws {
    guard kind.count(model) > 0 || !kind.description.hasPrefix("parameter") else { return }
    let plain = try step(model, nil)
    let watched = try step(model, kind)
    #expect(watched.gradients == plain.gradients)
    #expect(
      watched.fired.count == kind.count(model) * model.passes
        * (kind.isOfGradients ? model.backwardPasses : model.forwards))
    let calls = Set(watched.fired.map { [$0.callIndex, $0.tensorIndex] })
    #expect(
      calls.count == kind.count(model), "each call of the hook in a pass is for another call or tensor: \(calls)")
    guard kind.count(model) > 0 else { return }
    let replaced = try step(model, kind) { _, tensor in tensor * 1 }
    #expect(replaced.gradients == plain.gradients, "replacing a tensor by itself changes nothing")
    // Doubling an input or a gradient changes some parameter's gradient.
    #expect(try step(model, kind) { _, tensor in tensor * 2 }.gradients != plain.gradients)
  }

  @Test(arguments: AwkwardModel.all) func optimizerHooksAreCalled(_ model: AwkwardModel) throws {
    let net = model.make(), optimizers = try model.optimizers(net)
    net.initialize(seed: 3)
    var seen: [String] = []
    let handles = optimizers.flatMap {
      [
        $0.beforeStep { optimizer in
          seen.append("before: \(optimizer.parameters.contains { $0.gradient != nil })")
          for parameter in optimizer.parameters { parameter.gradient = parameter.gradient.map { $0 * 0 } }
        },
        $0.afterStep { optimizer in
          seen.append("after: \(optimizer.parameters.contains { $0.gradient != nil })")
        },
      ]
    }
    let before = net.parameters.map { $0.parameter.value.values }
    model.backward(net)
    model.step(optimizers)
    #expect(seen == optimizers.flatMap { _ in ["before: true", "after: false"] })
    #expect(net.parameters.map { $0.parameter.value.values } == before, "gradients were replaced by zeros")
    for handle in handles { handle.remove() }
    model.backward(net)
    model.step(optimizers)
    #expect(seen.count == 2 * optimizers.count)
    #expect(net.parameters.map { $0.parameter.value.values } != before)
  }

  @Test(arguments: AwkwardModel.all, kinds)
  func withoutGradientsOnlyHooksOnInputsAndOutputsAreCalled(_ model: AwkwardModel, _ kind: Kind) throws {
    guard kind.count(model) > 0 else { return }
    let net = model.make()
    net.initialize(seed: 3)
    var fired = 0
    let handle = try kind.attach(net, model.path) { _, _ in
      fired += 1
      return nil
    }
    _ = withoutGradients { model.loss(net) }
    #expect(fired == (kind.isOfGradients ? 0 : kind.count(model) * model.forwards))
    handle.remove()
  }

  @Test func accumulatedGradientsAreSeenEachTime() throws {
    for model in AwkwardModel.all where model.parameterGradients == 1 {
      let net = model.make()
      net.initialize(seed: 3)
      if model.description.contains("evaluation") { net.evaluate() }
      var norms: [Float] = []
      try net.onParameterGradient(model.path.isEmpty ? "weight" : model.path + ".weight") { _, gradient in
        norms.append(gradient.rms)
        return nil
      }
      for _ in 0..<3 { model.loss(net).backward() }
      #expect(norms.count == 3 && norms[0] == norms[1] && norms[1] == norms[2], "\(model): \(norms)")
    }
  }

  /// Hooks get the gradients of the unscaled loss.
  @Test func hooksGetGradientsWithoutTheLossScale() throws {
    func seen(_ scaler: LossScaler?) throws -> [[Float]] {
      let net = Sequential(Linear(5, 5), Tanh(), Linear(5, 5)), optimizer = SGD(net, learningRate: 0.1)
      net.initialize(seed: 3)
      var seen: [[Float]] = []
      try net.onBackward("1") { _, gradient in
        seen.append(gradient.values)
        return gradient * 2
      }
      try net.onInputGradient("2") { _, gradient in
        seen.append(gradient.values)
        return nil
      }
      try net.onParameterGradient("2.weight") { _, gradient in
        seen.append(gradient.values)
        return gradient * 4
      }
      optimizer.beforeStep { optimizer in seen += optimizer.parameters.map { $0.gradient!.values } }
      let loss = net(samples(4, 5)).mean()
      if let scaler {
        scaler.scaled(loss).backward()
        #expect(scaler.step(optimizer))
      } else {
        loss.backward()
        optimizer.step()
      }
      return seen
    }
    // Powers of two scale without rounding.
    #expect(try seen(LossScaler(scale: 1024)) == seen(nil))
  }
}
