import Foundation
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
}
