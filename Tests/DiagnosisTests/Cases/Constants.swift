import Rheoscope

extension DiagnosisCase {
  /// A layer's weights are all 0.5 and those of the next all −0.5: the second layer's ReLUs are dead.
  static let constants = DiagnosisCase(
    name: "constants", rule: "dead units", alternatives: ["constant initialization"], site: "3",
    source: "https://github.com/ayush9818/MLDS-SQ", symptom: .finalLoss(failing: 0.2...10, fixed: 0...0.1)
  ) { isFixed, seed, path in
    let model =
      isFixed
      ? Sequential(Linear(10, 10), LeakyReLU(), Linear(10, 10), LeakyReLU(), Linear(10, 1))
      : Sequential(
        Linear(10, 10, initializer: .constant(0.5)), ReLU(), Linear(10, 10, initializer: .constant(-0.5)), ReLU(),
        Linear(10, 1))
    model.initialize(seed: seed)
    let optimizer = Adam(model, learningRate: 0.01)
    let recorder = try Recorder(model, optimizer, writingTo: path)
    try trainRegression(
      model, optimizer, on: weightedSums(1000, seed: seed).batches(of: 32, seed: seed).prefix(400), recorder)
    return try recorder.finish()
  }
}

/// Uniform numbers from 0 to 1; the target is their sum with normal weights.
private func weightedSums(_ count: Int, seed: UInt64) -> Dataset {
  var random = RandomStream(seed: seed, name: "sums")
  let weights = normalNumbers(10, from: &random)
  let inputs = (0..<count).map { _ in (0..<10).map { _ in Float(random.uniform()) } }
  return Dataset(inputs: inputs, targets: inputs.map { zip($0, weights).reduce(0) { $0 + $1.0 * $1.1 } })
}
