import Autodiff
import Foundation
import NeuralNetworks
import Recording
import RunFile
import TestSupport
import Testing

/// Steps whose batch has no rows, as a filter of samples may leave.
@Suite struct EmptyBatchTests {
  private static func net(_ kind: String) -> Module {
    switch kind {
    case "linear": Sequential(Linear(6, 5), ReLU(), Linear(5, 3))
    case "normalized": Sequential(Linear(6, 5), BatchNorm(5), LayerNorm(5), Sigmoid(), Linear(5, 3))
    default: Sequential(Conv2d(1, 4, kernelSize: 3), ReLU(), Flatten(), Linear(64, 3))
    }
  }

  private static func inputs(_ kind: String, rows: Int) -> Tensor {
    let shape: Shape = kind == "image" ? [rows, 6, 6, 1] : [rows, 6]
    return Tensor(sampleValues(shape.elementCount), shape: shape)
  }

  /// A sum of nothing is 0, and so are its gradients. Nothing is recorded of tensors without elements, and nothing is not a number.
  @Test(arguments: ["linear", "normalized", "image"], ["thorough", "everything"])
  func areRecordedAsNothing(_ kind: String, _ probes: String) throws {
    try withTemporaryFolder { folder in
      let trained = try train(kind, probes, in: folder) { $0.squared().sum() }
      #expect(trained.run.steps.map(\.loss.isFinite) == [true, true, true])
      let database = try PlainSQL(folder + "/run.rheo")
      #expect(try database("SELECT * FROM layer WHERE step = 1").isEmpty)
      #expect(try database("SELECT * FROM measure WHERE value = 'NaN'").isEmpty)
      #expect(try database("SELECT * FROM event WHERE kind <> 'warning'").isEmpty)
      #expect(try database("SELECT * FROM layer WHERE step = 2").count == trained.run.sites.count)
      #expect(trained.notices.filter { $0.contains("no samples") }.count == (probes == "everything" ? 3 : 0))
      #expect(trained.values.allSatisfy { $0.isFinite }, "parameters and running statistics")
    }
  }

  /// The mean of no losses is not a number, which is reported as such, and no gradient is.
  @Test func aMeanLossIsReported() throws {
    try withTemporaryFolder { folder in
      let trained = try train("linear", "thorough", in: folder) {
        crossEntropy($0, Array(repeating: 0, count: $0.shape[0]))
      }
      #expect(trained.run.steps.map(\.loss.isNaN) == [false, true, false])
      #expect(trained.notices == ["the loss is nan at step 1; recording continues"])
      #expect(trained.run.events.map(\.text) == ["the loss is nan"])
      #expect(trained.values.allSatisfy { $0.isFinite })
    }
  }

  /// Three steps, the second of which has an empty batch.
  private func train(
    _ kind: String, _ probes: String, in folder: String, _ loss: @escaping (Tensor) -> Tensor
  ) throws -> (run: Run, notices: [String], values: [Float]) {
    let net = Self.net(kind)
    net.initialize(seed: 3)
    let optimizer = SGD(net, learningRate: 0.1)
    var notices: [String] = []
    let recorder = try Recorder(
      net, optimizer, writingTo: folder + "/run.rheo", probes: probes == "thorough" ? .thorough : .everything,
      warn: { notices.append($0) })
    for rows in [4, 0, 4] {
      let computed = loss(net(Self.inputs(kind, rows: rows)))
      computed.backward()
      optimizer.step()
      try recorder.step(loss: computed, again: { loss(net(Self.inputs(kind, rows: rows))) })
    }
    let values = net.parameters.flatMap { $0.parameter.value.values } + net.buffers.flatMap { $0.buffer.value.values }
    return (try recorder.finish(), notices, values)
  }
}
