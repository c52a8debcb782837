import Foundation
import Rheoscope

/// The memory of training: of a net of ten thousand layers with checkpoints, and of a long recorded run.
func memoryUse(threads: Int, _ report: (Measurement) -> Void) throws {
  // First, since the peak of the whole process is measured.
  var perStep: [Int: Double] = [:]
  for depth in [1000, 10_000] {
    let training = Training(tower(depth, identity), 64) { SGD($0, learningRate: 1e-6) }
    perStep[depth] = bestOfThree { training.step() }
    let parameters = 4 * training.model.parameterCount
    report(Measurement(workload: "tower-\(depth)x64x64", threads: threads, milliseconds: perStep[depth]))
    report(
      Measurement(
        workload: "tower-\(depth), peak of the process", threads: threads,
        value: Double(peakOfProcess()) / Double(1 << 20), unit: "MiB"))
    report(
      Measurement(
        workload: "tower-\(depth), weights and gradients", threads: threads,
        value: Double(2 * parameters) / Double(1 << 20), unit: "MiB"))
  }
  report(
    Measurement(
      workload: "tower, 10,000 to 1,000 layers", threads: threads, value: perStep[10_000]! / perStep[1000]!, unit: "×"))

  report(
    Measurement(
      workload: "growth, 10,000th to 100,000th step", recorded: true, threads: threads,
      value: Double(try growthOfLongRun(.standard)) / Double(1 << 20), unit: "MiB"))
}

/// The growth of resident memory, in bytes, over 90,000 recorded steps of a small net.
func growthOfLongRun(_ probes: ProbeSet) throws -> Int {
  let folder = FileManager.default.temporaryDirectory.appending(path: "rheoscope-benchmark-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  let training = Training(deepNet(4, 32), 16)
  let recorder = try Recorder(
    training.model, training.optimizer, writingTo: folder.appending(path: "run.rheo").path, probes: probes)
  var before = 0
  for step in 1...100_000 {
    try recorder.step(loss: training.step())
    if step == 10_000 { before = try residentBytes() }
  }
  let growth = try residentBytes() - before
  _ = try recorder.finish()
  return growth
}

/// The resident memory of this process, in bytes.
private func residentBytes() throws -> Int {
  let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")[1]
  return Int(pages)! * sysconf(Int32(_SC_PAGESIZE))
}

/// The identity, which a small learning rate preserves. Random weights would lead to numbers below Float32's normal ones, with which
/// some processors are a hundred times slower; the benchmark `denormals` measures that.
private let identity = Initializer("identity") { values, shape, _, _ in
  for index in values.indices { values[index] = index / shape[1] == index % shape[1] ? 1 : 0 }
}

/// Linear layers of width 64 with ReLU, in √L checkpointed segments.
func tower(_ depth: Int, _ inner: Initializer) -> Module {
  var layers: [Module] = [Linear(784, 64, initializer: .heNormal)]
  for _ in 0..<depth - 2 { layers += [ReLU(), Linear(64, 64, initializer: inner)] }
  return Sequential(layers + [ReLU(), Linear(64, 10, initializer: .heNormal)], checkpointed: true)
}

/// The best of three steps after a warm-up, in milliseconds.
func bestOfThree(_ step: () -> Void) -> Double {
  step()
  return (0..<3).map { _ in
    let start = ContinuousClock.now
    step()
    return (ContinuousClock.now - start).milliseconds
  }.min()!
}

/// The peak resident memory of this process, in bytes.
private func peakOfProcess() -> Int {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return usage.ru_maxrss * 1024
}
