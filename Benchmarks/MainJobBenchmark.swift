import Foundation
import Rheoscope

/// The main job as in the peers' `main_job.py`: ReLU with He's weights and sigmoid with Xavier's, 50 layers of width 64 on
/// Fashion-MNIST, three seeds of 150 steps, every layer recorded at every step, a loss chart and gradient-flow heatmaps drawn.
func mainJob(threads: Int, _ report: (Measurement) -> Void) throws {
  let folder = FileManager.default.temporaryDirectory.appending(path: "rheoscope-benchmark-\(UUID().uuidString)").path
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  let start = ContinuousClock.now
  let data = try FashionMNIST()
  var runs: [Run] = []
  for (variant, initializer) in [("relu", Initializer.heNormal), ("sigmoid", .xavierNormal)] {
    for seed in 0..<UInt64(3) {
      let model = hiddenLayers(initializer, isSigmoid: variant == "sigmoid")
      model.initialize(seed: seed)
      let optimizer = SGD(model, learningRate: 0.05)
      let recorder = try Recorder(
        model, optimizer, writingTo: "\(folder)/\(variant)-\(seed).rheo",
        meta: ["variant": variant, "seed": "\(seed)"])
      for batch in data.train.batches(of: 64, seed: seed).prefix(150) {
        let loss = crossEntropy(model(batch.inputs), batch.labels)
        loss.backward()
        optimizer.step()
        try recorder.step(loss: loss)
      }
      runs.append(try recorder.finish())
    }
  }
  try Chart.loss(of: runs).write(to: "\(folder)/loss.png")
  try Chart.gradientFlow(of: runs).write(to: "\(folder)/gradient-flow.png")
  let seconds = (ContinuousClock.now - start).milliseconds / 1e3
  report(Measurement(workload: "main-job-3x150", threads: threads, value: seconds, unit: "s"))
}

private func hiddenLayers(_ initializer: Initializer, isSigmoid: Bool) -> Sequential {
  func activation() -> Module { isSigmoid ? Sigmoid() : ReLU() }
  var layers: [Module] = [Linear(784, 64, initializer: initializer), activation()]
  for _ in 0..<48 { layers += [Linear(64, 64, initializer: initializer), activation()] }
  return Sequential(layers + [Linear(64, 10, initializer: initializer)])
}
