import Foundation
import RunFile
import TestSupport
import Testing

@Suite(.serialized) struct CostTests {
  /// The calls of a recorder at each step, without probes: 600 steps of 100 rows.
  @Test func theTrainingThreadSpendsLittleTime() throws {
    let steps = 600
    let sites = 100
    var best = Double.infinity
    for _ in 0..<5 {
      try withTemporaryFolder { folder in
        let writer = try RunWriter(path: folder + "/run.rheo")
        try writer.define(sites: exampleSites(sites))
        let started = threadSeconds()
        for step in 0..<steps {
          let rows = exampleRows(step: step, sites: sites)
          try writer.append(step: StepRow(step: step, loss: 1, seconds: 0), layers: rows)
        }
        best = min(best, threadSeconds() - started)
        #expect(try writer.finish().steps.count == steps)
      }
    }
    let nanoseconds = best / Double(steps * sites) * 1e9
    #expect(nanoseconds < 200, "\(nanoseconds) ns a row")
  }

  @Test func aRowLiesInOnePiece() {
    #expect(MemoryLayout<LayerRow>.size <= 8 * (LayerQuantity.allCases.count + 3))
  }
}
