import Rheoscope

extension DiagnosisCase {
  /// Images are encoded in a block without gradients, so the encoder is never trained.
  static let encoderWithoutGradients = DiagnosisCase(
    name: "encoder-without-gradients", rule: "parameters without gradient", site: "encoder.0.weight",
    source: "https://github.com/rll-research/cic/issues/5",
    symptom: Symptom("final accuracy", failing: 0...0.4, fixed: 0.5...1) { $0.finalAccuracy! }
  ) { isFixed, seed, path in
    let model = EncoderNet(trainsEncoder: isFixed)
    model.initialize(seed: seed)
    let optimizer = Adam(model, learningRate: 0.003)
    let recorder = try Recorder(model, optimizer, writingTo: path)
    try trainClassifier(
      model, optimizer, on: fashionMNIST().train.batches(of: 64, seed: seed).prefix(200), recorder)
    return try recorder.finish()
  }
}

/// Four convolutions, an average pool and a linear head.
private final class EncoderNet: Module {
  let encoder = Sequential(
    Conv2d(1, 8, kernelSize: 3, stride: 2, padding: 1), ReLU(), Conv2d(8, 16, kernelSize: 3, padding: 1), ReLU(),
    Conv2d(16, 16, kernelSize: 3, stride: 2, padding: 1), ReLU(), Conv2d(16, 32, kernelSize: 3, padding: 1), ReLU(),
    GlobalAveragePool2d())
  let head = Linear(32, 10)
  private let trainsEncoder: Bool

  init(trainsEncoder: Bool) { self.trainsEncoder = trainsEncoder }

  override func forward(_ x: Tensor) -> Tensor {
    let features = trainsEncoder ? encoder(images(x)) : withoutGradients { encoder(images(x)) }
    return head(features)
  }
}
