import Foundation
import Rheoscope
import Testing

// Short pieces of code that articles show.

private func recordScalars(
  _ model: Module, _ encoderOptimizer: Optimizer, _ headOptimizer: Optimizer, _ validation: Dataset, _ loss: Double,
  to path: String
) throws -> Run {
  // begin scalars
  let recorder = try Recorder(model, [encoderOptimizer, headOptimizer], writingTo: path)
  try recorder.record("validation_loss", loss)
  try recorder.record(Evaluation("validation", of: model, on: validation))
  // end scalars
  return try recorder.finish()
}

private func chooseProbes(_ model: Module, _ optimizer: Optimizer, _ batch: Batch, to path: String) throws -> Run {
  // begin probes
  let recorder = try Recorder(
    model, optimizer, writingTo: path,
    probes: .standard + ProbeSet(GradientNoise()).every(10) + ProbeSet(HessianTopEigenvalue()).on(.logarithmic()))
  func loss() -> Tensor { crossEntropy(model(batch.inputs), batch.labels) }
  // end probes
  for _ in 0..<12 {
    // begin again
    let value = loss()
    value.backward()
    optimizer.step()
    try recorder.step(loss: value, again: loss)
    // end again
  }
  return try recorder.finish()
}

private func observeTensors(_ first: Tensor, _ second: Tensor, _ x: Tensor, to path: String) throws -> Run {
  // begin observe
  let recorder = try Recorder(writingTo: path)
  let hidden = tanh(matmul(x, first))
  recorder.observe("hidden", hidden)
  let output = matmul(hidden, second)
  recorder.observe("output", output)
  let loss = output.squared().mean()
  loss.backward()
  try recorder.step(loss: loss)
  let run = try recorder.finish()
  // end observe
  return run
}

private func drawAndDiagnose(_ run: Run) throws {
  // begin chart
  try Chart.gradientFlow(of: run).write(to: "gradient-flow.png")
  // end chart
  // begin diagnose
  for finding in diagnose(run) { print(finding) }
  // end diagnose
}

private func findBeforeTraining(_ model: Module, _ batch: Batch) throws {
  // begin before
  for finding in try diagnose(model, loss: { crossEntropy(model(batch.inputs), batch.labels) }) { print(finding) }
  // end before
}

private func setAlarms(of recorder: Recorder) {
  // begin alarms
  recorder.setAlarms { finding in
    print(finding)
    return finding.severity == .failure ? .stop : .goOn
  }
  // end alarms
}

@Suite struct ArticleTests {
  /// A training that diverges is stopped by an alarm, and its remedy can be applied.
  @Test func alarmsStopATraining() throws {
    try withTemporaryFolder { folder in
      let model = net(), data = Dataset.blobs(samplesPerClass: 20, seed: 1)
      let batch = data.batches(of: 30, seed: 1).first { _ in true }!
      try findBeforeTraining(model, batch)
      let optimizer = SGD(model, learningRate: 1e6)
      let recorder = try Recorder(model, optimizer, writingTo: folder + "/run.rheo", warn: { _ in })
      setAlarms(of: recorder)
      let stopped = #expect(throws: TrainingStopped.self) {
        for _ in 0..<100 {
          let loss = meanSquaredError(model(batch.inputs), Tensor(repeating: 1, shape: [30, 3]))
          loss.backward()
          optimizer.step()
          try recorder.step(loss: loss)
        }
      }
      #expect(stopped?.step == 49)
      if let remedy = stopped?.finding.trial { #expect(remedy.apply(to: model, optimizer, seed: 1)) }
    }
  }

  private func net() -> Sequential {
    let model = Sequential(Linear(2, 8), Tanh(), Linear(8, 3))
    model.initialize(seed: 1)
    return model
  }

  @Test func scalarsAreRecordedByName() throws {
    try withTemporaryFolder { folder in
      let model = net(), data = Dataset.blobs(samplesPerClass: 20, seed: 1)
      let encoder = SGD(model, learningRate: 0.1), head = Adam(model, learningRate: 0.01)
      try encoder.group("2.*", isFrozen: true)
      try head.group("0.*", isFrozen: true)
      let run = try recordScalars(model, encoder, head, data, 1.5, to: folder + "/run.rheo")
      #expect(try run.scalars("validation_loss").count == 2 && run.scalars("validation_loss")[0].value == 1.5)
      #expect(try run.scalars("validation_accuracy").count == 1)
    }
  }

  @Test func probesRunOnTheirSchedules() throws {
    try withTemporaryFolder { folder in
      let model = net(), batch = Dataset.blobs(samplesPerClass: 20, seed: 1).batch(at: 0..<60)
      let run = try chooseProbes(model, SGD(model, learningRate: 0.1), batch, to: folder + "/run.rheo")
      #expect(Set(try run.measures("gradient_noise_scale").map(\.step)).isSubset(of: [0, 10]))
      #expect(try run.measures("hessian_top_eigenvalue").count > 3)
    }
  }

  @Test func tensorsAreLayersWithoutAModel() throws {
    try withTemporaryFolder { folder in
      var stream = RandomStream(seed: 1, name: "weights")
      func weight(_ rows: Int, _ columns: Int) -> Tensor {
        Tensor((0..<rows * columns).map { _ in Float(stream.normalPair().0) }, shape: [rows, columns])
          .requiringGradient()
      }
      let x = Tensor(repeating: 0.5, shape: [4, 2])
      let run = try observeTensors(weight(2, 3), weight(3, 1), x, to: folder + "/run.rheo")
      #expect(run.sites.map(\.path) == ["hidden", "output"] && run.sites.map(\.depth) == [1, 2])
      #expect(run.meta["depth_source"] == "call order")
    }
  }

  /// In a process of its own, since the chart is written into the current folder, which all tests share.
  @Test func aRunIsDrawnAndDiagnosed() async {
    await #expect(processExitsWith: .success) {
      try withTemporaryFolder { folder in
        let model = Sequential(Linear(2, 8), Tanh(), Linear(8, 3))
        model.initialize(seed: 1)
        let batch = Dataset.blobs(samplesPerClass: 20, seed: 1).batch(at: 0..<60)
        let run = try chooseProbes(model, SGD(model, learningRate: 0.1), batch, to: folder + "/run.rheo")
        try #require(FileManager.default.changeCurrentDirectoryPath(folder))
        try drawAndDiagnose(run)
        try #require(try Data(contentsOf: URL(filePath: "gradient-flow.png")).count > 3000)
        #expect(FileManager.default.changeCurrentDirectoryPath("/"))
      }
    }
  }
}
