import Rheoscope

extension DiagnosisCase {
  /// A net of ReLU on pixels from 0 to 255 stays at a poor accuracy.
  static let rawPixels = DiagnosisCase(
    name: "raw-pixels", rule: "inputs not normalized", source: "https://stats.stackexchange.com/questions/367057/",
    symptom: .finalLoss(failing: 0.8...100, fixed: 0...0.7)
  ) { isFixed, seed, path in
    let model = denseNet(784, 128, 128, 10, initializer: .xavierUniform)
    model.initialize(seed: seed)
    let optimizer = Adam(model, learningRate: 0.001)
    let recorder = try Recorder(model, optimizer, writingTo: path)
    for batch in try rawFashionMNIST().train.batches(of: 32, seed: seed).prefix(400) {
      let logits = model(isFixed ? batch.inputs / 255 : batch.inputs)
      let loss = crossEntropy(logits, batch.labels)
      loss.backward()
      optimizer.step()
      try recorder.step(loss: loss, accuracy: accuracy(logits, batch.labels))
    }
    return try recorder.finish()
  }
}
