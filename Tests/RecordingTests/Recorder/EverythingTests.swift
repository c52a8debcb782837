import Autodiff
import Foundation
import NeuralNetworks
import Recording
import RunFile
import TestSupport
import Testing

/// A small net with many kinds of layers.
private final class MixedNet: Module {
  let front = Sequential(
    Conv2d(1, 4, kernelSize: 3, padding: 1), BatchNorm(4), ReLU(), MaxPool2d(kernelSize: 2), Flatten())
  let middle: Sequential
  let head = Linear(12, 3)

  init(checkpointed: Bool) {
    middle = Sequential(
      [Linear(36, 12), LayerNorm(12), Residual(GELU(), Linear(12, 12), scale: 0.5), Dropout(0.3), HookPoint()],
      checkpointed: checkpointed, segments: 2)
  }

  override func forward(_ x: Tensor) -> Tensor { head(middle(front(x))) }
}

private final class TokenNet: Module {
  let table = Embedding(5, 8), head = Linear(8, 3)
  override func forward(_ x: Tensor) -> Tensor { head(tanh(table(x).mean(axes: [1]))) }
}

private final class TwoHeads: Module {
  let trunk = Linear(6, 8), first = Linear(8, 3), second = Linear(8, 3)
  override func forward(_ inputs: [Tensor]) -> [Tensor] {
    let hidden = tanh(trunk(inputs[0]))
    return [first(hidden), second(hidden)]
  }
}

private final class ListNet: Module {
  let trunk = Linear(6, 8), head = Linear(8, 3)
  override func forward(_ inputs: [Tensor]) -> [Tensor] { [head(tanh(trunk(inputs[0])))] }
}

/// A net of numbers with an embedding of positions.
private final class PlacedNet: Module {
  let places = Embedding(6, 1), trunk = Linear(6, 8), head = Linear(8, 3)
  override func forward(_ x: Tensor) -> Tensor {
    head(tanh(trunk(x + places(Tensor([0, 1, 2, 3, 4, 5], shape: [6])).reshaped(6))))
  }
}

/// Token indices that are computed from the input without the tape.
private final class RoundedNet: Module {
  let table = Embedding(5, 8), head = Linear(8, 3)
  override func forward(_ x: Tensor) -> Tensor {
    head(tanh(table(Tensor(x.values.map { abs($0).rounded() }, shape: x.shape)).mean(axes: [1])))
  }
}

@Suite struct EverythingTests {
  private func images(_ step: Int) -> Tensor { Tensor(sampleValues(6 * 36, seed: UInt64(step)), shape: [6, 6, 6, 1]) }

  private func train(
    _ net: Module, steps: Int, _ probes: ProbeSet?, in folder: String, labels: [Int] = [0, 1, 2, 0, 1, 2],
    _ output: @escaping (_ step: Int) -> Tensor
  ) throws -> (losses: [Float], values: [[Float]], run: Run?, notices: [String]) {
    net.initialize(seed: 5)
    let optimizer = Adam(net, learningRate: 0.01)
    var notices: [String] = []
    let recorder = try probes.map {
      try Recorder(net, optimizer, writingTo: folder + "/run.rheo", probes: $0, warn: { notices.append($0) })
    }
    let losses = try (0..<steps).map { step in
      let loss = crossEntropy(output(step), labels)
      loss.backward()
      optimizer.clipGradients(toNorm: 1)
      optimizer.step()
      try recorder?.step(loss: loss, again: { crossEntropy(output(step), labels) })
      return loss.value
    }
    let run = try recorder?.finish()
    #expect(net.modules.allSatisfy { $0.module.isTraining })
    let values = net.parameters.map(\.parameter.value.values) + net.buffers.map(\.buffer.value.values)
    return (losses, values, run, notices)
  }

  /// The names of probes that recorded nothing.
  private func empty(in run: Run) throws -> [String] {
    try ProbeSet.everything.descriptions.map(\.name).filter { name in
      func allAreEmpty(_ quantities: [LayerQuantity]) throws -> Bool {
        try quantities.contains { quantity in
          let found = try run.layers(quantity)
          return !run.sites.indices.contains { site in found.steps.indices.contains { found[site, $0] != nil } }
        }
      }
      return switch name {
      case "activation statistics":
        try allAreEmpty([
          .activationMean, .activationStd, .activationRMS, .activationMin, .activationMax, .zeroFraction,
          .nonfiniteCount,
        ])
      case "gradient statistics": try allAreEmpty([.gradientRMS, .gradientMax, .gradientNonfiniteCount])
      case "weight statistics":
        try WeightQuantity.allCases.contains { quantity in
          let found = try run.weights(quantity)
          return !found.parameters.indices.contains { found.grid.isRecorded(row: $0) }
        }
      case "histograms":
        try ["activation", "gradient", "weight", "weight_gradient"].contains { try run.histograms($0).isEmpty }
      default: try run.measures(MeasureName(rawValue: name)).isEmpty
      }
    }
  }

