import Foundation
import Rheoscope

/// The sizes that the peers' `mlp.py` measures: layers, width, batch.
let multilayerSizes = [(50, 64, 64), (50, 128, 128), (50, 256, 256), (50, 512, 256)]

/// A step of a deep fully connected net with ReLU, on 784 inputs and 10 classes, cross-entropy, plain gradient descent: plain, and
/// with every layer recorded at every step into a run file.
func mlp(threads: Int, _ report: (Measurement) -> Void) throws {
  for (depth, width, batch) in multilayerSizes {
    let cost = Double(depth * width * width * batch) / Double(50 * 64 * 64 * 64)
    for recorded in [false, true] {
      let folder = FileManager.default.temporaryDirectory.appending(path: "rheoscope-benchmark-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(at: folder) }
      let training = Training(deepNet(depth, width), batch)
      let recorder =
        recorded
        ? try Recorder(training.model, training.optimizer, writingTo: folder.appending(path: "run.rheo").path) : nil
      let milliseconds = try bestMilliseconds(cost: cost) {
        let loss = training.step()
        try recorder?.step(loss: loss)
      }
      _ = try recorder?.finish()
      report(
        Measurement(
          workload: "mlp-\(depth)x\(width)x\(batch)", recorded: recorded, threads: threads, milliseconds: milliseconds))
    }
  }
}

/// Linear layers with ReLU between them.
func deepNet(_ depth: Int, _ width: Int) -> Sequential {
  var layers: [Module] = [Linear(784, width, initializer: .heNormal), ReLU()]
  for _ in 0..<depth - 2 { layers += [Linear(width, width, initializer: .heNormal), ReLU()] }
  return Sequential(layers + [Linear(width, 10, initializer: .heNormal)])
}

/// A model, its optimizer, and a batch of random images on which every step trains it.
struct Training {
  let model: Module
  let optimizer: SGD
  private let inputs: Tensor
  private let labels: [Int]

  init(_ model: Module, _ batch: Int, optimizer: ((Module) -> SGD)? = nil) {
    self.model = model
    model.initialize(seed: 0)
    self.optimizer = optimizer?(model) ?? SGD(model, learningRate: 0.01)
    var random = RandomStream(seed: 0, name: "images")
    inputs = Tensor(shape: [batch, 784]) { for i in $0.indices { $0[i] = Float(random.uniform()) } }
    labels = (0..<batch).map { _ in Int(random.uniform() * 10) }
  }

  @discardableResult
  func step() -> Tensor {
    let loss = crossEntropy(model(inputs), labels)
    loss.backward()
    optimizer.step()
    return loss
  }

  /// As `step()`, but returns the losses of the samples.
  func stepOfSamples() -> Tensor {
    let losses = crossEntropy(model(inputs), labels, reduction: .none)
    losses.mean().backward()
    optimizer.step()
    return losses
  }

  /// The forward pass alone, as the step computes it.
  func forward() { _ = crossEntropy(model(inputs), labels) }

  /// The bytes that a forward pass keeps for the backward pass, except its input.
  func bytesKeptForBackward(_ precision: Precision) -> Int {
    let inputs = inputs.cast(to: precision)
    TensorMemory.trim()
    let before = TensorMemory.inUse
    let output = withPrecision(precision) { model(inputs) }
    TensorMemory.trim()
    return withExtendedLifetime(output) { TensorMemory.inUse - before }
  }

  /// A step without that of the optimizer.
  func forwardAndBackward() {
    crossEntropy(model(inputs), labels).backward()
    optimizer.clearGradients()
  }
}
