import Rheoscope

extension DiagnosisCase {
  /// A small net of sigmoids is right in nearly all cases without weight decay, and no better than chance with it.
  static let weightDecay = DiagnosisCase(
    name: "weight-decay", rule: "weight decay too strong", source: "https://stats.stackexchange.com/questions/117622/",
    symptom: .last("test_accuracy", failing: 0.3...0.75, fixed: 0.9...1)
  ) { isFixed, seed, path in
    let model = denseNet(11, 5, 1) { Sigmoid() }
    model.initialize(seed: seed)
    // The report takes 0.001 of the weight at each step, whatever the learning rate is.
    let decay: Float = isFixed ? 1e-6 : 0.001
    let optimizer = SGD(model, learningRate: 0.01, momentum: 0.9, weightDecay: decay / 0.01)
    let recorder = try Recorder(model, optimizer, writingTo: path)
    let (train, test) = halves(1000, seed: seed).split(testFraction: 0.2, seed: seed)
    for batch in train.batches(of: 4, seed: seed).prefix(3000) {
      let loss = meanSquaredError(sigmoid(model(batch.inputs)), batch.targets)
      loss.backward()
      optimizer.step()
      try recorder.step(loss: loss)
    }
    let samples = test.batch(at: 0..<test.count)
    let outputs = withoutGradients { sigmoid(model(samples.inputs)) }
    let right = zip(outputs.values, samples.targets.values).count { ($0 > 0.5) == ($1 > 0.5) }
    try recorder.record(
      Evaluation(
        loss: Double(meanSquaredError(outputs, samples.targets).value), accuracy: Double(right) / Double(test.count)))
    return try recorder.finish()
  }
}

/// Normal points in eleven dimensions; the target is 1 on one side of a plane through 0, and 0 on the other.
private func halves(_ count: Int, seed: UInt64) -> Dataset {
  var random = RandomStream(seed: seed, name: "halves")
  let direction = normalNumbers(11, from: &random)
  let inputs = (0..<count).map { _ in normalNumbers(11, from: &random) }
  return Dataset(
    inputs: inputs, targets: inputs.map { zip($0, direction).reduce(0) { $0 + $1.0 * $1.1 } > 0 ? 1 : 0 })
}
