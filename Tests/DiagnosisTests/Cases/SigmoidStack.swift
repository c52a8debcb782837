import Foundation
import Rheoscope

extension DiagnosisCase {
  /// Long binary vectors are mapped to real numbers by four hidden layers of 500 sigmoids; the training loss stays high however long
  /// it runs. The slope of a sigmoid is at most 1/4.
  static let sigmoidStack = DiagnosisCase(
    name: "sigmoid-stack", rule: "vanishing gradient", source: "https://ai.stackexchange.com/questions/16557/",
    symptom: .finalLoss(failing: 0.3...2, fixed: 0...0.1)
  ) { isFixed, seed, path in
    let model = denseNet(20, 500, 500, 500, 500, 1) { isFixed ? ReLU() : Sigmoid() }
    model.initialize(seed: seed)
    let optimizer = Adam(model, learningRate: 0.001)
    let recorder = try Recorder(model, optimizer, writingTo: path)
    try trainRegression(
      model, optimizer, on: binaryVectors(1000, seed: seed).batches(of: 64, seed: seed).prefix(300), recorder)
    return try recorder.finish()
  }
}

/// Vectors x of 20 bits with y = sin(a·x) + 0.3 b·x for normal a and b.
private func binaryVectors(_ count: Int, seed: UInt64) -> Dataset {
  var random = RandomStream(seed: seed, name: "vectors")
  let a = normalNumbers(20, from: &random), b = normalNumbers(20, from: &random)
  let inputs = (0..<count).map { _ in (0..<20).map { _ in Float(random.next() >> 63) } }
  func product(_ left: [Float], _ right: [Float]) -> Float { zip(left, right).reduce(0) { $0 + $1.0 * $1.1 } }
  return Dataset(inputs: inputs, targets: inputs.map { sin(product(a, $0)) + 0.3 * product(b, $0) })
}
