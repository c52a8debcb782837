import Foundation
import TestSupport
import Testing

@Suite struct CheckTests {
  @Test func aSoundRunFile() throws {
    try withTemporaryFolder { folder in
      try writeSmallRun(folder + "/a.rheo")
      let run = try runTool("check", "a.rheo", in: folder)
      #expect(run.code == 0 && run.errors == "")
      #expect(run.output == "a.rheo: a sound run file of format 2, finished, 40 steps, 3 sites\n")
    }
  }

  @Test func twoRuns() throws {
    try withTemporaryFolder { folder in
      try writeSmallRun(folder + "/a.rheo")
      try writeSmallRun(folder + "/b.rheo")
      try writeSmallRun(folder + "/c.rheo", steps: 39)
      #expect(try runTool("check", "a.rheo", "b.rheo", in: folder).output == "a.rheo and b.rheo are equal\n")
      let run = try runTool("check", "a.rheo", "c.rheo", in: folder)
      #expect(run.code == 1 && run.output == "")
      #expect(
        run.errors.hasPrefix("rheoscope: a.rheo and c.rheo differ:\n  step: row 40 is only in a.rheo\n"),
        "\(run.errors)")
    }
  }

  @Test func whatIsNoRunFile() throws {
    try withTemporaryFolder { folder in
      try Data("loss\n".utf8).write(to: URL(filePath: folder + "/a.csv"))
      let run = try runTool("check", "a.csv", in: folder)
      #expect(run.code == 1 && run.errors.contains("a.csv: not a run file"))
      #expect(try runTool("check", in: folder).code == 2)
    }
  }
}
