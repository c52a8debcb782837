import Rheoscope

extension DiagnosisCase {
  /// A tiny net that is to learn a line sticks at one loss: a ReLU at its output can't be negative, and may be dead from the start.
  static let reluLine = DiagnosisCase(
    name: "relu-line", rule: "outputs cannot reach targets", alternatives: ["dead units"], site: "5",
    source: "https://community.deeplearning.ai/t/loss-values-do-not-change/324182",
    symptom: .finalLoss(failing: 1.42...30, fixed: 0...1.4)
  ) { isFixed, seed, path in
    let model =
      isFixed
      ? Sequential(Linear(1, 4), LeakyReLU(slope: 0.2), Linear(4, 2), LeakyReLU(slope: 0.2), Linear(2, 1))
      : Sequential(Linear(1, 4), ReLU(), Linear(4, 2), ReLU(), Linear(2, 1), ReLU())
    model.initialize(seed: seed)
    let optimizer = Adam(model, learningRate: 0.001)
    let recorder = try Recorder(model, optimizer, writingTo: path)
    let x = Tensor([-1, 0, 1, 2, 3, 4, 5], shape: [7, 1])
    for _ in 0..<3000 {
      let loss = meanSquaredError(model(x), 2 * x - 1)
      loss.backward()
      optimizer.step()
      try recorder.step(loss: loss)
    }
    return try recorder.finish()
  }
}
