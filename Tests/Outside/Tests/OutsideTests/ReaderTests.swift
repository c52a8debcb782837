import Foundation
import Rheoscope
import Testing

// begin
/// The largest gradient of each layer over a run, as lines of CSV.
func largestGradients(of run: Run) throws -> [String] {
  let gradients = try run.layers(.gradientMax)
  return ["path,depth,gradient_max"]
    + gradients.sites.indices.compactMap { row in
      gradients.row(row).compactMap { $0 }.max().map {
        "\(gradients.sites[row].path),\(gradients.sites[row].depth),\($0)"
      }
    }
}
// end

@Suite struct ReaderTests {
  @Test func readsARunFile() throws {
    try withTemporaryFolder { folder in
      let model = Sequential(Linear(4, 8), ReLU(), Linear(8, 3))
      model.initialize(seed: 1)
      let optimizer = SGD(model, learningRate: 0.1)
      let recorder = try Recorder(model, optimizer, writingTo: folder + "/run.rheo")
      for batch in Dataset.blobs(samplesPerClass: 20, features: 4, seed: 1).batches(of: 20, seed: 1).prefix(5) {
        let loss = crossEntropy(model(batch.inputs), batch.labels)
        loss.backward()
        optimizer.step()
        try recorder.step(loss: loss)
      }
      _ = try recorder.finish()
      let run = try Run(path: folder + "/run.rheo")
      let lines = try largestGradients(of: run)
      #expect(lines.count == 4 && lines[1].hasPrefix("0,1,") && lines[3].hasPrefix("2,2,"))
      #expect(run.isFinished && run.steps.count == 5)
    }
  }

  @Test func aMissingFileThrows() {
    #expect(throws: RunFileError.self) { try Run(path: "/nowhere/run.rheo") }
  }
}
