import Rheoscope

extension DiagnosisCase {
  /// The gradients of all batches are clipped, to a twentieth of their norm: the limit hides how large they are.
  static let clippedAlways = DiagnosisCase(
    name: "clipped-always", rule: "clipping always binds", source: "https://github.com/wandb/senpai/pull/978",
    symptom: .finalLoss(failing: 1.2...100, fixed: 0...1)
  ) { isFixed, seed, path in
    let sizes = [784] + [Int](repeating: 96, count: 16)
    let hidden = zip(sizes, sizes.dropFirst()).flatMap { inputs, outputs in
      [Linear(inputs, outputs, initializer: isFixed ? .heNormal : .normal(weightVariance: 4)), ReLU()] as [Module]
    }
    let model = Sequential(hidden + [Linear(96, 10)])
    model.initialize(seed: seed)
    let optimizer = SGD(model, learningRate: 0.01, momentum: 0.9)
    let recorder = try Recorder(model, optimizer, writingTo: path)
    for batch in try fashionMNIST().train.batches(of: 64, seed: seed).prefix(150) {
      let logits = model(batch.inputs)
      let loss = crossEntropy(logits, batch.labels)
      loss.backward()
      optimizer.clipGradients(toNorm: isFixed ? 20 : 1)
      optimizer.step()
      try recorder.step(loss: loss, accuracy: accuracy(logits, batch.labels))
    }
    return try recorder.finish()
  }
}
