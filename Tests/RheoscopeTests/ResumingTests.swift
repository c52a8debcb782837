import Rheoscope
import TestSupport
import Testing

/// Drops a tenth of its inputs.
private final class Holes: Module {
  private let source = RandomSource()

  override func forward(_ x: Tensor) -> Tensor {
    x
      * source.draw { stream in
        Tensor(shape: x.shape) { values in for i in values.indices { values[i] = stream.uniform() < 0.1 ? 0 : 1 / 0.9 }
        }
      }
  }
}

@Suite struct ResumingTests {
  private let data = Dataset.blobs(samplesPerClass: 31, seed: 2).split(testFraction: 0.2, seed: 1).train.standardized()

  private func training() -> (Module, Optimizer) {
    let model = Sequential(Linear(2, 16), ReLU(), Holes(), Linear(16, 3))
    model.initialize(seed: 7)
    let optimizer = AdamW(model, learningRate: 0.01)
    optimizer.schedule = .oneCycle(over: 100)
    return (model, optimizer)
  }

  private func losses(_ model: Module, _ optimizer: Optimizer, _ batches: some Sequence<Batch>) -> [Float] {
    batches.map { batch in
      let loss = crossEntropy(model(batch.inputs), batch.labels)
      loss.backward()
      optimizer.clipGradients(toNorm: 1)
      optimizer.step()
      return loss.value
    }
  }

  /// Model, optimizer and data together, with an interruption in the middle of an epoch.
  @Test func aTrainingGoesOnAsIfItHadNeverStopped() throws {
    let batches = data.batches(of: 16, seed: 7)
    let (model, optimizer) = training()
    let whole = losses(model, optimizer, batches.prefix(100))
    #expect(whole.last! < whole[0])
    try withTemporaryFolder { folder in
      let path = folder + "/training.safetensors"
      do {
        let (model, optimizer) = training()
        _ = losses(model, optimizer, batches.prefix(50))
        try TrainingState(step: 50).save(model, optimizer, to: path)
      }
      let (model, optimizer) = training()
      let state = try TrainingState(restoring: model, optimizer, from: path)
      let rest = batches.starting(at: state.batchPosition).prefix(100 - state.step)
      #expect(losses(model, optimizer, rest) == Array(whole[50...]))
    }
  }
}
