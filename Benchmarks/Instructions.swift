import Foundation
import Rheoscope

/// The works whose instructions `.ci/instructions` counts, one per process: each prepares and warms up, then runs once inside
/// `measured`.
let countedWorks: [(name: String, run: @Sendable () throws -> Void)] = [
  ("step", { try countedStep(recorded: false) }),
  ("step-recorded", { try countedStep(recorded: true) }),
  ("step-with-facts", { try countedStep(recorded: true, after: 4) }),
  ("resnet-step", countedResNetStep),
  ("heatmap", { try counted { try cellFigure(layers: 50, steps: 1000).png(scale: 1) } }),
  ("dashboard", { try withCountedRun { try Chart.dashboard(of: Run(path: $0)).png(scale: 1) } }),
  ("run-file", { try withCountedRun { try Run(path: $0).layers(.gradientRMS) } }),
]

/// The function in which callgrind counts, by its symbol's name, the instructions of the calling thread.
@inline(never)
func measured() { work?() }

nonisolated(unsafe) private var work: (() -> Void)?

/// Runs `body` once to warm up and once for the count.
private func counted<Result>(_ body: @escaping () throws -> Result) throws {
  _ = try body()
  var failure: (any Error)?
  work = { do { _ = try body() } catch { failure = error } }
  measured()
  work = nil
  if let failure { throw failure }
}

/// A step of 50 layers of width 64 at batch 64; recorded, with every layer's statistics in a run file. Facts are due at step 5, which
/// comes after 4 recorded steps and the one that warms up.
private func countedStep(recorded: Bool, after steps: Int = 3) throws {
  let training = Training(deepNet(50, 64), 64)
  guard recorded else { return try counted { training.step() } }
  try withTemporaryFolder { folder in
    let recorder = try Recorder(training.model, training.optimizer, writingTo: folder + "/run.rheo")
    for _ in 0..<steps { try recorder.step(loss: training.step()) }
    try counted { try recorder.step(loss: training.step()) }
    _ = try recorder.finish()
  }
}

/// A step of ResNet-8, one block per stage, at batch 8.
@Sendable private func countedResNetStep() throws {
  let training = Training(resNet(blocks: 1, hasShortcut: true), 8) {
    SGD($0, learningRate: 0.1, momentum: 0.9, weightDecay: 1e-4)
  }
  try counted { training.step() }
}

private func withCountedRun<Result>(_ body: @escaping (String) throws -> Result) throws {
  try withRun(layers: 50, steps: 100) { path in try counted { try body(path) } }
}

private func withTemporaryFolder(_ body: (String) throws -> Void) throws {
  let folder = FileManager.default.temporaryDirectory.appending(path: "rheoscope-benchmark-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  try body(folder.path)
}
