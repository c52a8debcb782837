import Autodiff
import Foundation
import NeuralNetworks
import Recording
import RunFile
import TestSupport
import Testing

/// A small net with something of everything.
private final class MixedNet: Module {
  let front = Sequential(Conv2d(1, 4, window: 3, padding: 1), BatchNorm(4), ReLU(), MaxPool2d(window: 2), Flatten())
  let middle = Sequential(
    Linear(36, 12), LayerNorm(12), Residual(GELU(), Linear(12, 12), scale: 0.5), Dropout(0.3), HookPoint())
  let head = Linear(12, 3)
  override func forward(_ x: Tensor) -> Tensor { head(middle(front(x))) }
}

@Suite struct EverythingTests {
  private func train(steps: Int, _ probes: ProbeSet?, in folder: String) throws -> (
    losses: [Float], values: [[Float]], run: Run?
  ) {
    let net = MixedNet()
    net.initialize(seed: 5)
    let optimizer = Adam(net, learningRate: 0.01)
    var notices: [String] = []
    let recorder = try probes.map {
      try Recorder(net, optimizer, writingTo: folder + "/run.rheo", probes: $0, notice: { notices.append($0) })
    }
    let losses = try (0..<steps).map { step in
      let inputs = Tensor(sampleValues(6 * 36, seed: UInt64(step)), shape: [6, 6, 6, 1]), labels = [0, 1, 2, 0, 1, 2]
      let loss = crossEntropy(net(inputs), labels)
      loss.backward()
      optimizer.clipGradients(toNorm: 1)
      optimizer.step()
      try recorder?.step(loss: loss, again: { crossEntropy(net(inputs), labels) })
      return loss.value
    }
    let run = try recorder?.finish()
    #expect(net.hooksAreAbsent && net.modules.allSatisfy { $0.module.isTraining })
    #expect(notices.allSatisfy { $0.hasPrefix("gradients of single samples leave out front.1,") } && notices.count <= 1)
    let values = net.parameters.map(\.parameter.value.values) + net.statistics.map(\.statistic.value.values)
    return (losses, values, run)
  }

  @Test func trainingUnderEverythingIsBitIdentical() throws {
    try withTemporaryFolder { folder in
      let plain = try train(steps: 52, nil, in: folder)
      let watched = try train(steps: 52, .everything, in: folder)
      #expect(plain.losses == watched.losses && plain.values == watched.values)
      #expect(Set(plain.losses).count == 52, "the net is one that changes")
      let run = try #require(watched.run)
      let empty = try ProbeSet.everything.descriptions.map(\.name).filter { name in
        try !["activation statistics", "gradient statistics", "weight statistics", "histograms"].contains(name)
          ? run.measures(name).isEmpty : false
      }
      #expect(empty.isEmpty, "each probe has noted something")
    }
  }

  /// Nets that can't be called with one tensor of numbers train under every probe all the same.
  @Test func netsThatProbesCanNotCallAreTrained() throws {
    final class TokenNet: Module {
      let table = Embedding(5, 8), head = Linear(8, 3)
      override func forward(_ x: Tensor) -> Tensor { head(table(x).mean(axes: [1])) }
    }
    final class TwoHeads: Module {
      let trunk = Linear(6, 8), first = Linear(8, 3), second = Linear(8, 3)
      override func forward(_ inputs: [Tensor]) -> [Tensor] {
        let hidden = tanh(trunk(inputs[0]))
        return [first(hidden), second(hidden)]
      }
    }
    let labels = [0, 1, 2, 0]
    func train(_ net: Module, _ output: @escaping () -> Tensor) throws -> (measures: Set<String>, notices: [String]) {
      try withTemporaryFolder { folder in
        net.initialize(seed: 5)
        let optimizer = SGD(net, learningRate: 0.1)
        var notices: [String] = []
        let recorder = try Recorder(
          net, optimizer, writingTo: folder + "/run.rheo", probes: .everything, notice: { notices.append($0) })
        for _ in 0..<3 {
          let loss = crossEntropy(output(), labels)
          loss.backward()
          optimizer.step()
          try recorder.step(loss: loss, again: { crossEntropy(output(), labels) })
        }
        let run = try recorder.finish()
        let names = ["similarity_to_final", "input_gradient_norm", "jacobian_largest_singular_value"]
        return (Set(try names.filter { try !run.measures($0).isEmpty }), notices.sorted())
      }
    }
    let tokens = Tensor([0, 1, 2, 3, 4, 0, 1, 2], shape: [4, 2]), tokenNet = TokenNet()
    let named = try train(tokenNet) { tokenNet(tokens) }
    #expect(
      named.notices
        == ["gradient_correlation", "input_gradient_norm", "jacobian_singular_values"].map {
          "\($0) differentiates by the model's input, and names of rows, as an Embedding takes them, have no derivative, so it "
            + "is left out"
        })
    #expect(named.measures == ["similarity_to_final"])
    let numbers = Tensor(sampleValues(24), shape: [4, 6]), heads = TwoHeads()
    let listed = try train(heads) {
      let outputs = heads([numbers])
      return outputs[0] + outputs[1]
    }
    #expect(
      listed.notices
        == ["gradient_correlation", "jacobian_singular_values", "similarity_to_final"].map {
          "\($0) needs a model that is called with one input and puts out one tensor, and this one is not"
        })
    #expect(listed.measures == ["input_gradient_norm"])
  }

  @Test func everyProbeSaysWhatItMeasures() {
    let all = ProbeSet.everything.descriptions
    #expect(Set(all.map(\.name)).count == all.count && all.count == 18)
    for probe in all {
      for text in [probe.name, probe.quantity, probe.unit, probe.cost, probe.source] { #expect(!text.isEmpty) }
    }
  }

  /// In a process of its own, whose memory nobody else uses.
  @Test func manyRecordedStepsLeaveMemoryFlat() async {
    await #expect(processExitsWith: .success) {
      try withTemporaryFolder { folder in
        func resident() throws -> Int {
          let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")[1]
          return Int(pages)! * sysconf(Int32(_SC_PAGESIZE))
        }
        let net = Sequential(Linear(3, 4), ReLU(), Linear(4, 2))
        net.initialize(seed: 0)
        let optimizer = SGD(net, learningRate: 0.01)
        let probes = ProbeSet.standard + ProbeSet.thorough.every(16) + ProbeSet.everything.every(400)
        let recorder = try Recorder(net, optimizer, writingTo: folder + "/run.rheo", probes: probes, notice: { _ in })
        let inputs = Tensor(sampleValues(12), shape: [4, 3]), labels = [0, 1, 1, 0]
        var before = 0
        for step in 1...8_000 {
          let loss = crossEntropy(net(inputs), labels)
          loss.backward()
          optimizer.step()
          try recorder.step(loss: loss, again: { crossEntropy(net(inputs), labels) })
          if step == 3_000 { before = try resident() }
        }
        let growth = try resident() - before
        _ = try recorder.finish()
        try #require(growth < 2 << 20, "\(growth) bytes in 5,000 steps")
      }
    }
  }
}
