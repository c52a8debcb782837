import Charts
import Diagnosis
import Foundation
import RunFile
import TestSupport
import Testing

/// The chart that shows a finding, and which part of it.
@Suite struct EvidenceRegionTests {
  /// Of every rule, in a run where it finds something, the chart can be drawn, and shows the finding's first step.
  @Test func theChartOfEveryRuleCanBeDrawn() throws {
    var drawn: Set<String> = []
    for item in RuleCase.setup + RuleCase.signal + RuleCase.outcome {
      try withTemporaryFolder { folder in
        var synthetic = SyntheticRun()
        item.fault(&synthetic)
        let run = try synthetic.run(in: folder)
        for finding in diagnose(run) where finding.rule == item.rule {
          guard let region = finding.evidence(in: run) else { continue }
          if let steps = region.steps { #expect(steps.contains(finding.steps.lowerBound), "\(item.rule): \(region)") }
          let kind = ChartKind.all.first { $0.name == region.chart } ?? .measure(MeasureName(rawValue: region.chart))
          #expect(throws: Never.self, "\(item.rule): \(region)") {
            _ = try kind.figure(run, ChartOptions(steps: region.steps, layers: region.layers))
          }
          drawn.insert(item.rule)
        }
      }
    }
    let without = Set([any Rule].all.map(\.name)).subtracting(drawn)
    #expect(without == ["forward called by hand", "missing activation", "warning while recording"])
  }

  private func region(
    _ chart: String?, _ steps: ClosedRange<Int>, _ sites: [String] = [], records: Bool = true
  ) throws -> EvidenceRegion? {
    try withTemporaryFolder { folder in
      let writer = try RunWriter(path: folder + "/run.rheo")
      let paths = ["stem"] + (0..<4).flatMap { block in ["blocks.\(block).0", "blocks.\(block).1"] } + ["head"]
      try writer.define(
        sites: paths.enumerated().map {
          Site(id: $0, module: $1, kind: .linear, depth: $0 + 1, isLayer: true, shape: [4, 4])
        })
      for step in 0..<400 {
        var row = LayerRow(step: step, site: 0)
        if records { (row[.gradientRMS], row[.activationMean]) = (1, 0) }
        try writer.append(step: StepRow(step: step, loss: 1, seconds: 0), layers: records ? [row] : [])
      }
      return Finding(
        severity: .failure, rule: "r", statement: "", sites: sites, steps: steps, measured: 0, limit: 0, cause: "",
        remedies: [], chart: chart
      ).evidence(in: try writer.finish())
    }
  }

  @Test func stepsAroundTheFindingAreShown() throws {
    #expect(try region(nil, 0...9) == nil)
    #expect(try region("loss", 0...399)?.steps == nil)
    // A quarter of the run on both sides.
    #expect(try region("loss", 200...202)?.steps == 100...302)
    #expect(try region("loss", 0...2)?.steps == 0...102)
    // What lasts for longer has as much around it.
    #expect(try region("loss", 200...310)?.steps == 89...399)
    // A profile is that of its first step.
    #expect(try region("gradient-profile", 30...30)?.steps == 30...399)
    #expect(try region("gradient-profile", 0...0)?.steps == nil)
  }

  @Test func theLossIsShownWhereTheChartHasNoRecords() throws {
    for chart in ["accuracy", "activations", "dead-and-saturated", "gradient-profile", "updates", "weight-gradients"] {
      let shown = try region(chart, 200...202, records: false)
      #expect(shown?.chart == "loss" && shown?.steps == 100...302, "\(chart)")
    }
  }

  @Test func layersAroundTheSitesAreShown() throws {
    #expect(try region("activations", 0...399, ["blocks.2.1"])?.layers == "blocks.**")
    #expect(try region("activations", 0...399, ["blocks.2.1.weight", "blocks.3.0.weight"])?.layers == "blocks.**")
    #expect(try region("activations", 0...399, ["stem", "blocks.2.1"])?.layers == nil)
    #expect(try region("activations", 0...399, ["stem"])?.layers == nil)
    #expect(try region("loss", 0...399, ["blocks.2.1"])?.layers == nil)
    #expect(
      try region("activations", 200...200, ["blocks.2.1"])?.description
        == "activations, steps 100 to 300, layers blocks.**")
  }
}
