import Foundation
import Rheoscope

/// How long it takes to write ten million rows of layers, and to load them into a chart.
func runFile(threads: Int, _ report: (Measurement) -> Void) throws {
  let layers = 1000, steps = 10_000
  let start = ContinuousClock.now
  try withRun(layers: layers, steps: steps) { path in
    report(
      Measurement(
        workload: "run file, \(layers * steps) rows written", threads: threads,
        milliseconds: (ContinuousClock.now - start).milliseconds))
    report(
      Measurement(
        workload: "run file, \(layers * steps) rows into a chart", threads: threads,
        milliseconds: try best { try Chart.gradientFlow(of: Run(path: path)).png(scale: 1) }))
  }
}
