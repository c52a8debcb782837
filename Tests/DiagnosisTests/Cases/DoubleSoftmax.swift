import Rheoscope

extension DiagnosisCase {
  /// A classifier ends with a softmax, and its loss contains one too: with ten classes the loss can't go below 1.46.
  static let doubleSoftmax = DiagnosisCase(
    name: "double-softmax", rule: "softmax applied twice", site: "11",
    source: "https://github.com/musikalkemist/pytorchforaudio/issues/9",
    symptom: .finalLoss(failing: 1.46...2.4, fixed: 0...1), train: train(scale: 1))

  /// The same net with spectrograms that are not normalized: a saturated softmax passes no gradient.
  static let doubleSoftmaxOfSpectrograms = DiagnosisCase(
    name: "double-softmax-of-spectrograms", rule: "softmax applied twice", site: "11",
    source: "https://github.com/musikalkemist/pytorchforaudio/issues/9",
    symptom: .finalLoss(failing: 1.8...2.4, fixed: 0...1), train: train(scale: 60))

  private static func train(
    scale: Float
  ) -> @Sendable (_ isFixed: Bool, _ seed: UInt64, _ path: String) throws -> Run {
    { isFixed, seed, path in
      func block(_ inputs: Int, _ outputs: Int) -> [Module] {
        [Conv2d(inputs, outputs, kernelSize: 3, padding: 1), ReLU(), MaxPool2d(kernelSize: 2)]
      }
      let layers = block(1, 8) + block(8, 16) + block(16, 32) + [Flatten(), Linear(32 * 3 * 3, 10)]
      let model = Sequential(isFixed ? layers : layers + [Softmax()])
      model.initialize(seed: seed)
      let optimizer = Adam(model, learningRate: 0.001)
      let recorder = try Recorder(model, optimizer, writingTo: path)
      for batch in try fashionMNIST().train.batches(of: 64, seed: seed).prefix(150) {
        let outputs = model(images(batch.inputs * scale))
        let loss = crossEntropy(outputs, batch.labels)
        loss.backward()
        optimizer.step()
        try recorder.step(loss: loss, accuracy: accuracy(outputs, batch.labels))
      }
      return try recorder.finish()
    }
  }
}
