import Diagnosis
import Foundation
import RunFile
import TestSupport
import Testing

/// Nets that learn, however odd their training looks: nothing above a note.
@Suite struct HealthyRunTests {
  private func isSilent(_ change: (inout SyntheticRun) -> Void) throws -> [String] {
    var run = SyntheticRun()
    change(&run)
    return try run.findings().filter { $0.severity > .note }.map(\.description)
  }
  /// The same noise in each run.
  private func noise(_ step: Int) -> Double { sin(Double(step) * 12.9898) }

  @Test func aHealthyRunHasNoFindings() throws {
    #expect(try SyntheticRun().findings().isEmpty)
  }

  @Test func aNetThatLearnsSlowlyHasNoFault() throws {
    #expect(try isSilent { run in run.loss = { 2.3026 - 0.003 * Double($0) + 0.002 * noise($0) } } == [])
  }

  @Test func noiseOfSmallBatchesIsNoFault() throws {
    #expect(
      try isSilent { run in
        run.batch = 2
        run.set(.target, .majorityInBatch, 0.55)
        run.loss = { 2.3 * exp(-Double($0) / 40) * (1 + 0.9 * noise($0)) + 0.3 }
      } == [])
  }

  @Test func aHardTaskWithHighLossHasNoFault() throws {
    #expect(
      try isSilent { run in
        run.loss = { 2.3026 * (1 - 0.1 * (1 - exp(-Double($0) / 20))) }
        run.set(.target, .nearestMeanAccuracy, 0.12)
      } == [])
  }

  @Test func aSmallFallUnderNoiseIsLearning() throws {
    #expect(
      try isSilent { run in
        run.steps = 200
        run.loss = { 2.3026 - 0.1 * (1 - exp(-Double($0) / 20)) + 0.1 * noise($0) }
      } == [])
  }

  @Test func fineTuningOfLoadedWeightsIsNoFault() throws {
    #expect(
      try isSilent { run in
        run.loss = { 0.3 + 0.01 * noise($0) }
        run.parameter = { $0.isFrozen = $0.id < 8 }
        for layer in 0..<4 { run.set(.parameter("\(2 * layer).weight"), .valuesFrom, text: "loaded") }
        run.weight = { _, layer, row in
          if layer < 4 { (row.norm, row.updateNorm) = (8, nil) } else { row.updateNorm = row.norm! * 1e-5 }
        }
      } == [])
  }

  @Test func aFlatStartIsNoFault() throws {
    #expect(
      try isSilent { run in run.loss = { $0 < 60 ? 2.3026 + 0.005 * noise($0) : 2.3026 * exp(-Double($0 - 60) / 15) } }
        == [])
  }

  @Test func warmUpIsNoFault() throws {
    #expect(
      try isSilent { run in
        run.learningRate = { 0.001 * Double(min($0, 50)) }
        run.weight = { step, _, row in row.updateNorm = row.norm! * 6e-5 * Double(min(step, 50)) }
        run.loss = { 2.3026 * exp(-Double(max($0 - 30, 0)) / 20) }
      } == [])
  }

  @Test func sparseEmbeddingsAreNoFault() throws {
    #expect(
      try isSilent { run in
        run.site = { if $0.id == 0 { $0.kind = "Embedding" } }
        run.set(.input, .isTokens, 1)
        run.set(.input, .maximum, 50_000)
        run.set(.input, .mean, 25_000)
        run.set(.input, .std, 14_000)
        run.set(.parameter("0.weight"), .withoutGradient, 0.4)
        run.weight = { _, layer, row in if layer == 0 { row.updateNorm = row.norm! * 1e-4 } }
      } == [])
  }

  @Test func aHundredResidualLayersAreNoFault() throws {
    #expect(
      try isSilent { run in
        run.layers = 100
        run.steps = 40
        run.row = { _, site, row in
          row[.activationRMS] = pow(1.05, Double(site.depth))
          row[.gradientRMS] = 0.01 * pow(1.05, Double(101 - site.depth))
        }
      } == [])
  }

  @Test func netsThatTrainAgainstEachOtherNeedNoFallingLoss() throws {
    #expect(
      try isSilent { run in
        run.without = [.classCount, .classCounts, .majorityInBatch, .classesInBatch, .nearestMeanAccuracy]
        run.set(.target, .kind, text: "probabilities")
        run.set(.loss, .function, text: "binaryCrossEntropy")
        run.set(.loss, .shapes, json: "[[64,1],[64,1]]")
        run.set(.loss, .callsPerStep, 3)
        run.parameter = { $0.optimizers = [$0.id < 6 ? 0 : 1] }
        run.set(.model, .optimizerSteps, json: "[100,100]")
        run.loss = { 0.69 + 0.1 * noise($0) }
      } == [])
  }

  @Test func branchesThatBeginAtZeroAreNoFault() throws {
    #expect(
      try isSilent { run in
        run.set(.parameter("2.weight"), .equalUnits, 1)
        run.set(.parameter("0.weight"), .zeroGradient, 0.01)
        run.weight = { step, layer, row in if layer == 1, step == 0 { row.norm = 0 } }
        run.row = { step, site, row in if step == 0, site.id < 2 { row[.gradientRMS] = 0 } }
      } == [])
  }

  @Test func aSummedLossIsNotMeasuredByTheMeanOfConstants() throws {
    #expect(
      try isSilent { run in
        run.regress()
        run.set(.loss, .mean, 0)
        run.set(.loss, .std, 0.3)
        run.loss = { 64 * (1.1 * exp(-Double($0) / 40) + 0.1) }
      } == [])
    // Times 10⁻⁶, flat: a fault, though far below ln 10.
    var scaled = SyntheticRun()
    scaled.set(.loss, .minimum, -1)
    scaled.set(.loss, .maximum, 1)
    scaled.loss = { 2.3e-6 * (1 + 0.001 * noise($0)) }
    #expect(try scaled.findings().map(\.rule) == ["loss does not fall"])
  }

  @Test func runsOfTwoStepsOrNoneAreNotJudged() throws {
    for steps in 0...3 {
      var run = SyntheticRun.stuck
      run.steps = steps
      #expect(try run.findings().isEmpty)
    }
  }
}
