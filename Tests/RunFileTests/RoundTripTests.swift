import Foundation
import RunFile
import TestSupport
import Testing

@Suite struct RoundTripTests {
  @Test func someStepsOfSeveralQuantities() throws {
    try withTemporaryFolder { folder in
      let writer = try RunWriter(path: folder + "/run.rheo")
      try writer.define(sites: exampleSites(2))
      for step in 0..<10 {
        try writer.append(
          step: StepRow(step: step, loss: 1, seconds: 0), layers: exampleRows(step: step, sites: 2, value: Double(step))
        )
      }
      let run = try writer.finish()
      let whole = try run.layers([.gradientRMS, .activationStd])
      for keepsAll in [false, true] {
        if keepsAll { try run.keep([.activationStd, .gradientRMS, .zeroFraction]) }
        #expect(try run.layers([.gradientRMS, .activationStd]) == whole, "in the order of the question")
        let part = try run.layers([.activationStd], steps: 3...4)[0]
        #expect(part.steps == [3, 4] && part[1, 0] == whole[1][1, 3] && part[1, 1] == whole[1][1, 4])
        #expect(try run.layers([.activationStd], steps: 30...40)[0].steps == [])
      }
    }
  }

  @Test func everyValueIsReadAsWritten() throws {
    try withTemporaryFolder { folder in
      let writer = try RunWriter(path: folder + "/run.rheo", meta: [.experiment: "activations", .seed: "7"])
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
      let run = try writer.finish(meta: [.experiment: "residual", .variant: "plain"])

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
        #expect(matrix.grid.isRecorded(row: 1) && !matrix.grid.isRecorded(row: 2))
        #expect(matrix.grid.values(ofRow: 1)[matrix.steps.count + 3] == 1e-300)
      }
    }
  }

  @Test func measuresAreReadInOrderOfSteps() throws {
    try withTemporaryFolder { folder in
      let writer = try RunWriter(path: folder + "/run.rheo")
      try writer.define(sites: exampleSites(2))
      try writer.measure(step: 8, name: "noise scale", value: 1e-300)
      try writer.measure(step: 4, site: 1, name: "noise scale", value: .infinity)
      try writer.measure(step: 4, name: "trace", value: .nan)
      try writer.histogram(step: 8, quantity: "weight", counts: [])
      try writer.histogram(step: 4, site: 1, quantity: "weight", counts: [0, 1, .max])
      try writer.histogram(step: 4, site: 1, quantity: "gradient", counts: [7])
      try writer.event(step: 8, site: 1, kind: "nonfinite", text: "it’s “NaN”")
      try writer.event(step: 4, kind: "note", text: "")
      let run = try writer.finish()

      let scales = try run.measures("noise scale")
      #expect(scales.map(\.step) == [4, 8] && scales.map(\.site) == [1, nil])
      #expect(scales.map(\.value) == [.infinity, 1e-300])
      #expect(try run.measures("trace").map(\.value.isNaN) == [true])
      #expect(try run.measures("absent").isEmpty)
      let weights = try run.histograms("weight")
      #expect(weights.map(\.step) == [4, 8] && weights.map(\.site) == [1, nil])
      #expect(weights.map(\.counts) == [[0, 1, .max], []])
      #expect(run.events.map(\.text) == ["it’s “NaN”", ""])
      #expect(run.events.map(\.site) == [1, nil] && run.events.map(\.kind) == ["nonfinite", "note"])
    }
  }

  @Test func manyRowsKeepTheirCells() throws {
    try withTemporaryFolder { folder in
      // Rows are inserted in blocks of 16; these are one more than two blocks, shuffled.
      let sites = 33
      let writer = try RunWriter(path: folder + "/run.rheo")
      try writer.define(sites: exampleSites(sites))
      for step in 0..<40 {
        let rows = exampleRows(step: step, sites: sites, value: Double(step)).reversed().map { row in
          var row = row
          row[.gradientMax] = row.site % 3 == 0 ? nil : Double(step * 1000 + row.site)
          return row
        }
        try writer.append(step: StepRow(step: step, loss: 1, seconds: 0), layers: rows)
      }
      let matrices = try writer.finish().layers([.gradientMax, .activationStd])
      #expect(matrices.map(\.quantity) == [.gradientMax, .activationStd])
      for (site, step) in (0..<sites).flatMap({ site in (0..<40).map { (site, $0) } }) {
        #expect(matrices[0][site, step] == (site % 3 == 0 ? nil : Double(step * 1000 + site)))
        #expect(matrices[1][site, step] == Double(step) + Double(LayerQuantity.activationStd.rawValue))
      }
    }
  }

  @Test func aRowClearsAQuantityThatIsSetToNil() {
    var row = LayerRow(step: 0, site: 0)
    row[.activationMax] = 2
    row[.gradientRMS] = .nan
    row[.activationMax] = nil
    #expect(row[.activationMax] == nil && row[.gradientRMS]?.isNaN == true && row[.gradientMax] == nil)
  }
}
