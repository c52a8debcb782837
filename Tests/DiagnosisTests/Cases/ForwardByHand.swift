import Rheoscope

extension DiagnosisCase {
  /// A hook is never called, without an error, since a module is run by its method `forward` instead of being called.
  static let forwardByHand = DiagnosisCase(
    name: "forward-by-hand", rule: "forward called by hand", site: "hidden",
    source: "https://github.com/pytorch/pytorch/issues/117925",
    symptom: Symptom("recorded calls of the hidden layer", failing: 0...0, fixed: 1...1) { run in
      Double(run.sites.count { $0.path == "hidden" })
    }
  ) { isFixed, seed, path in
    let model = SmallNet(callsModules: isFixed)
    model.initialize(seed: seed)
    let optimizer = SGD(model, learningRate: 0.05)
    let recorder = try Recorder(model, optimizer, writingTo: path)
    try trainClassifier(
      model, optimizer, on: fashionMNIST().train.batches(of: 64, seed: seed).prefix(100), recorder)
    return try recorder.finish()
  }
}

private final class SmallNet: Module {
  let hidden = Linear(784, 64)
  let head = Linear(64, 10)
  private let callsModules: Bool

  init(callsModules: Bool) { self.callsModules = callsModules }

  override func forward(_ x: Tensor) -> Tensor {
    let h = callsModules ? hidden(x) : hidden.forward(x)
    return head(relu(h))
  }
}
