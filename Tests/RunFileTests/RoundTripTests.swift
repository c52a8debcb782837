import Foundation
import RunFile
import TestSupport
import Testing

@Suite struct RoundTripTests {
  @Test func everyValueComesBackAsItWas() throws {
    try withTemporaryFolder { folder in
      let writer = try RunWriter(path: folder + "/run.rheo", meta: ["experiment": "activations", "seed": "7"])
      let sites = exampleSites(3)
      try writer.define(sites: sites)
      let values: [Double?] = [
        .nan, .infinity, -.infinity, 1e-300, nil, 0, -1.5, .leastNonzeroMagnitude, .greatestFiniteMagnitude,
      ]
      for (step, value) in values.enumerated() {
        var row = LayerRow(step: step, site: 1)
        for quantity in LayerQuantity.allCases { row[quantity] = value }
        try writer.append(
          step: StepRow(step: step, loss: value ?? 1, accuracy: value, learningRate: value, seconds: 0.5),
          layers: [row])
      }
      let run = try writer.finish(meta: ["experiment": "residual", "variant": "plain"])

      #expect(run.experiment == "residual" && run.variant == "plain" && run.seed == 7 && run.isFinished)
      #expect(run.sites == sites)
      #expect(run.steps.map(\.step) == Array(values.indices))
      for (step, value) in values.enumerated() {
        #expect(same(run.steps[step].accuracy, value) && same(run.steps[step].learningRate, value))
        #expect(same(run.steps[step].loss, value ?? 1))
      }
      for quantity in LayerQuantity.allCases {
        let matrix = try run.layers(quantity)
        #expect(matrix.quantity == quantity && matrix.steps == Array(values.indices) && matrix.sites == sites)
        for (step, value) in values.enumerated() {
          #expect(same(matrix[1, step], value), "\(quantity) at step \(step)")
          #expect(matrix[0, step] == nil && matrix[2, step] == nil)
        }
        #expect(matrix.isRecorded(atSite: 1) && !matrix.isRecorded(atSite: 2))
        #expect(matrix.values(atSite: 1)[matrix.steps.count + 3] == 1e-300)
      }
    }
  }
}
