import Rheoscope

extension DiagnosisCase {
  /// All convolutions are frozen at random values; once they are not, accuracy rises quickly.
  static let frozenFeatures = DiagnosisCase(
    name: "frozen-features", rule: "frozen parameters", site: "features.0.weight",
    source: "https://github.com/ihciah/deep-fashion-retrieval/issues/1",
    symptom: Symptom("final accuracy", failing: 0...0.4, fixed: 0.5...1) { $0.finalAccuracy! }
  ) { isFixed, seed, path in
    let model = ImageNet()
    model.initialize(seed: seed)
    let optimizer = Adam(model, learningRate: 0.003)
    if !isFixed { try optimizer.group("features.**", isFrozen: true) }
    let recorder = try Recorder(model, optimizer, writingTo: path)
    try trainClassifier(
      model, optimizer, on: fashionMNIST().train.batches(of: 64, seed: seed).prefix(200), recorder)
    return try recorder.finish()
  }
}

/// Four convolutions, an average pool and a linear head.
private final class ImageNet: Module {
  let features = Sequential(
    Conv2d(1, 8, kernelSize: 3, stride: 2, padding: 1), ReLU(), Conv2d(8, 16, kernelSize: 3, padding: 1), ReLU(),
    Conv2d(16, 16, kernelSize: 3, stride: 2, padding: 1), ReLU(), Conv2d(16, 32, kernelSize: 3, padding: 1), ReLU(),
    GlobalAveragePool2d())
  let head = Linear(32, 10)

  override func forward(_ x: Tensor) -> Tensor { head(features(images(x))) }
}
