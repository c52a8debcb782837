import Foundation
import RunFile
import Support
import TestSupport
import Testing

@Suite struct GradientProfileTests {
  private func profile(
    _ sites: [Site], _ values: [Double?], along axis: GradientProfile.Axis? = nil
  ) -> GradientProfile? {
    GradientProfile(
      LayerMatrix(quantity: .gradientRMS, steps: [7], sites: sites, grid: Grid(values.map { [$0] })), column: 0,
      along: axis)
  }

  private func layer(_ id: Int, _ depth: Int, _ shape: [Int] = [2, 2], call: Int = 0, module: String? = nil) -> Site {
    Site(
      id: id, module: module ?? "m\(id)", call: call, kind: .linear, depth: depth, isLayer: true, shape: shape)
  }

  @Test func theFactorIsTheSlopeOfTheInterior() throws {
    // The first and the last point are outliers, and not in the fit.
    let values = [1e9] + (0..<18).map { pow(0.5, Double(18 - $0)) } + [1e-9]
    let found = try #require(profile((0..<20).map { layer($0, $0 + 1) }, values))
    #expect(found.step == 7 && found.axis == .depth && found.points.count == 20)
    #expect(abs(found.factor! - 0.5) < 1e-12 && found.ratio! == 1e9 / 1e-9)
    // A tenth of twenty points is two at each end.
    #expect(found.fit!.used == 16)
    #expect(profile((0..<4).map { layer($0, $0 + 1) }, [1, 2, 4, 8])!.fit!.used == 4, "fewer than five have no ends")
    #expect(profile((0..<5).map { layer($0, $0 + 1) }, [9, 2, 4, 8, 0])!.fit!.used == 3)
  }

  @Test func zerosAndNonfiniteValuesAreCountedAndLeftOut() throws {
    let found = try #require(profile((0..<6).map { layer($0, $0 + 1) }, [0, 0, 1, .nan, 4, .infinity]))
    #expect(found.zeroCount == 2 && found.nonfiniteCount == 2 && found.fit!.used == 2 && found.ratio == 0)
    #expect(found.fit!.leftOut == 2)
    #expect(profile([layer(0, 1)], [nil]) == nil)
    #expect(profile([layer(0, 1), layer(1, 2)], [0, 0])!.factor == nil)
  }

  /// The first step with a gradient of a layer is found in one pass, however many steps have gradients of other sites only.
  @Test func theFirstStepOfALayerIsFoundInOnePass() throws {
    try withTemporaryFolder { folder in
      let writer = try RunWriter(path: folder + "/run.rheo", meta: [:]), last = 8_000
      let relu = Site(id: 1, module: "relu", kind: "ReLU", depth: 1, isLayer: false, shape: [2, 2])
      try writer.define(sites: [layer(0, 1), relu])
      for step in 0...last {
        var rows = [LayerRow(step: step, site: 0), LayerRow(step: step, site: 1)]
        rows[1][.gradientRMS] = 1
        if step == last { rows[0][.gradientRMS] = 2 }
        try writer.append(step: StepRow(step: step, loss: 1, seconds: 0), layers: rows, weights: [])
      }
      let run = try writer.finish(), start = Date()
      #expect(try GradientProfile.of(run)?.step == last)
      #expect(try GradientProfile.of(run, where: { $0.id == 1 }) == nil)
      #expect(Date().timeIntervalSince(start) < 2)
    }
  }

  @Test func layersOfOneDepthAreOnePointOverAllElements() throws {
    let found = try #require(
      profile([layer(0, 1, [2, 3]), layer(1, 1, [2, 9]), layer(2, 2)], [3, 1, 5]))
    #expect(found.points.map(\.sites) == [[0, 1], [2]])
    #expect(abs(found.points[0].value - ((6 * 9.0 + 18 * 1) / 24).squareRoot()) < 1e-15)
    // Also values whose squares underflow or overflow.
    let tiny = try #require(profile([layer(0, 1, [4]), layer(1, 1, [4])], [3e-200, 4e-200]))
    #expect(abs(tiny.points[0].value / (12.5.squareRoot() * 1e-200) - 1) < 1e-12)
  }

  @Test func repeatedModulesAreAnAxis() throws {
    let cell = (0..<3).map {
      Site(id: $0, module: "a.cell", call: $0, kind: "Cell", depth: 1, isLayer: false, shape: [1])
    }
    let inner = (0..<3).map { layer(3 + $0, $0 + 1, call: $0, module: "a.cell.state") }
    let found = try #require(profile(cell + inner, [1, 2, 4, 9, 9, 9]))
    #expect(found.axis == .calls(of: "a.cell") && found.axis.unit == "call" && found.points.map(\.value) == [1, 2, 4])
    // Two calls are not enough.
    #expect(profile(Array(cell.prefix(2)) + [layer(3, 1)], [1, 2, 3])!.axis == .depth)
  }
}
