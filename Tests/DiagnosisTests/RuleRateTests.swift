import Diagnosis
import Foundation
import Testing

/// What rules tell about themselves, and what the benchmark measured of them.
@Suite struct RuleRateTests {
  private let rules = [any Rule].all + [any Rule].beforeTraining

  @Test func everyRuleTellsItsPrinciple() {
    for rule in rules {
      #expect(rule.principle.hasSuffix(".") && rule.principle.count > 60, "\(rule.name): \(rule.principle)")
      #expect(rule.principle.split(separator: ". ").count <= 2, "\(rule.name): \(rule.principle)")
      #expect(
        !rule.source.hasSuffix(".") && rule.limits.allSatisfy { $0.value.isFinite && $0.value > 0 }, "\(rule.name)")
      #expect(
        Set(rule.limits).count == rule.limits.count && rule.limits.allSatisfy { !$0.name.isEmpty }, "\(rule.name)")
    }
    #expect(Set(rules.map(\.principle)).count == Set(rules.map(\.name)).count)
  }

  /// A limit is the constant with which the rule compares, as its findings state it.
  @Test func limitsAreThoseOfFindings() throws {
    let vanishing = try #require(rules.first { $0.name == "vanishing gradient" })
    #expect(vanishing.limits[0].value == 1e-3)
    #expect("\(vanishing.limits[0])" == "gradient at the first layer over that at the last: below 0.001×")
    var stated = 0
    for item in RuleCase.setup + RuleCase.signal + RuleCase.outcome {
      var run = SyntheticRun()
      item.fault(&run)
      for finding in try run.findings() where finding.rule == item.rule {
        let rule = try #require(rules.first { $0.name == item.rule })
        #expect(finding.source == rule.source, "\(item.rule)")
        if rule.limits.contains(where: { $0.value == finding.limit }) { stated += 1 }
      }
    }
    // Limits of 0, of a count, or computed from the run are in no list.
    #expect(stated >= 25, "\(stated)")
  }

  @Test func aRuleOfOnesOwnNeedsNone() {
    struct Own: Rule {
      let name = "own"
      func findings(in evidence: RunEvidence) throws -> [Finding] { [] }
    }
    let own = Own()
    #expect(own.principle.isEmpty && own.limits.isEmpty && own.source.isEmpty && own.rate == nil)
  }

  /// Computed from the formula by another program; 0 of 10 gives Wilson's known 0 to 27.8 %.
  @Test(arguments: [
    (62, 73, 0.7500, 0.9137, "85 % (75–91)"), (0, 744, 0, 0.00514, "0.0 % (0.0–0.5)"),
    (0, 10, 0, 0.27753, "0 % (0–28)"), (21, 21, 0.84535, 1, "100 % (85–100)"),
    (5, 10, 0.23659, 0.76341, "50 % (24–76)"),
  ])
  func intervals(_ hits: Int, _ count: Int, _ low: Double, _ high: Double, _ text: String) {
    let share = Proportion(hits, of: count), interval = share.interval
    #expect(abs(interval.lowerBound - low) < 1e-4 && abs(interval.upperBound - high) < 1e-4, "\(interval)")
    #expect(interval.contains(share.value) && "\(share)" == text, "\(share)")
  }

  @Test func ratesAddUp() throws {
    var measured = 0
    for rule in [any Rule].all {
      guard let rate = rule.rate else { continue }
      measured += 1
      #expect(rate.named + rate.namedByOther <= rate.faulty && rate.falseAlarms <= RuleRate.healthyRuns, "\(rule.name)")
      #expect(min(rate.named, rate.namedByOther, rate.falseAlarms, rate.namedWrongly) >= 0)
      if rate.faulty == 0 { #expect(rate.precision == nil && rate.sensitivity == nil) }
      #expect(rate.closed >= 0 && rate.closed <= rate.tried && rate.tried <= rate.faulty, "\(rule.name)")
    }
    #expect(measured >= 58 && RuleRate.healthyRuns > 300 && RuleRate.seeds == 3, "\(measured)")
    #expect(RuleRate.measured("gradient at the start") == nil)
    // The benchmark's faults are found: a table of another meaning would not have this.
    let rates = [any Rule].all.compactMap(\.rate)
    let right = rates.map(\.named).reduce(0, +), wrong = rates.map(\.namedWrongly).reduce(0, +)
    #expect(right > 400 && right > 10 * wrong, "\(right), \(wrong)")
    // Most first remedies help, and those that ask the reader to look can't be tried.
    let tried = rates.map(\.tried).reduce(0, +), closed = rates.map(\.closed).reduce(0, +)
    #expect(tried > 150 && closed * 10 > tried * 8, "\(closed) of \(tried)")
    #expect(RuleRate.measured("constant targets")?.remedyEffect == nil)
  }

  @Test func findingsStateTheEffectOfTheirFirstRemedy() throws {
    func finding(_ rule: String, _ severity: Finding.Severity = .failure, _ remedies: [String] = ["a", "b"]) -> Finding
    {
      Finding(
        severity: severity, rule: rule, statement: "s", steps: 0...1, measured: 1, limit: 2, cause: "c",
        remedies: remedies)
    }
    let effect = try #require(RuleRate.measured("vanishing gradient")?.remedyEffect)
    let text = "a (closed at least half of the gap in \(effect.hits) of \(effect.count) programs tried)"
    let found = finding("vanishing gradient")
    #expect(found.remedyEffect == effect && "\(found)".contains("\n  try: \(text); or b\n"), "\(found)")
    #expect(found.markdown(in: nil).contains("\n  - a (closed at least half") && found.remedies == ["a", "b"])
    for other in [
      finding("vanishing gradient", .note), finding("vanishing gradient", .failure, []), finding("constant targets"),
      finding("my own"),
    ] {
      #expect(
        other.remedyEffect == nil && !"\(other)".contains("closed") && !other.markdown(in: nil).contains("closed"))
    }
  }

  @Test func findingsStateTheirConfidence() throws {
    func finding(_ severity: Finding.Severity, _ rule: String) -> Finding {
      Finding(
        severity: severity, rule: rule, statement: "s", steps: 0...1, measured: 1, limit: 2, cause: "c", remedies: [])
    }
    let rate = try #require(RuleRate.measured("vanishing gradient")), precision = try #require(rate.precision)
    #expect(precision.hits == rate.named && precision.count == rate.named + rate.falseAlarms + rate.namedWrongly)
    let found = finding(.failure, "vanishing gradient")
    #expect(found.confidence == precision)
    #expect(
      "\(found)".hasSuffix(
        "\n  confidence: right in \(precision.hits) of \(precision.count) runs of the benchmark, \(precision)"))
    #expect(finding(.note, "vanishing gradient").confidence == nil)
    #expect(finding(.failure, "my own").confidence == nil && !"\(finding(.failure, "my own"))".contains("confidence"))
  }
}
