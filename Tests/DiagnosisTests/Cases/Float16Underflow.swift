import Rheoscope

extension DiagnosisCase {
  /// Mixed precision in float16 without a scale on the loss flattens early, without NaN or warning: small gradients become 0.
  static let float16Underflow = DiagnosisCase(
    name: "float16-underflow", rule: "float16 underflow",
    source: "https://github.com/engichang1467/Open-Rig3R/issues/35",
    symptom: .relativeLoss(failing: 0.95...1.05, fixed: 0...0.6)
  ) { isFixed, seed, path in
    let model = denseNet(784, 128, 64, 10)
    model.initialize(seed: seed)
    let optimizer = Adam(model, learningRate: 0.001)
    let recorder = try Recorder(model, optimizer, writingTo: path)
    for batch in try fashionMNIST().train.batches(of: 256, seed: seed).prefix(150) {
      let logits = withPrecision(isFixed ? .bfloat16 : .float16) { model(batch.inputs) }
      // As a term of a sum of losses that differ in size.
      let loss = 1e-6 * crossEntropy(logits, batch.labels)
      loss.backward()
      optimizer.step()
      try recorder.step(loss: loss, accuracy: accuracy(logits, batch.labels))
    }
    return try recorder.finish()
  }
}
