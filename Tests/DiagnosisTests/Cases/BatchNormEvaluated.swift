import Rheoscope

extension DiagnosisCase {
  /// A net with batch normalization is good in training mode and bad when it is evaluated: the statistics of tiny batches are not
  /// those that are kept running. A unit that is seldom active has a variance near 0 in most batches.
  static let batchNormEvaluated = DiagnosisCase(
    name: "batch-norm-evaluated", rule: "batch norm with small batches", alternatives: ["batch norm in evaluation"],
    source: "https://github.com/pytorch/pytorch/issues/4741",
    symptom: Symptom("test loss / final loss", failing: 3...1e9, fixed: 0.5...2) { run in
      try run.scalars("test_loss").last!.value / (run.steps.suffix(200).map(\.loss).reduce(0, +) / 200)
    }
  ) { isFixed, seed, path in
    let model = Sequential(
      Linear(784, 128), ReLU(), BatchNorm(128), Linear(128, 64), ReLU(), BatchNorm(64), Linear(64, 64), ReLU(),
      BatchNorm(64), Linear(64, 10))
    model.initialize(seed: seed)
    let optimizer = Adam(model, learningRate: 0.03)
    let recorder = try Recorder(model, optimizer, writingTo: path)
    let data = try fashionMNIST(), test = data.test.split(testFraction: 0.2, seed: 1).test
    let batches = data.train.batches(of: isFixed ? 64 : 4, seed: seed), steps = isFixed ? 150 : 300
    for epoch in 0..<4 {
      try trainClassifier(model, optimizer, on: batches.starting(at: steps * epoch).prefix(steps), recorder)
      try recorder.record(Evaluation(of: model, on: test))
    }
    return try recorder.finish()
  }
}