  @Test(arguments: ["plain", "checkpointed", "bfloat16"]) func trainingUnderEverythingIsBitIdentical(_ way: String)
    throws
  {
    try withTemporaryFolder { folder in
      func trained(_ probes: ProbeSet?) throws -> (losses: [Float], values: [[Float]], run: Run?, notices: [String]) {
        let net = MixedNet(checkpointed: way == "checkpointed")
        defer { #expect(!net.hasHooks) }
        return try train(net, steps: 52, probes, in: folder) { step in
          withPrecision(way == "bfloat16" ? .bfloat16 : .float32) { net(images(step)) }
        }
      }
      let plain = try trained(nil), watched = try trained(.everything)
      #expect(plain.losses == watched.losses && plain.values == watched.values)
      #expect(Set(plain.losses).count == 52, "the net is one that changes")
      #expect(
        watched.notices.allSatisfy { $0.hasPrefix("per-sample gradients leave out ") }, "\(watched.notices)")
      if way == "plain" {
        #expect(watched.notices.allSatisfy { $0.contains("leave out front.1: ") } && watched.notices.count <= 1)
      }
      #expect(try empty(in: try #require(watched.run)).isEmpty, "each probe has noted something")
    }
  }

  /// The user's own hooks, which count and add noise, run as often as without a recorder.
  @Test func userHooksRunAsOftenAsWithoutARecorder() throws {
    try withTemporaryFolder { folder in
      func trained(_ probes: ProbeSet?) throws -> (
        losses: [Float], values: [[Float]], notices: [String], counts: [String: Int]
      ) {
        let net = MixedNet(checkpointed: true)
        var counts: [String: Int] = [:], random = RandomStream(seed: 3, name: "noise")
        func count(_ kind: String) -> Hook {
          { _, _ in
            counts[kind, default: 0] += 1
            return nil
          }
        }
        func noise(_ tensor: Tensor) -> Tensor {
          Tensor(shape: tensor.shape) { for index in $0.indices { $0[index] = 1 + 0.1 * Float(random.uniform()) } }
        }
        let handles = [
          try net.onInput("**", count("input")), try net.onForward("**", count("output")),
          try net.onBackward("**", count("output gradient")), try net.onInputGradient("**", count("input gradient")),
          try net.onParameterGradient("**", count("parameter gradient")),
          try net.onForward("front.2") { _, output in output * noise(output) },
          try net.onForward("middle.1") { _, output in output * noise(output) },
          try net.onBackward("middle.0") { _, gradient in gradient * noise(gradient) },
          try net.onParameterGradient("head.weight") { _, gradient in gradient * noise(gradient) },
        ]
        let found = try train(net, steps: 8, probes, in: folder) { net(images($0)) }
        for handle in handles { handle.remove() }
        #expect(!net.hasHooks)
        return (found.losses, found.values, found.notices, counts)
      }
      let plain = try trained(nil), watched = try trained(.everything)
      #expect(plain.counts == watched.counts && plain.counts.count == 5)
      #expect(plain.losses == watched.losses && plain.values == watched.values)
      #expect(
        watched.notices.filter { !$0.hasPrefix("per-sample gradients") } == [
          "probes call the model without its hooks, so their results ignore the values that the hook at “front.2” replaces"
        ])
    }
  }

  /// The model runs without its hooks also in a user's probe. Hooks that the probe itself adds run.
  @Test func probesCallTheModelWithoutItsHooks() throws {
    final class Caller: Probe {
      let about = ProbeDescription(name: "caller", quantity: "", unit: "", cost: "", source: "")
      let needs: ProbeNeeds = .inputs
      var own = 0, toRemove: HookHandle?, left: HookHandle?
      var outputs: [Float] = []

      func stepDidEnd(_ step: ProbedStep, into results: inout ProbeOutput) throws {
        toRemove?.remove()
        let handle = try step.model.onForward("0") { [unowned self] _, _ in
          own += 1
          return nil
        }
        let output = step.model(step.input!)
        gradients(of: output.sum(), withRespectTo: [step.model.parameters[0].parameter.value])
          .forEach { outputs.append($0.values[0]) }
        handle.remove()
        if left == nil { left = try step.model.onForward("0") { _, _ in nil } }
      }

      func finish(_ report: FinalReport) { _ = report.model(Tensor(repeating: 1, shape: [2, 4])) }
    }
    try withTemporaryFolder { folder in
      let net = Sequential(Linear(4, 3), Linear(3, 2)), caller = Caller(), optimizer = SGD(net, learningRate: 0.1)
      net.initialize(seed: 1)
      var fired = (forward: 0, parameter: 0, removed: 0)
      try net.onForward("0") { _, _ in
        fired.forward += 1
        return nil
      }
      try net.onParameterGradient("0.weight") { _, _ in
        fired.parameter += 1
        return nil
      }
      caller.toRemove = try net.onForward("0") { _, _ in
        fired.removed += 1
        return nil
      }
      let recorder = try Recorder(net, optimizer, writingTo: folder + "/run.rheo", probes: [caller, caller])
      for _ in 0..<3 {
        let loss = net(Tensor(sampleValues(8), shape: [2, 4])).sum()
        loss.backward()
        optimizer.step()
        try recorder.step(loss: loss)
      }
      _ = try recorder.finish()
      #expect(fired == (3, 3, 1) && caller.own == 3 && caller.outputs.count == 3)
      #expect(caller.left != nil && net.hasHooks)
    }
  }

  private static let callers = [
    "similarity_to_final", "input_gradient_norm", "jacobian_largest_singular_value", "gradient_correlation",
  ]

  /// Trains a net without and with every probe. Returns the probes that call the model and recorded something, and the warnings.
  private func callers(
    of make: () -> Module, _ output: @escaping (Module) -> Tensor
  ) throws -> (measures: Set<String>, notices: [String]) {
    try withTemporaryFolder { folder in
      func trained(_ probes: ProbeSet?) throws -> (losses: [Float], values: [[Float]], run: Run?, notices: [String]) {
        let net = make()
        return try train(net, steps: 3, probes, in: folder, labels: [0, 1, 2, 0]) { _ in output(net) }
      }
      let plain = try trained(nil), watched = try trained(.everything)
      #expect(plain.losses == watched.losses && plain.values == watched.values)
      let run = try #require(watched.run)
      return (
        Set(try EverythingTests.callers.filter { try !run.measures(MeasureName(rawValue: $0)).isEmpty }),
        watched.notices.filter { !$0.hasPrefix("per-sample gradients") }.sorted()
      )
    }
  }

  private static var numbers: Tensor { Tensor(sampleValues(24), shape: [4, 6]) }

  private func named(_ probes: [String], _ text: String) -> [String] { probes.map { "\($0) \(text)" } }

  /// Token indices have no gradient, also if they are computed from numbers without the tape.
  @Test func netsOfTokensAreTrained() throws {
    let tokens = Tensor([0, 1, 2, 3, 4, 0, 1, 2], shape: [4, 2])
    let text = "needs gradients of the model's input, and token indices have none, so it is left out"
    let found = try callers(of: { TokenNet() }) { $0(tokens) }
    #expect(found.notices == named(["gradient_correlation", "input_gradient_norm", "jacobian_singular_values"], text))
    #expect(found.measures == ["similarity_to_final"])
    let rounded = try callers(of: { RoundedNet() }) { $0(EverythingTests.numbers * 4) }
    #expect(rounded.notices == named(["gradient_correlation", "jacobian_singular_values"], text))
  }

  /// The indices of positions don't depend on the input.
  @Test func netsOfNumbersWithATableAreProbed() throws {
    let found = try callers(of: { PlacedNet() }) { $0(EverythingTests.numbers) }
    #expect(found.notices.isEmpty && found.measures == Set(EverythingTests.callers))
  }

  @Test func netsThatAreCalledWithAListOfOneAreProbed() throws {
    let found = try callers(of: { ListNet() }) { $0([EverythingTests.numbers])[0] }
    #expect(found.notices.isEmpty && found.measures == Set(EverythingTests.callers), "\(found)")
  }

  @Test func netsWithSeveralOutputsAreTrained() throws {
    let found = try callers(of: { TwoHeads() }) { net in
      let outputs = net([EverythingTests.numbers])
      return outputs[0] + outputs[1]
    }
    #expect(
      found.notices
        == named(
          ["gradient_correlation", "jacobian_singular_values", "similarity_to_final"],
          "needs a model that takes one tensor and returns one tensor, so it is left out"))
    #expect(found.measures == ["input_gradient_norm"])
  }

  @Test func everyProbeHasADescription() {
    let all = ProbeSet.everything.descriptions
    #expect(Set(all.map(\.name)).count == all.count && all.count == 18)
    for probe in all {
      for text in [probe.name, probe.quantity, probe.unit, probe.cost, probe.source] { #expect(!text.isEmpty) }
    }
  }
}
