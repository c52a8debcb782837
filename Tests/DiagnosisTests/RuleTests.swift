import Diagnosis
import Foundation
import RunFile
import TestSupport
import Testing

@Suite struct RuleTests {
  /// The findings in a run of twenty ReLU layers, whose rows `spoil` changes.
  private func findings(
    factor: Double = 1, learns: Bool = true, steps: Int = 50, every stride: Int = 1,
    losing: (from: Int, loss: Double)? = nil, skipping: [Int] = [],
    updates: [Double] = [],
    spoil: (_ step: Int, _ layer: Int, inout LayerRow) -> Void = { _, _, _ in }
  ) throws -> [Finding] {
    try withTemporaryFolder { folder in
      let writer = try RunWriter(path: folder + "/run.rheo")
      try writer.define(
        sites: (0..<40).map {
          Site(
            id: $0, module: "\($0)", kind: $0.isMultiple(of: 2) ? .linear : .relu, depth: $0 / 2 + 1,
            isLayer: $0.isMultiple(of: 2), shape: [4, 4])
        })
      try writer.define(
        parameters: (0..<20).map { RecordedParameter(id: $0, path: "\(2 * $0).weight", shape: [4, 4], site: 2 * $0) })
      for step in 0..<steps {
        let rows = (step % stride == stride - 1 ? 0..<40 : 0..<0).map { layer in
          var row = LayerRow(step: step, site: layer)
          row[.gradientRMS] = 0.01 * pow(factor, Double(39 - layer) / 2)
          row[.nonfiniteCount] = 0
          row[.gradientNonfiniteCount] = 0
          row[.zeroFraction] = layer.isMultiple(of: 2) ? 0 : 0.5
          spoil(step, layer, &row)
          return row
        }
        let usual = learns ? 2.3 * exp(-Double(step) / 20) : 2.3
        let loss = losing.map { step >= $0.from ? $0.loss : usual } ?? usual
        try writer.append(
          step: StepRow(step: step, loss: loss, accuracy: nil, learningRate: 0.1, seconds: 0), layers: rows,
          weights: updates.indices.map { WeightRow(step: step, parameter: $0, norm: 8, updateNorm: updates[$0]) })
      }
      for step in skipping { try writer.event(step: step, kind: .skipped, text: "") }
      return diagnose(try writer.finish())
    }
  }

  /// Counts 500, 300 and 200 with weights 1, 2 and 4 are shares of 5, 6 and 8 in 19.
  @Test func aConstantOutputIsKnownForClassWeights() throws {
    func constantLoss(_ weights: String?) throws -> Double? {
      var run = SyntheticRun()
      run.set(.target, .classCounts, json: "[500,300,200]")
      run.set(.target, .classCount, 3)
      run.set(.loss, .isWeighted, 1)
      if let weights { run.set(.loss, .classWeights, json: weights) }
      return try withTemporaryFolder { try RunEvidence(run.run(in: $0)).task.constantLoss }
    }
    let expected = -[5.0, 6, 8].reduce(0) { $0 + $1 / 19 * log($1 / 19) }
    #expect(abs(try #require(try constantLoss("[1,2,4]")) - expected) < 1e-12)
    #expect(try constantLoss(nil) == nil && constantLoss("[1,2]") == nil && constantLoss("[0,0,0]") == nil)
  }

  /// A loss scaler enlarges gradients, which are recorded without its scale.
  @Test(arguments: [nil, 65_536, 16] as [Double?]) func smallGradientsOfAScaledLossAreNoUnderflow(_ scale: Double?)
    throws
  {
    var run = SyntheticRun()
    run.loss = { 2.3 - 0.001 * Double($0) }
    for site in 0..<11 { run.set(.site(site), .precision, text: "float16") }
    run.row = { _, _, row in row[.gradientRMS] = 1e-9 }
    if let scale { run.scalars = [(step: 0, name: Scalar.lossScale(ofOptimizer: 1), value: scale)] }
    let found = try run.findings().filter { $0.rule == "float16 underflow" }
    #expect(found.isEmpty == (scale == 65_536), "\(found)")
    #expect(found.allSatisfy { $0.remedies[0].hasPrefix(scale == nil ? "a loss scaler" : "a larger scale") })
  }

