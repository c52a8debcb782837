import Diagnosis
import Foundation
import RunFile
import TestSupport
import Testing

@Suite struct RuleTableTests {
  private func check(_ cases: [RuleCase]) throws {
    for (index, item) in cases.enumerated() {
      let name: Comment = "\(index): \(item.rule)"
      var run = SyntheticRun()
      item.fault(&run)
      let found = try run.findings()
      let all: Comment = "\(index): \(item.rule): \(found.map(\.description).joined(separator: "\n"))"
      if let finding = found.first(where: { $0.rule == item.rule }) {
        #expect(finding.severity == item.severity, all)
        if item.isFirst { #expect(found.first?.rule == item.rule, all) }
        let text = ([finding.statement, finding.cause] + finding.remedies).joined(separator: "\n")
        for part in item.says { #expect(text.contains(part), "\(part) — \(index): \(text)") }
        #expect(
          (!finding.remedies.isEmpty || finding.rule == "warning while recording") && !finding.statement.hasSuffix("."),
          name)
      } else {
        Issue.record(all)
      }
      var unable = run
      item.unable(&unable)
      let unsure = try unable.findings().filter { $0.rule == item.rule && $0.severity > .note }
      #expect(unsure.isEmpty, "unable: \(name): \(unsure.map(\.description))")
      item.twin(&run)
      let healthy = try run.findings().filter { $0.severity > .note }
      #expect(
        item.rule.hasPrefix("loss osc") || item.rule == "missing activation" || healthy.isEmpty,
        "twin: \(name): \(healthy.map(\.description))")
      #expect(!healthy.contains { $0.rule == item.rule }, "twin: \(name)")
    }
  }

  @Test func setup() throws { try check(RuleCase.setup) }
  @Test func signal() throws { try check(RuleCase.signal) }
  @Test func outcome() throws { try check(RuleCase.outcome) }

  @Test func eachRuleHasACase() {
    let tested = Set((RuleCase.setup + RuleCase.signal + RuleCase.outcome).map(\.rule))
    #expect(Set([any Rule].all.map(\.name)) == tested)
    #expect([any Rule].all.count == Set([any Rule].all.map(\.name)).count)
  }
}
