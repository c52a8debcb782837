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
