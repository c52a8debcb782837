import Rheoscope

extension DiagnosisCase {
  /// The loss does not fall since the step of a learning rate schedule stands where the optimizer's was.
  static let noOptimizerStep = DiagnosisCase(
    name: "no-optimizer-step", rule: "optimizer does not step",
    source: "https://github.com/ClementPinard/SfmLearner-Pytorch/issues/5",
    symptom: .finalLoss(failing: 2.2...2.5, fixed: 0...0.8)
  ) { isFixed, seed, path in
    let model = denseNet(784, 128, 64, 10)
    model.initialize(seed: seed)
    let optimizer = Adam(model, learningRate: 0.001), schedule = Schedule.exponential(factor: 0.999)
    let recorder = try Recorder(model, optimizer, writingTo: path)
    for (step, batch) in try fashionMNIST().train.batches(of: 64, seed: seed).prefix(300).enumerated() {
      optimizer.clearGradients()
      let logits = model(batch.inputs)
      let loss = crossEntropy(logits, batch.labels)
      loss.backward()
      if isFixed { optimizer.step() }
      optimizer.learningRate = 0.001 * Float(schedule(step + 1))
      try recorder.step(loss: loss, accuracy: accuracy(logits, batch.labels))
    }
    return try recorder.finish()
  }
}
