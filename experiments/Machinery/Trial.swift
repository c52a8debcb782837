import Foundation
import Rheoscope

/// One net, trained from one seed and recorded.
struct Trial: Sendable {
  let experiment: Experiment
  let variant: ExperimentVariant
  let seed: Int
  let settings: Settings
  let data: FashionMNIST
  let runPath: String
  let meta: [String: String]

  /// Trains on the calling thread. `onStep` is told after each step, `onNotice` what the user should know.
  func train(onStep: (Int) -> Void, onNotice: @escaping (String) -> Void) throws -> TrialResult {
    let model = variant.model(settings)
    model.initialize(seed: UInt64(seed))
    let optimizer = SGD(model, learningRate: settings.learningRate)
    let prediction = variant.theory(settings)
    var meta = meta
    meta["variant"] = variant.name
    meta["seed"] = "\(seed)"
    meta["predicted_gradient_profile"] = prediction.profile.map { "\($0)" }.joined(separator: " ")
    if let factor = prediction.factor { meta["predicted_gradient_factor"] = "\(factor)" }
    let recorder = try Recorder(
      model, optimizer, writingTo: runPath, meta: meta, notice: { onNotice("\(variant.name), seed \(seed): \($0)") })
    var losses: [Double] = []
    for batch in data.train.batches(of: settings.batch, seed: UInt64(seed)).prefix(settings.steps) {
      let loss = crossEntropy(model(batch.inputs), batch.labels)
      loss.backward()
      optimizer.step()
      try recorder.step(loss: loss)
      losses.append(Double(loss.value))
      onStep(losses.count)
    }
    let accuracy = testAccuracy(of: model)
    let run = try recorder.finish(meta: ["test_accuracy": "\(accuracy)", "finished": timestamp()])
    let last = losses.suffix(max(1, losses.count / 20))
    return TrialResult(
      variant: variant.name, seed: seed, runPath: runPath, finalLoss: last.reduce(0, +) / Double(last.count), testAccuracy: accuracy,
      gradientFactor: try GradientProfile(run, step: 0).fit?.factorGoingBack)
  }

  private func testAccuracy(of model: Module) -> Double {
    withoutGradients {
      var right = 0
      for batch in data.test.inOrder(of: 500) {
        right += zip(model(batch.inputs).argmax(), batch.labels).count { $0 == $1 }
      }
      return Double(right) / Double(data.test.count)
    }
  }
}

/// Now, as ISO 8601.
func timestamp() -> String { ISO8601DateFormatter().string(from: Date()) }
