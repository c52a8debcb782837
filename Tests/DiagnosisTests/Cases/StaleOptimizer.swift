import Rheoscope

extension DiagnosisCase {
  /// Pruning replaces all layers by others, and fine-tuning does not change them: the optimizer has the parameters of the old ones.
  static let staleOptimizer = DiagnosisCase(
    name: "stale-optimizer", rule: "parameters in no optimizer", site: "first.weight",
    source: "https://github.com/microsoft/nni/issues/4521",
    symptom: .relativeLoss(failing: 0.9...1.1, fixed: 0...0.6), train: finetune(after: { $0.prune() }))

  /// As above, but the last layer alone is replaced.
  static let staleOptimizerOfHead = DiagnosisCase(
    name: "stale-optimizer-of-head", rule: "parameters in no optimizer", site: "head.weight",
    source: "https://github.com/pytorch/pytorch/issues/54765",
    symptom: Symptom("layers that change", failing: 2...2, fixed: 3...3) { run in
      let updates = try run.weights(.updateNorm)
      return Double(updates.parameters.indices.count { updates.row($0).contains { $0 ?? 0 > 0 } })
    }, train: finetune(after: { $0.replaceHead() }))

  private static func finetune(
    after change: @escaping @Sendable (Classifier) -> Void
  ) -> @Sendable (_ isFixed: Bool, _ seed: UInt64, _ path: String) throws -> Run {
    { isFixed, seed, path in
      let data = try fashionMNIST()
      let model = Classifier()
      model.initialize(seed: seed)
      var optimizer = Adam(model, learningRate: 0.001)
      for batch in data.train.batches(of: 64, seed: seed).prefix(100) {
        crossEntropy(model(batch.inputs), batch.labels).backward()
        optimizer.step()
      }

      change(model)
      if isFixed { optimizer = Adam(model, learningRate: 0.001) }
      let recorder = try Recorder(model, optimizer, writingTo: path)
      try trainClassifier(
        model, optimizer, on: data.train.batches(of: 64, seed: seed).starting(at: 100).prefix(200), recorder)
      return try recorder.finish()
    }
  }
}

private final class Classifier: Module {
  var first = Linear(784, 128)
  var second = Linear(128, 64)
  var head = Linear(64, 10)

  override func forward(_ x: Tensor) -> Tensor { head(relu(second(relu(first(x))))) }

  /// Replaces all layers by others that have the tenth of the weights that are largest; the other weights are 0.
  func prune() {
    let old = parameters.map(\.parameter.value)
    (first, second, head) = (Linear(784, 128), Linear(128, 64), Linear(64, 10))
    initialize(seed: 0)  // finds the new layers
    for ((_, parameter), value) in zip(parameters, old) {
      let limit = value.values.map(abs).sorted()[value.elementCount * 9 / 10]
      parameter.set(
        value.shape.count == 1 ? value : Tensor(value.values.map { abs($0) < limit ? 0 : $0 }, shape: value.shape))
    }
  }

  /// Replaces the last layer by one that begins anew.
  func replaceHead() {
    let old = parameters.map(\.parameter.value)
    head = Linear(64, 10)
    initialize(seed: 1)
    for ((_, parameter), value) in zip(parameters, old).dropLast(2) { parameter.set(value) }
  }
}
