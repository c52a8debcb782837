import Foundation
import Rheoscope

/// One net to train: what is trained, on what, and where it is recorded.
struct TrialPlan: Sendable {
  let experiment: String
  let variant: Variant
  let seed: Int
  let settings: Settings
  let threads: Int
  let path: String
  let provenance: Provenance
}

extension TrialPlan {
  /// Trains and records, and tests the trained net. `stepped` is called after each step, `notice` with what the user should
  /// know.
  func run(
    on data: FashionMNIST, stepped: () -> Void, notice: @escaping (String) -> Void
  ) throws -> Trial {
    useThreads(threads)
    let model = variant.net(settings)
    model.initialize(seed: UInt64(seed))
    let optimizer = SGD(model, learningRate: Float(settings.learningRate))
    let recorder = try Recorder(model, optimizer, writingTo: path, meta: meta) { [variant, seed] text in
      notice("\(variant.name), seed \(seed): \(text)")
    }
    for batch in data.train.batches(of: settings.batch, seed: UInt64(seed)).prefix(settings.steps) {
      let logits = model(batch.inputs)
      let loss = crossEntropy(logits, batch.labels)
      loss.backward()
      optimizer.step()
      try recorder.step(loss: loss, accuracy: share(of: logits, thatAre: batch.labels))
      stepped()
    }
    let accuracy = accuracy(of: model, on: data.test)
    let run = try recorder.finish(meta: ["test_accuracy": "\(accuracy)"])
    return Trial(
      variant: variant.name, seed: seed, finalLoss: run.finalLoss(), testAccuracy: accuracy,
      gradientFactor: try run.gradientFactorAtStart())
  }

  private var meta: [String: String] {
    var meta = provenance.meta
    meta["experiment"] = experiment
    meta["variant"] = variant.name
    meta["seed"] = "\(seed)"
    meta["classes"] = "\(FashionMNIST.classNames.count)"
    meta["depth"] = "\(settings.depth)"
    meta["width"] = "\(settings.width)"
    meta["batch"] = "\(settings.batch)"
    meta["optimizer"] = "SGD"
    meta["learning_rate"] = "\(settings.learningRate)"
    meta["predicted_gradient_profile"] = variant.predictedProfile(settings).map { "\($0)" }.joined(separator: " ")
    meta["predicted_gradient_factor"] = variant.predictedGradientFactor(settings).map { "\($0)" }
    return meta
  }

  private func accuracy(of model: Module, on data: Dataset) -> Double {
    withoutGradients {
      var right = 0.0
      for batch in data.inOrder(of: 1_000) {
        right += share(of: model(batch.inputs), thatAre: batch.labels) * Double(batch.labels.count)
      }
      return right / Double(data.count)
    }
  }
}

/// The share of rows whose largest element is at the label's place.
private func share(of logits: Tensor, thatAre labels: [Int]) -> Double {
  Double(zip(logits.argmax(), labels).count { $0 == $1 }) / Double(labels.count)
}
