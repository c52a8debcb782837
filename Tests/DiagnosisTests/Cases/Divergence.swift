import Foundation
import Rheoscope

extension DiagnosisCase {
  /// A linear map from the first 80 values of a cubic to the other 20, which reach a thousand: the loss grows a hundredfold per step.
  static let divergence = DiagnosisCase(
    name: "divergence", rule: "learning rate too high",
    alternatives: ["inputs not normalized", "targets of large scale"], site: "weight",
    source: "https://stats.stackexchange.com/questions/594738/",
    symptom: Symptom("factor of the loss per step", failing: 20...500, fixed: 0.1...0.99) { run in
      pow(run.steps.last!.loss / run.steps[0].loss, 1 / Double(run.steps.count - 1))
    }
  ) { isFixed, seed, path in
    let model = Linear(80, 20)
    model.initialize(seed: seed)
    let optimizer = SGD(model, learningRate: isFixed ? 0.02 : 1e-6)
    let recorder = try Recorder(model, optimizer, writingTo: path)
    let cubic = (0..<100).map { index in
      let x = -10 + Float(index) / 5
      return (x * x * x + x * x + x) * (isFixed ? 1e-3 : 1)
    }
    let inputs = Tensor(Array(cubic[..<80]), shape: [1, 80]), targets = Tensor(Array(cubic[80...]), shape: [1, 20])
    for _ in 0..<10 {
      let loss = meanSquaredError(model(inputs), targets, reduction: .sum)
      loss.backward()
      optimizer.step()
      try recorder.step(loss: loss)
    }
    return try recorder.finish()
  }
}
