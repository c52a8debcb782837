import Experiments
import Foundation
import Testing

@Suite struct ClaimTests {
  private let experiment = Experiment.activations

  /// Results in which every trial of a variant has the same numbers but for the losses.
  private func results(losses: [Double], factor: Double? = 0.236, _ change: (inout Settings) -> Void = { _ in })
    -> Results
  {
    var settings = experiment.settings
    settings.seeds = losses.count
    change(&settings)
    let trials = experiment.variants.flatMap { variant in
      losses.enumerated().map { seed, loss in
        Trial(variant: variant.name, seed: seed, finalLoss: loss, testAccuracy: 0.5, gradientFactor: factor)
      }
    }
    return Results(experiment: experiment, settings: settings, trials: trials)
  }

  private var sigmoid: Variant { experiment.variants[1] }

  @Test func aClaimHoldsByTheMedianOverSeeds() {
    let claim = Claim.learns(sigmoid, toBelow: 2, "")
    #expect(claim.judged(results(losses: [1, 1.9, 5])).verdict == .holds)
    #expect(claim.judged(results(losses: [1, 2.1, 5])).verdict == .fails)
    #expect(claim.judged(results(losses: [1, 1.5, .nan])).verdict == .fails, "a seed that ends in NaN is no success")
    #expect(Claim.staysAtChance(sigmoid, "").judged(results(losses: [log(10)])).verdict == .holds)
    #expect(Claim.staysAtChance(sigmoid, "").judged(results(losses: [2.2])).verdict == .fails)
  }

  @Test func whatTheSettingsCannotShowIsNotJudged() {
    let reason = Verdict.notJudged("it is about 30 layers or more that are trained for 300 steps or more")
    let learns = Claim.learns(sigmoid, toBelow: 2, "")
    #expect(learns.judged(results(losses: [1]) { $0.steps = 299 }).verdict == reason)
    #expect(learns.judged(results(losses: [1]) { $0.depth = 29 }).verdict == reason)
    #expect(learns.judged(results(losses: [1]) { ($0.depth, $0.steps) = (30, 300) }).verdict == .holds)
    let factor = Claim.gradientFactor(of: sigmoid)
    #expect(factor.judged(results(losses: [1], factor: nil)).verdict == .notJudged("there is nothing to measure"))
    #expect(factor.judged(results(losses: [1]) { $0.depth = 7 }).verdict != .holds)
  }

  @Test func theToleranceOfAFactorShrinksWithWidth() {
    let claim = Claim.gradientFactor(of: sigmoid)
    #expect(claim.judged(results(losses: [1], factor: 0.25)).verdict == .holds)
    #expect(claim.judged(results(losses: [1], factor: 0.26)).verdict == .fails)
    #expect(claim.judged(results(losses: [1], factor: 0.25) { $0.width = 1024 }).verdict == .fails)
  }

  @Test func wordsOfResults() {
    let table = results(losses: [1, 2, .nan]).table.split(separator: "\n")
    #expect(table[0] == "variant   final loss             test accuracy   gradient × a layer   predicted")
    #expect(table[2] == "sigmoid   NaN (1.000 to 2.000)   50.0 %          0.236                0.236")
    let verdicts = results(losses: [1, 2.5, 3]).verdicts.split(separator: "\n")
    #expect(
      verdicts[1]
        == "✓ sigmoid: on its way back each layer multiplies the gradient by 0.236 (measured 0.236, expected 0.215 to 0.257)"
    )
    #expect(verdicts[3] == "✗ relu learns: its loss ends below 2.0 (measured 2.50, expected at most 2.00)")
  }

  @Test(
    arguments: [
      (0, "0"), (1, "1.00"), (0.2357, "0.236"), (12.34, "12.3"), (999.6, "1000"), (5123, "5123"), (0.00012, "1.20e-04"),
      (-2.5, "-2.50"), (3e7, "3.00e+07"), (.nan, "NaN"), (.infinity, "∞"), (-.infinity, "−∞"),
    ] as [(Double, String)])
  func significantDigits(_ number: Double, _ words: String) { #expect(significant(number) == words) }

  @Test func medians() {
    #expect(median([3, 1, 2]) == 2)
    #expect(median([4, 1, 2, 3]) == 2.5)
    #expect(median([1, .nan]).isNaN && median([]).isNaN)
  }
}
