import Diagnosis
import Foundation
import RunFile
import TestSupport
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
    #expect(found[0].finding.statement == "worst" && found.map(\.run) == [1, 1, 0])
    #expect("\(found[0])".hasPrefix("failure: worst [a, steps 0–1] in 2 of 3 seeds\n"))
    #expect(joint([[], []]).isEmpty)
  }

  @Test func asMarkdown() throws {
    try withTemporaryFolder { folder in
      let run = try SyntheticRun().run(in: folder)
      let list = [[finding("a_b", .warning, "first")], [finding("a_b", .failure, "it's *worse*")], []]
      #expect(
        markdownList(of: list, in: [run, run, run])
          == """
          - **a\\_b, failure**: it's \\*worse\\*  \("")
            In 2 of 3 seeds  \("")
            Since: step 0  \("")
            Measured: 1.00 (limit 2.00)  \("")
            Why:   \("")

          """)
      #expect(!markdownList(of: [list[0]], in: [run]).contains("seeds"))
      #expect(markdownList(of: [[], []], in: [run, run]) == "Nothing wrong found.\n")
      // With what the benchmark and the run tell.
      var stuck = SyntheticRun.stuck
      stuck.row = { _, site, row in row[.gradientRMS] = pow(0.1, Double(10 - site.id)) }
      try FileManager.default.createDirectory(atPath: folder + "/sick", withIntermediateDirectories: false)
      let sick = try stuck.run(in: folder + "/sick")
      let text = markdownList(of: [diagnose(sick)], in: [sick])
      #expect(text.hasPrefix("- **vanishing gradient, failure**: ") && text.contains("\n  Chart: gradient-profile  \n"))
      #expect(text.contains("\n  Confidence: right in ") && text.contains("\n  Source: Hochreiter 1991"))
    }
  }
}
