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

  @Test(arguments: ["linear", "normalized", "image"], ["thorough", "everything"])
  func areRecordedAsNothing(_ kind: String, _ probes: String) throws {
    try withTemporaryFolder { folder in
      let net = Self.net(kind), path = folder + "/run.rheo"
      net.initialize(seed: 3)
      let optimizer = SGD(net, learningRate: 0.1)
      var notices: [String] = []
      let recorder = try Recorder(
        net, optimizer, writingTo: path, probes: probes == "thorough" ? .thorough : .everything,
        warn: { notices.append($0) })
      for rows in [4, 0, 4] {
        func loss() -> Tensor { net(Self.inputs(kind, rows: rows)).squared().sum() }
        let computed = loss()
        computed.backward()
        optimizer.step()
        try recorder.step(loss: computed, again: loss)
      }
      let run = try recorder.finish()
      print("NOTICES", kind, probes, notices)
      let database = try PlainSQL(path)
      for table in ["layer", "weight", "measure", "scalar", "fact", "event", "histogram"] {
        for row in try database("SELECT * FROM \(table) WHERE step = 1") { print("ROW", kind, probes, table, row) }
      }
      #expect(run.steps.count == 3)
    }
  }
}
