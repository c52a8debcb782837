import Rheoscope

extension DiagnosisCase {
  /// Distances between embeddings give NaN as soon as one is exactly zero, since the derivative of a square root is infinite there.
  static let sqrtAtZero = DiagnosisCase(
    name: "sqrt-at-zero", rule: "square root at zero", source: "https://github.com/pytorch/pytorch/issues/2421",
    symptom: .finiteLosses(failing: 0.3...0.4)
  ) { isFixed, seed, path in
    let model = denseNet(784, 64, 32, 8)
    model.initialize(seed: seed)
    let optimizer = Adam(model, learningRate: 0.001)
    let recorder = try Recorder(model, optimizer, writingTo: path)
    let data = try fashionMNIST().train
    var random = RandomStream(seed: seed, name: "pairs")
    for step in 0..<60 {
      let first = (0..<32).map { _ in Int.random(in: 0..<data.count, using: &random) }
      var second = (0..<32).map { _ in Int.random(in: 0..<data.count, using: &random) }
      // A picture may be drawn twice.
      if step == 20 { second[5] = first[5] }
      let left = data.batch(at: first), right = data.batch(at: second)

      let difference = model(left.inputs) - model(right.inputs)
      let squares = difference.squared().sum(axes: [1])
      let distance = (isFixed ? squares + 1e-6 : squares).squareRoot()
      let areSame = zip(left.labels, right.labels).map { $0 == $1 ? Float(1) : 0 }
      let loss = contrastiveLoss(distance, Tensor(areSame, shape: [32]))
      loss.backward()
      optimizer.step()
      try recorder.step(loss: loss)
    }
    return try recorder.finish()
  }
}

/// d² for two samples of one class, max(0, 1 − d)² for others. Hadsell, Chopra and LeCun, "Dimensionality reduction by learning an
/// invariant mapping", 2006.
private func contrastiveLoss(_ distance: Tensor, _ areSame: Tensor) -> Tensor {
  (areSame * distance.squared() + (1 - areSame) * relu(1 - distance).squared()).mean()
}
