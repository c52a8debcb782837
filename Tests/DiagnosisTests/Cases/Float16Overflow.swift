import Rheoscope

extension DiagnosisCase {
  /// The scale of the loss falls at every step and never recovers: activations are beyond the range of float16.
  static let float16Overflow = DiagnosisCase(
    name: "float16-overflow", rule: "float16 overflow", source: "https://github.com/pytorch/pytorch/issues/40497",
    symptom: Symptom("share of steps skipped", failing: 0.9...1, fixed: 0...0.1) { run in
      Double(run.events.count { $0.kind == .skipped }) / Double(run.steps.count)
    }
  ) { isFixed, seed, path in
    // The signal grows by √2 per block, or by √e in all.
    let scale = isFixed ? 1 / Float(30).squareRoot() : 1
    let blocks = (0..<30).map { _ in Residual(ReLU(), Linear(128, 128, initializer: .heNormal), scale: scale) }
    let model = Sequential([Linear(784, 128, initializer: .heNormal)] + blocks + [ReLU(), Linear(128, 10)])
    model.initialize(seed: seed)
    let optimizer = SGD(model, learningRate: 0.01, momentum: 0.9), scaler = LossScaler()
    let recorder = try Recorder(model, optimizer, writingTo: path)
    for batch in try fashionMNIST().train.batches(of: 64, seed: seed).prefix(120) {
      let logits = withPrecision(.float16) { model(batch.inputs) }
      let loss = crossEntropy(logits, batch.labels)
      scaler.scaled(loss).backward()
      scaler.step(optimizer)
      try recorder.step(loss: loss, accuracy: accuracy(logits, batch.labels))
    }
    return try recorder.finish()
  }
}
