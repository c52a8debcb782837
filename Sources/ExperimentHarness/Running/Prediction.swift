import Foundation
import Rheoscope

/// What one pass before training shows of a variant's net.
package struct Prediction: Sendable {
  /// The variant's name.
  package let variant: String
  /// The pass, with the first batch of seed 0.
  package let start: Preflight
  /// The gradient factor per layer that theory predicts; nil where it predicts none.
  package let theory: Double?
}

extension Experiment {
  /// Runs one pass of the net of each variant before training. Variants whose trial has a training loop of its own are left out. Throws where the
  /// data set can't be read.
  package func predictions(_ settings: Settings, data: String = FashionMNIST.defaultDirectory) throws -> [Prediction] {
    let variants = variants(settings).filter(\.takesRemedies)
    guard !variants.isEmpty else { throw NothingToPredict(experiment: name) }
    let data = try FashionMNIST(directory: data)
    return try variants.map { variant in
      let own = variant.adjusted(settings)
      let model = variant.net!(own)
      model.initialize(seed: 0)
      guard own.batch <= data.train.count else {
        throw ExperimentError.batchTooLarge(batch: own.batch, images: data.train.count)
      }
      let batch = data.train.batches(of: own.batch, seed: 0).first { _ in true }!
      return Prediction(
        variant: variant.name, start: try Preflight(model) { crossEntropy(model(batch.inputs), batch.labels) },
        theory: variant.theory == nil ? nil : variant.predictedGradientFactor(settings))
    }
  }
}

/// An experiment whose trials have training loops of their own.
struct NothingToPredict: Error, CustomStringConvertible {
  let experiment: String
  var description: String {
    "\(experiment): its trials have training loops of their own, so nothing can be predicted; take another experiment"
  }
}
