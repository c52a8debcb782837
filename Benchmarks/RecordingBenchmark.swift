import Foundation
import Rheoscope

/// The cost of recording on top of a plain step of the nets of `mlp`, with the run file: milliseconds per step, and the ratio to the
/// plain step; and the growth of memory over a long run.
///
/// Another thread writes the file. All configurations take turns, and the best round of each counts.
func recording(threads: Int, _ report: (Measurement) -> Void) throws {
  for (depth, width, batch) in multilayerSizes.dropLast() {
    let workload = "mlp-\(depth)x\(width)x\(batch)"
    let folder = FileManager.default.temporaryDirectory.appending(path: "rheoscope-benchmark-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let ways = try RecordedWay.all.map { way in
      let training = Training(deepNet(depth, width), batch)
      let recorder = try way.probes.map {
        try Recorder(
          training.model, training.optimizer, writingTo: folder.appending(path: way.name + ".rheo").path, probes: $0)
      }
      return (way, training, recorder)
    }
    let cost = Double(depth * width * width * batch) / Double(50 * 64 * 64 * 64)
    let count = max(32, Int(160 / pow(cost, 0.8)) / 16 * 16)
    var best = ways.map { _ in Double.infinity }
    for round in 0..<6 {
      for (index, (way, training, recorder)) in ways.enumerated() {
        let start = ContinuousClock.now
        // The first round warms up.
        for _ in 0..<(round == 0 ? 8 : count) {
          let loss = way.needsLosses ? training.stepOfSamples() : training.step()
          try recorder?.step(loss: loss)
        }
        if round > 0 { best[index] = min(best[index], (ContinuousClock.now - start).milliseconds / Double(count)) }
      }
    }
    for (index, (way, _, recorder)) in ways.enumerated() {
      _ = try recorder?.finish()
      report(
        Measurement(workload: "\(workload), \(way.name)", threads: threads, milliseconds: best[index]))
      if index > 0 {
        report(
          Measurement(
            workload: "\(workload), \(way.name), ratio", threads: threads, value: best[index] / best[0], unit: "×"))
      }
    }
  }
  report(
    Measurement(
      workload: "growth with thorough probes, 10,000th to 100,000th step", recorded: true, threads: threads,
      value: Double(try growthOfLongRun(.thorough)) / Double(1 << 20), unit: "MiB"))
}

/// A configuration of the recorder.
private struct RecordedWay {
  let name: String
  let probes: ProbeSet?
  var needsLosses = false

  /// “Economy” is Cockpit's configuration of that name without its histogram of the samples' gradients.
  static var all: [RecordedWay] {
    [
      RecordedWay(name: "plain", probes: nil), RecordedWay(name: "standard", probes: .standard),
      RecordedWay(name: "standard every 16", probes: .standard.every(16)),
      RecordedWay(
        name: "economy", probes: [WeightStatistics(), DistanceFromInitialization(), GradientTests(), Alpha()],
        needsLosses: true),
      RecordedWay(name: "histograms", probes: [Histograms()]),
    ]
  }
}
