import Rheoscope

extension DiagnosisCase {
  /// A recurrent net on long sequences reaches NaN after some iterations: its gradients grow from step to step, and are not clipped.
  static let explodingRecurrence = DiagnosisCase(
    name: "exploding-recurrence", rule: "exploding gradient", alternatives: ["exploding activations"],
    source: "https://github.com/Marcovaldong/lstmp.pytorch/issues/2", symptom: .finiteLosses(failing: 0...0.5)
  ) { isFixed, seed, path in
    let model = RecurrentNet(gain: isFixed ? 1 : 1.8)
    model.initialize(seed: seed)
    let optimizer = SGD(model, learningRate: 0.01)
    let recorder = try Recorder(model, optimizer, writingTo: path)
    var random = RandomStream(seed: seed, name: "sequences")
    for _ in 0..<100 {
      let numbers = normalNumbers(32 * 50 * 4, from: &random)
      // The last number of each sequence.
      let last = stride(from: 0, to: numbers.count, by: 200).map { numbers[$0 + 199] }
      let loss = meanSquaredError(model(Tensor(numbers, shape: [32, 50, 4])), Tensor(last, shape: [32, 1]))
      loss.backward()
      if isFixed { optimizer.clipGradients(toNorm: 1) }
      optimizer.step()
      try recorder.step(loss: loss)
    }
    return try recorder.finish()
  }
}

/// h′ = relu(W x + U h).
private final class RecurrentCell: Module {
  let input = Linear(4, 32)
  let state: Linear

  init(gain: Double) { state = Linear(32, 32, initializer: .orthogonal(gain: gain)) }

  override func forward(_ x: Tensor, _ h: Tensor) -> Tensor { relu(input(x) + state(h)) }
}

/// From sequences [n, length, 4] to one number each, [n, 1].
private final class RecurrentNet: Module {
  let cell: RecurrentCell
  let head = Linear(32, 1)

  init(gain: Double) { cell = RecurrentCell(gain: gain) }

  override func forward(_ x: Tensor) -> Tensor {
    let count = x.shape[0], start = Tensor(repeating: 0, shape: [count, 32])
    return head(
      (0..<x.shape[1]).reduce(start) { h, time in cell(x.sliced(1, time..<time + 1).reshaped(count, 4), h) })
  }
}
