import Rheoscope

extension DiagnosisCase {
  /// Gradients of a hand-written LSTM vanish within 20 steps: its forget gates begin at 1/2, a factor of 1/2 per step.
  static let forgetfulLSTM = DiagnosisCase(
    name: "forgetful-lstm", rule: "vanishing gradient", source: "https://github.com/keras-team/keras/issues/16151",
    symptom: .finalLoss(failing: 0.8...1.3, fixed: 0...0.6)
  ) { isFixed, seed, path in
    let model = Memory()
    model.initialize(seed: seed)
    if isFixed {
      let gates = model.cell.input.bias!
      gates.set(gates.value + Tensor((0..<128).map { (32..<64).contains($0) ? 5 : 0 }, shape: [128]))
    }
    let optimizer = Adam(model, learningRate: 0.003)
    let recorder = try Recorder(model, optimizer, writingTo: path)
    var random = RandomStream(seed: seed, name: "sequences")
    for _ in 0..<200 {
      let numbers = normalNumbers(32 * 60, from: &random)
      let first = Tensor(stride(from: 0, to: numbers.count, by: 60).map { numbers[$0] }, shape: [32, 1])
      let loss = meanSquaredError(model(Tensor(numbers, shape: [32, 60])), first)
      loss.backward()
      optimizer.clipGradients(toNorm: 1)
      optimizer.step()
      try recorder.step(loss: loss)
    }
    return try recorder.finish()
  }
}

/// Gates i, f, o and candidate g from x and h; c′ = f c + i g, h′ = o tanh(c′).
private final class LSTMCell: Module {
  let input = Linear(1, 4 * 32)
  let state = Linear(32, 4 * 32)

  /// From x, h and c to h′ and c′.
  override func forward(_ inputs: [Tensor]) -> [Tensor] {
    let all = input(inputs[0]) + state(inputs[1])
    let i = sigmoid(all.sliced(1, 0..<32)), f = sigmoid(all.sliced(1, 32..<64))
    let g = tanh(all.sliced(1, 64..<96)), o = sigmoid(all.sliced(1, 96..<128))
    let c = f * inputs[2] + i * g
    return [o * tanh(c), c]
  }
}

/// From sequences [n, length] to the first of their numbers, [n, 1].
private final class Memory: Module {
  let cell = LSTMCell()
  let head = Linear(32, 1)

  override func forward(_ x: Tensor) -> Tensor {
    let zeros = Tensor(repeating: 0, shape: [x.shape[0], 32])
    let states = (0..<x.shape[1]).reduce([zeros, zeros]) { cell([x.sliced(1, $1..<$1 + 1)] + $0) }
    return head(states[0])
  }
}