  /// Sites of two nets, whose optimizers have scalers of their own: gradients of 10⁻⁹ are lost where the scale is 16 or there is none.
  @Test(
    arguments: [
      (65_536, 16, ["6", "7", "8", "9", "head"]), (16, 65_536, ["0", "1", "2", "3", "4", "5"]), (65_536, 65_536, []),
      (nil, 65_536, ["0", "1", "2", "3", "4", "5"]), (65_536, nil, ["6", "7", "8", "9", "head"]),
    ] as [(Double?, Double?, [String])])
  func eachNetHasTheScaleOfItsOwnOptimizer(_ first: Double?, _ second: Double?, _ sites: [String]) throws {
    var run = SyntheticRun()
    run.loss = { 2.3 - 0.001 * Double($0) }
    for site in 0..<11 { run.set(.site(site), .precision, text: "float16") }
    run.parameter = { $0.optimizers = [$0.id < 6 ? 0 : 1] }
    run.row = { _, _, row in row[.gradientRMS] = 1e-9 }
    run.scalars = [first, second].enumerated().compactMap { index, scale in
      scale.map { (step: 0, name: Scalar.lossScale(ofOptimizer: index + 1), value: $0) }
    }
    let found = try run.findings().filter { $0.rule == "float16 underflow" }
    #expect(found.flatMap(\.sites) == sites, "\(found)")
    let low = first == 65_536 ? second : first
    #expect(
      found.allSatisfy {
        $0.remedies[0].hasPrefix(low == nil ? "a loss scaler" : "a larger scale")
          && $0.statement.contains("scaled by 16") == (low == 16)
      }, "\(found)")
  }

  /// Two nets whose gradients are lost at different scales have a finding each.
  @Test func eachScaleHasItsFinding() throws {
    var run = SyntheticRun()
    run.loss = { 2.3 - 0.001 * Double($0) }
    for site in 0..<11 { run.set(.site(site), .precision, text: "float16") }
    run.parameter = { $0.optimizers = [$0.id < 6 ? 0 : 1] }
    run.row = { _, _, row in row[.gradientRMS] = 1e-9 }
    run.scalars = [(0, "loss_scale", 16), (0, "loss_scale_2", 4)]
    let found = try run.findings().filter { $0.rule == "float16 underflow" }
    #expect(found.map(\.sites.first) == ["0", "6"] && found.map(\.sites.count) == [6, 5], "\(found)")
    #expect(zip(found, [16.0, 4]).allSatisfy { $0.limit == 0x1p-22 / $1 }, "\(found)")
  }

  @Test func aHealthyRunHasNoFindings() throws {
    #expect(try findings().isEmpty)
    // A slope in a net that learns is no fault.
    #expect(try findings(factor: 0.25).isEmpty)
    // Nor is a mild slope in a net that does not learn.
    #expect(try findings(factor: 0.95, learns: false).map(\.rule) == ["loss does not fall"])
  }

  @Test func vanishing() throws {
    let found = try findings(factor: 0.236, learns: false)
    #expect(found.map(\.rule) == ["vanishing gradient"])
    #expect(abs(found[0].measured / pow(0.236, 19) - 1) < 1e-6 && found[0].measured < found[0].limit)
    #expect("\(found[0])".contains("is multiplied by 0.236 per layer in the backward pass"))
    #expect("\(found[0])".contains("“0” to “38”, step 0"))
    let zeros = try findings(learns: false) { _, layer, row in if layer < 10 { row[.gradientRMS] = 0 } }
    #expect(zeros.first?.statement.contains("exactly 0 in 5 layers") == true)
  }

  @Test func aGradientThatIsZeroInAllButTheLastLayersIsFoundWithoutASlope() throws {
    let found = try findings(learns: false) { _, layer, row in if layer < 36 { row[.gradientRMS] = 0 } }
    #expect(found.map(\.rule) == ["vanishing gradient"])
    #expect(found[0].statement.contains("is exactly 0 in 18 layers") && !found[0].statement.contains("is multiplied"))
    #expect(found[0].measured == 0 && found[0].sites.count == 18)
    // As in branches that begin at zero, and learn.
    #expect(try findings { _, layer, row in if layer < 36 { row[.gradientRMS] = 0 } }.isEmpty)
  }

  /// The loss falls to that of guessing when the last layer alone learns.
  @Test func vanishingIsFoundWhereTheLossFallsButWeightsDoNotMove() throws {
    func unmoved(_ count: Int) throws -> [Finding] {
      try findings(factor: 0.236, updates: (0..<20).map { $0 < count ? 1e-9 : 1e-2 })
    }
    let most = try unmoved(15), few = try unmoved(5)
    #expect(most.map(\.rule) == ["vanishing gradient"] && most[0].severity == .failure)
    #expect(most[0].statement.contains("15 of 20 weight matrices do not move"))
    #expect(!most[0].statement.contains("loss"))
    #expect(few.map(\.severity) == [.warning] && few[0].statement.contains("5 of 20 weight matrices"))
    #expect(try unmoved(0).isEmpty)
  }

  /// Updates that are small in all layers are no fault.
  @Test func aSmallLearningRateIsNoFault() throws {
    let found = try findings(factor: 0.236, updates: [Double](repeating: 1e-9, count: 20))
    #expect(found.isEmpty)
  }

  @Test func aRunOfFewStepsIsNotJudged() throws {
    #expect(try findings(factor: 0.236, learns: false, steps: 19).isEmpty)
    #expect(try findings(factor: 1.6, learns: false, steps: 19).isEmpty)
    #expect(try findings(factor: 0.236, learns: false, steps: 20).count == 1)
    // Unless the loss is not finite.
    let found = try findings(factor: 1.6, steps: 5, losing: (4, .nan))
    #expect(found.map(\.rule) == ["exploding gradient", "non-finite values"])
    #expect(found[1].follows == "exploding gradient")
  }

  @Test func valuesThatAreRecordedAtSomeStepsAreFound() throws {
    let dying = try findings(learns: false, steps: 320, every: 16) { step, layer, row in
      if layer == 7 { row[.zeroFraction] = 1 }
      if step < 160 { row[.gradientRMS] = nil } else { row[.gradientRMS]? *= pow(0.236, Double(39 - layer) / 2) }
    }
    #expect(dying.map(\.rule) == ["dead units", "vanishing gradient"])
    #expect(dying[0].steps == 15...319 && dying[1].steps == 175...175)
    #expect(dying[0].statement == "at least 100 % of the outputs of 1 ReLU are zeros from the first step on")
    // Also where rows of other steps hold other quantities.
    let seldom = try findings(steps: 160) { step, layer, row in
      row[.zeroFraction] = step % 16 == 0 ? (layer == 7 ? 1 : 0.5) : nil
    }
    #expect(seldom.map(\.rule) == ["dead units"] && seldom.first?.steps == 0...144)
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

  @Test func nonfiniteLossesAndUncountedValues() throws {
    let loss = try findings(losing: (40, .infinity))
    #expect(loss.map(\.rule) == ["non-finite values"] && loss[0].sites.isEmpty && loss[0].steps == 40...49)
    #expect(loss[0].statement == "the loss is not finite, first at step 40")
    // A site is reported before the loss.
    let site = try findings(losing: (30, .nan)) { step, layer, row in
      if step >= 30, layer <= 20 { row[.gradientNonfiniteCount] = 5 }
    }
    #expect(site[0].sites == ["20"] && site[0].measured == 5 && site[0].measured > site[0].limit)
    let uncounted = try #require(
      try findings { step, layer, row in
        (row[.nonfiniteCount], row[.gradientNonfiniteCount]) = (nil, nil)
        row[.activationRMS] = step >= 30 && layer >= 12 ? .nan : 1
        if step >= 31 { row[.gradientRMS] = .infinity }
      }.first)
    #expect(uncounted.sites == ["12"] && uncounted.statement.contains("activation") && uncounted.steps == 30...49)
  }

  /// A loss scaler skips steps by design, unless it never finds a scale.
  @Test func skippedStepsAreAFaultOnlyInLongRows() throws {
    func skipping(_ steps: [Int]) throws -> [Finding] {
      try findings(skipping: steps) { step, _, row in
        guard steps.contains(step) else { return }
        (row[.gradientNonfiniteCount], row[.gradientRMS]) = (3, .infinity)
      }
    }
    #expect(try skipping(Array(0..<16) + [20, 40]).isEmpty)
    let found = try skipping(Array(20..<40))
    #expect(found.map(\.rule) == ["skipped steps"] && found[0].severity == .failure && found[0].steps == 20...39)
    #expect(found[0].measured == 20 && found[0].limit == 16)
    // In a step that was not skipped they are a fault.
    let taken = try findings(skipping: [3]) { step, layer, row in
      if step >= 3, layer < 20 { row[.gradientNonfiniteCount] = 3 }
    }
    #expect(taken.map(\.rule) == ["non-finite values"] && taken[0].steps == 4...49)
  }

  @Test func aRunThatCannotBeReadIsAFinding() throws {
    try withTemporaryFolder { folder in
      let run = try RunWriter(path: folder + "/run.rheo").finish()
      #expect(diagnose(run).isEmpty)
      try FileManager.default.removeItem(atPath: run.path)
      let found = diagnose(run)
      #expect(found.map(\.rule) == ["readable run"] && found[0].statement.contains("no such run file"))
    }
  }

  @Test func dead() throws {
    let found = try findings { step, layer, row in if layer == 7, step > 20 { row[.zeroFraction] = 0.999 } }
    #expect(found.map(\.rule) == ["units dying over time"] && found[0].sites == ["7"] && found[0].severity == .warning)
    #expect(found[0].steps == 21...49)
    let briefly = try findings { step, layer, row in if layer == 7, step == 49 { row[.zeroFraction] = 1 } }
    #expect(briefly.isEmpty)
  }
}
