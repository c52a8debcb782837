import Diagnosis
import Testing

/// Findings of several seeds together.
@Suite struct JointFindingTests {
  private func finding(_ rule: String, _ severity: Finding.Severity, _ statement: String = "") -> Finding {
    Finding(
      severity: severity, rule: rule, statement: statement, steps: 0...1, measured: 1, limit: 2, cause: "", remedies: []
    )
  }

  @Test func rulesAreCountedOverSeeds() {
    let found = joint([
      [finding("a", .warning, "first"), finding("a", .warning), finding("b", .note)],
      [finding("c", .failure), finding("a", .failure, "worst")], [],
    ])
    #expect(found.map(\.finding.rule) == ["a", "c", "b"])
    #expect(found.map(\.count) == [2, 1, 1] && found.allSatisfy { $0.total == 3 })
    #expect(found[0].finding.statement == "worst")
    #expect("\(found[0])".hasPrefix("failure: worst [a, steps 0–1] in 2 of 3 seeds\n"))
    #expect(joint([[], []]).isEmpty)
  }
}
