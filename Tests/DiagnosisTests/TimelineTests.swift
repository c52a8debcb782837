import Diagnosis
import Foundation
import RunFile
import TestSupport
import Testing

/// Which of several findings is the cause.
@Suite struct TimelineTests {
  private func rules(_ change: (inout SyntheticRun) -> Void) throws -> [(rule: String, follows: String?)] {
    var run = SyntheticRun()
    change(&run)
    return try run.findings().filter { $0.severity > .note }.map { ($0.rule, $0.follows) }
  }

  @Test func aLossThatIsNotFiniteFollowsFromExplodingGradients() throws {
    let found = try rules { run in
      run.loss = { $0 < 5 ? 2.3 * pow(30, Double($0)) : .nan }
      run.row = { step, site, row in
        row[.gradientRMS] = 1e-8 * pow(10, Double(6 - site.depth))
        if step >= 5 { row[.nonfiniteCount] = 3 }
      }
    }
    #expect(found.first?.rule == "exploding gradient" && found.first?.follows == nil)
    #expect(found.dropFirst().allSatisfy { $0.follows == "exploding gradient" }, "\(found)")
    #expect(found.map(\.rule).contains("non-finite values"))
  }

  @Test func deadUnitsFollowFromALargeStep() throws {
    let found = try rules { run in
      run.loss = { _ in 2.3 }
      run.weight = { step, _, row in row.updateNorm = row.norm! * (step < 3 ? 2 : 0.001) }
      run.row = { step, site, row in
        if step > 0, site.kind == .relu { row[.zeroFraction] = 1 }
      }
    }
    #expect(found.map(\.rule) == ["learning rate too high", "units dying over time"], "\(found)")
    #expect(found[1].follows == "learning rate too high")
  }

  @Test func aSetUpThatCannotLearnExplainsAllElse() throws {
    let found = try rules { run in
      run.loss = { _ in 2.3 }
      run.set(.loss, .probabilityRows, 1)
      run.row = { _, site, row in row[.gradientRMS] = 0.01 * pow(0.1, Double(6 - site.depth)) }
    }
    #expect(
      found.map(\.rule) == ["softmax applied twice", "vanishing gradient"]
        && found[1].follows == "softmax applied twice")
  }

  @Test func rawInputsDoNotExplainALogarithmOfZero() throws {
    let found = try rules { run in
      run.loss = { $0 < 30 ? 0.5 : .nan }
      for (name, value) in [(FactName.minimum, 0.0), (.maximum, 255), (.mean, 73), (.std, 90)] {
        run.set(.input, name, value)
      }
      run.set(.model, .nonfiniteOrigin, json: #"{"operation":"log","module":null,"count":1,"step":30}"#)
    }
    #expect(found.map(\.rule) == ["logarithm of zero"])
  }

  @Test func aWarningDoesNotExplainAFailure() throws {
    let found = try rules { run in
      run.loss = { _ in 2.3 }
      run.parameter = { $0.isFrozen = $0.id < 2 }
      run.weight = { _, layer, row in if layer == 0 { (row.norm, row.updateNorm) = (8, nil) } }
      run.row = { _, site, row in row[.gradientRMS] = 0.01 * pow(0.1, Double(6 - site.depth)) }
    }
    #expect(found.map(\.rule) == ["vanishing gradient", "frozen parameters"] && found.allSatisfy { $0.follows == nil })
  }

  @Test func theLossIsReportedOnlyWhereNothingElseIs() throws {
    #expect(try rules { $0.loss = { _ in 2.3 } }.map(\.rule) == ["loss does not fall"])
    let found = try rules { run in
      run.loss = { _ in 2.3 }
      run.skipped = Array(20..<50)
    }
    #expect(found.map(\.rule) == ["skipped steps"])
  }

  /// Batches in the order of classes separate the losses without any sample being learned by heart.
  @Test func aGapThatSortedBatchesMakeIsNoOverfitting() throws {
    let found = try rules { run in
      run.scalars = [(10, "validation_loss", 2), (50, "validation_loss", 1.6), (99, "validation_loss", 1.5)]
      run.set(.target, .majorityInBatch, 0.98)
    }
    #expect(found.map(\.rule) == ["batches sorted by class"])
  }

  @Test func checksThatNeedOtherRecordsAreListed() throws {
    var run = SyntheticRun.stuck
    run.hasFacts = false
    let skipped = try run.skippedChecks()
    let names = skipped.map(\.rule)
    #expect(names.contains("overfitting") && names.contains("softmax applied twice"))
    #expect(skipped.allSatisfy { $0.missing.allSatisfy { !$0.remedy.isEmpty } })
    run = SyntheticRun()
    run.meta = [.model: "Sequential"]
    run.scalars = [(10, "validation_loss", 2), (20, "validation_loss", 1), (30, "validation_loss", 0.5)]
    #expect(try run.skippedChecks() == [])
  }
}
