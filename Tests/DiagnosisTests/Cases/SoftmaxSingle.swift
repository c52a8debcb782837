import Rheoscope

extension DiagnosisCase {
  /// A net with one output has a softmax on it; the loss is the same at every epoch, since a softmax of one number is always 1.
  static let softmaxSingle = DiagnosisCase(
    name: "softmax-single", rule: "softmax over one value", site: "3",
    source: "https://github.com/FluxML/Flux.jl/issues/1546",
    symptom: .relativeLoss(failing: 1...1, fixed: 0...0.5)
  ) { isFixed, seed, path in
    let model = Sequential(Linear(2, 2), Sigmoid(), Linear(2, 1), isFixed ? Sigmoid() : Softmax())
    model.initialize(seed: seed)
    let optimizer = Adam(model, learningRate: 0.05)
    let recorder = try Recorder(model, optimizer, writingTo: path)
    try trainRegression(
      model, optimizer, on: points(100, seed: seed).batches(of: 100, seed: seed).prefix(300), recorder)
    return try recorder.finish()
  }
}

/// Uniform points; the target is 1 where x₁ + x₂ > 1, otherwise 0.
private func points(_ count: Int, seed: UInt64) -> Dataset {
  var random = RandomStream(seed: seed, name: "points")
  let inputs = (0..<count).map { _ in [Float(random.uniform()), Float(random.uniform())] }
  return Dataset(inputs: inputs, targets: inputs.map { $0[0] + $0[1] > 1 ? 1 : 0 })
}
