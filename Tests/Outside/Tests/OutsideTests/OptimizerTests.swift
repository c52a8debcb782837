import Rheoscope
import Testing

// begin
/// Lion: c = β₁ m + (1 − β₁) g, w ← w − η (sign(c) + λ w), m ← β₂ m + (1 − β₂) g.
///
/// Source: Chen et al., "Symbolic discovery of optimization algorithms", 2023, arXiv:2302.06675.
final class MyLion: Optimizer {
  init(_ model: Module, learningRate: Float = 0.0001, weightDecay: Float = 0) {
    super.init(model, learningRate: learningRate, weightDecay: weightDecay, states: ["momentum"])
  }

  override func update(_ step: ParameterUpdate) {
    let gradient = step.gradient, momentum = step.states[0]
    let direction = (0.9 * momentum + 0.1 * gradient).sign()
    step.weight = step.weight - step.learningRate * (direction + step.weightDecay * step.weight)
    step.states[0] = 0.99 * momentum + 0.01 * gradient
  }
}
// end

@Suite struct OptimizerTests {
  private func training(_ body: (Module, any Sequence<Batch>) throws -> Void) rethrows {
    let model = Sequential(Linear(2, 16), Tanh(), Linear(16, 3))
    model.initialize(seed: 1)
    try body(model, Dataset.blobs(samplesPerClass: 100, seed: 1).batches(of: 50, seed: 1).prefix(200))
  }

  private func losses(_ model: Module, _ optimizer: Optimizer, _ batches: any Sequence<Batch>) -> [Float] {
    var losses: [Float] = []
    for batch in batches {
      let loss = crossEntropy(model(batch.inputs), batch.labels)
      loss.backward()
      optimizer.step()
      losses.append(loss.value)
    }
    return losses
  }

  /// By hand, in Float: two steps of one weight.
  @Test func followsTheFormula() {
    let model = Linear(1, 1, bias: false, initializer: .constant(0.5))
    model.initialize(seed: 1)
    let optimizer = MyLion(model, learningRate: 0.1, weightDecay: 0.2)
    for factor in [1, -2] as [Float] {
      (model(Tensor([factor], shape: [1, 1]))).sum().backward()
      optimizer.step()
    }
    // 0.5 − 0.1 (1 + 0.2 · 0.5) = 0.39; then m = 0.01, c = 0.009 − 0.2 < 0: 0.39 − 0.1 (−1 + 0.2 · 0.39) = 0.4822.
    #expect(abs(model.weight.value.value - 0.4822) < 1e-6)
  }

  @Test func trains() {
    training { model, batches in
      let found = losses(model, MyLion(model, learningRate: 0.01), batches)
      #expect(found.last! < 0.3 * found[0])
    }
  }

  /// A fused or built-in Lion would take the same steps.
  @Test func takesTheStepsOfTheBuiltInOne() {
    var found: [[Float]] = []
    training { model, batches in
      found.append(losses(model, MyLion(model, learningRate: 0.01, weightDecay: 0.1), batches))
    }
    training { model, batches in
      found.append(losses(model, Lion(model, learningRate: 0.01, weightDecay: 0.1), batches))
    }
    #expect(found[0] == found[1])
  }

  @Test func groupsSchedulesAndTrainingStatesWork() throws {
    try withTemporaryFolder { folder in
      try training { model, batches in
        let optimizer = MyLion(model, learningRate: 0.01)
        try optimizer.group("0.*", isFrozen: true)
        optimizer.schedule = .cosine(over: 200)
        let before = model.parameters[0].parameter.value.values
        _ = losses(model, optimizer, batches)
        #expect(model.parameters[0].parameter.value.values == before && optimizer.learningRate < 0.001)
        try TrainingState(step: 200).save(model, optimizer, to: folder + "/training.safetensors")
        let other = MyLion(model, learningRate: 0.01)
        other.schedule = .cosine(over: 200)
        #expect(try TrainingState(restoring: model, other, from: folder + "/training.safetensors").step == 200)
      }
    }
  }
}
