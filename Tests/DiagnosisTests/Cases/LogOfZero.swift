import Rheoscope

extension DiagnosisCase {
  /// A cross-entropy with logarithms of a sigmoid gives NaN where the sigmoid is exactly 0 or 1.
  static let logOfZero = DiagnosisCase(
    name: "log-of-zero", rule: "logarithm of zero",
    source: "https://github.com/hwalsuklee/tensorflow-mnist-VAE/issues/4",
    symptom: .finiteLosses(failing: 0...0.9)
  ) { isFixed, seed, path in
    let model = denseNet(784, 64, 32, 1)
    model.initialize(seed: seed)
    let optimizer = Adam(model, learningRate: 0.001)
    let recorder = try Recorder(model, optimizer, writingTo: path)
    for batch in try rawFashionMNIST().train.batches(of: 64, seed: seed).prefix(300) {
      let t = Tensor(batch.labels.map { $0 < 5 ? 1 : 0 }, shape: [64, 1])
      let logits = model(batch.inputs)
      let loss: Tensor
      if isFixed {
        loss = binaryCrossEntropy(logits: logits, t)
      } else {
        let p = sigmoid(logits)
        loss = -(t * log(p) + (1 - t) * log(1 - p)).mean()
      }
      loss.backward()
      optimizer.step()
      try recorder.step(loss: loss)
    }
    return try recorder.finish()
  }
}
