import Autodiff
import NeuralNetworks
import Recording
import RunFile
import TestSupport
import Testing

/// The examples of `Probe`'s doc comment, which use its public interface alone.
private struct BiasMean: Probe {
  let about = ProbeDescription(
    name: "bias_mean", quantity: "mean(b)", unit: "1", cost: "one pass over each bias", source: "my own")

  mutating func stepDidEnd(_ step: ProbedStep, into results: inout ProbeOutput) throws {
    for layer in step.layers {
      guard let bias = layer.parameter("bias") else { continue }
      step.record("bias_mean", Double(bias.value.mean().value), of: layer)
    }
  }
}

private struct LargestGradient: Probe {
  let about = ProbeDescription(
    name: "largest gradient", quantity: "max |g|", unit: "loss / output", cost: "one pass over each gradient",
    source: "my own")

  mutating func observe(gradient g: Tensor, of layer: ProbedLayer, into results: inout ProbeOutput) {
    let largest = Double(g.values.map(abs).max() ?? 0)
    results[.gradientMax] = max(results[.gradientMax] ?? 0, largest)
  }
}

@Suite struct OwnProbeTests {
  /// Two passes per step, so that a column is filled twice.
  private func record(_ probes: ProbeSet, in path: String) throws -> (run: Run, biases: [[Double]]) {
    let net = Sequential(Linear(6, 8, initializer: .heNormal), ReLU(), Linear(8, 3))
    net.initialize(seed: 2)
    let optimizer = SGD(net, learningRate: 0.1)
    let recorder = try Recorder(net, optimizer, writingTo: path, probes: probes)
    var biases: [[Double]] = []
    for step in 0..<4 {
      var total = Tensor(0)
      for pass in 0..<2 {
        let inputs = Tensor(sampleValues(30, seed: UInt64(2 * step + pass)), shape: [5, 6])
        let loss = crossEntropy(net(inputs), [0, 1, 2, 0, 1])
        loss.backward()
        total = total + loss.detached()
      }
      optimizer.step()
      try recorder.step(loss: total)
      biases.append(
        net.parameters.filter { $0.path.hasSuffix("bias") }.map { found in
          let values = found.parameter.value.values.map(Double.init)
          return values.reduce(0, +) / Double(values.count)
        })
    }
    return (try recorder.finish(), biases)
  }

  @Test func aProbeRecordsPerLayerAtTheEndOfAStep() throws {
    try withTemporaryFolder { folder in
      let (run, biases) = try record([BiasMean()], in: folder + "/run.rheo")
      let measures = try run.measures("bias_mean")
      #expect(measures.map(\.step) == [0, 0, 1, 1, 2, 2, 3, 3])
      #expect(
        try measures.map { try #require($0.site) }.map { run.sites[$0].path } == (0..<4).flatMap { _ in ["0", "2"] })
      for (measure, expected) in zip(measures, biases.flatMap { $0 }) {
        #expect(abs(measure.value - expected) < 1e-7 && expected != 0, "step \(measure.step)")
      }
    }
  }

  @Test func aProbeFillsAColumn() throws {
    try withTemporaryFolder { folder in
      let own = try record([LargestGradient()], in: folder + "/own.rheo").run.layers(.gradientMax)
      let standard = try record(.standard, in: folder + "/standard.rheo").run.layers(.gradientMax)
      #expect(own.steps == [0, 1, 2, 3] && own.grid == standard.grid)
      #expect(own.row(0).allSatisfy { $0! > 0 })
    }
  }
}
