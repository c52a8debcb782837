import Diagnosis
import Foundation
import RunFile
import TestSupport
import Testing

@Suite struct RuleTests {
  /// A run of twenty ReLU layers, each made worse by `spoil`.
  private func findings(
    factor: Double = 1, learns: Bool = true, spoil: (_ step: Int, _ layer: Int, inout LayerRow) -> Void = { _, _, _ in }
  ) throws -> [Finding] {
    try withTemporaryFolder { folder in
      let writer = try RunWriter(path: folder + "/run.rheo")
      try writer.define(
        sites: (0..<40).map {
          Site(
            id: $0, path: "\($0)", kind: $0.isMultiple(of: 2) ? "Linear" : "ReLU", depth: $0 / 2 + 1, shape: [4, 4],
            parameters: $0.isMultiple(of: 2) ? 16 : 0)
        })
      for step in 0..<50 {
        let rows = (0..<40).map { layer in
          var row = LayerRow(step: step, site: layer)
          row[.gradientRMS] = 0.01 * pow(factor, Double(39 - layer) / 2)
          row[.nonfiniteCount] = 0
          row[.gradientNonfiniteCount] = 0
          row[.zeroFraction] = layer.isMultiple(of: 2) ? 0 : 0.5
          spoil(step, layer, &row)
          return row
        }
        let loss = learns ? 2.3 * exp(-Double(step) / 20) : 2.3
        try writer.append(
          step: StepRow(step: step, loss: loss, accuracy: nil, learningRate: 0.1, seconds: 0), layers: rows)
      }
      return diagnose(try writer.finish())
    }
  }

  @Test func aHealthyRunIsLeftAlone() throws {
    #expect(try findings().isEmpty)
    // A slope is no fault of a net that learns.
    #expect(try findings(factor: 0.25).isEmpty)
    // Nor is a mild one of a net that doesn't.
    #expect(try findings(factor: 0.95, learns: false).isEmpty)
  }

  @Test func vanishing() throws {
    let found = try findings(factor: 0.236, learns: false)
    #expect(found.map(\.rule) == ["vanishing gradient"])
    #expect(abs(found[0].measured / pow(0.236, 19) - 1) < 1e-6 && found[0].measured < found[0].limit)
    #expect("\(found[0])".contains("×0.236 a layer") && "\(found[0])".contains("0 to 38, step 0"))
    let zeros = try findings(learns: false) { _, layer, row in if layer < 10 { row[.gradientRMS] = 0 } }
    #expect(zeros.first?.statement.contains("exactly 0 in 5 layers") == true)
  }

  @Test func exploding() throws {
    let found = try findings(factor: 1.6, learns: false)
    #expect(found.map(\.rule) == ["exploding gradient"] && found[0].measured > found[0].limit)
  }

  @Test func nonfinite() throws {
    let found = try findings { step, layer, row in
      if step >= 30, layer >= 12 { row[.nonfiniteCount] = 3 }
      if step >= 30, layer <= 20 { row[.gradientNonfiniteCount] = 1 }
    }
    #expect(found.first?.rule == "non-finite values" && found[0].sites == ["12"] && found[0].steps == 30...49)
  }

  @Test func dead() throws {
    let found = try findings { step, layer, row in if layer == 7, step > 20 { row[.zeroFraction] = 0.999 } }
    #expect(found.map(\.rule) == ["dead units"] && found[0].sites == ["7"] && found[0].severity == .warning)
    let briefly = try findings { step, layer, row in if layer == 7, step == 49 { row[.zeroFraction] = 1 } }
    #expect(briefly.isEmpty)
  }
}
