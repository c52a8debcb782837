import Foundation
import RunFile
import TestSupport
import Testing

/// Answers for programs.
@Suite struct JSONTests {
  @Test func diagnoseAnswersInOneObject() throws {
    try withTemporaryFolder { folder in
      try writeSmallRun(folder + "/a.rheo")
      try writeSmallRun(folder + "/b.rheo", variant: "beta\u{1B}\u{202E}")
      let run = try runTool("diagnose", "a.rheo", "none.rheo", "b.rheo", "--json", in: folder)
      #expect(run.code == 1)
      let answer = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
      #expect(answer.keys.sorted() == ["command", "data", "errors", "version"])
      #expect(answer["command"] as? String == "./rheoscope diagnose a.rheo none.rheo b.rheo --json")
      #expect(answer["version"] as? String == "0.2.0")
      let errors = try #require(answer["errors"] as? [String])
      #expect(errors.count == 1 && errors[0].hasPrefix("none.rheo: no such run file"))
      let data = try #require(answer["data"] as? [String: [[String: Any]]])
      let runs = try #require(data["runs"]), findings = try #require(data["findings"])
      #expect(
        runs.map { $0["path"] as? String } == ["a.rheo", "b.rheo"]
          && runs[1]["variant"] as? String == "beta\u{1B}\u{202E}")
      #expect(runs[0]["steps"] as? Int == 40 && runs[0]["isFinished"] as? Bool == true)
      // What the lines for people say.
      let words = try runTool("diagnose", "a.rheo", in: folder).output
      for finding in findings where finding["run"] as? String == "a.rheo" {
        #expect(words.contains(try #require(finding["statement"] as? String)))
      }
      #expect(findings.isEmpty == words.contains("nothing wrong found"))
      #expect(!run.output.contains("\u{202E}"))
      #expect(run.errors.split(separator: "\n").count == 1)
    }
  }

  @Test func rulesAreExplainedInOneObject() throws {
    let run = try runTool("diagnose", "--explain", "vanishing-gradient", "--json")
    #expect(run.code == 0 && run.errors == "")
    let answer = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    let data = try #require(answer["data"] as? [String: Any])
    #expect(data["half"] as? String == "development" && data["seeds"] as? Int == 3)
    let rules = try #require(data["rules"] as? [[String: Any]])
    #expect(rules.count == 1 && rules[0]["name"] as? String == "vanishing gradient")
    let limits = try #require(rules[0]["limits"] as? [[String: Any]])
    #expect(limits[0]["value"] as? Double == 0.001 && limits[0]["side"] as? String == "below")
    for name in ["sensitivity", "falseAlarmRate", "precision", "remedyEffect"] {
      let share = try #require(rules[0][name] as? [String: Double])
      let low = try #require(share["low"]), value = try #require(share["value"]), high = try #require(share["high"])
      #expect(low <= value && value <= high && share["hits"]! <= share["count"]!)
    }
  }

  /// A finding has its confidence, its chart with steps and sites, and the command that draws it.
  @Test func findingsHaveConfidenceAndEvidence() throws {
    try withTemporaryFolder { folder in
      let writer = try RunWriter(path: folder + "/a.rheo")
      for step in 0..<40 {
        try writer.append(step: StepRow(step: step, loss: Double(step + 1), learningRate: 0.1, seconds: 0))
      }
      _ = try writer.finish()
      let run = try runTool("diagnose", "a.rheo", "--json", in: folder)
      let answer = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
      let data = try #require(answer["data"] as? [String: [[String: Any]]])
      let finding = try #require(data["findings"]?.first)
      #expect(finding["chart"] as? String == "loss" && finding["sites"] is [String])
      #expect(finding["firstStep"] as? Int == 0 && finding["lastStep"] as? Int == 39)
      #expect(finding["see"] as? String == "./rheoscope render a.rheo --chart loss --findings")
      for name in ["confidence", "remedyEffect"] {
        let share = try #require(finding[name] as? [String: Double])
        #expect(share["hits"]! <= share["count"]! && share["low"]! <= share["value"]!)
      }
    }
  }
}
