import Foundation
import TestSupport
import Testing

@Suite struct EnvironmentTests {
  /// Neither locale nor home nor time zone reach a picture.
  @Test func picturesDoNotDependOnTheEnvironment() throws {
    try withTemporaryFolder { folder in
      try writeSmallRun(folder + "/a.rheo")
      let tool = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
      func picture(_ format: String, _ environment: [String: String]?) throws -> Data {
        let run = try ProcessRun(
          tool.path + "/rheoscope", ["render", "a.rheo", "--out", "a.\(format)"], in: folder, environment: environment)
        #expect(run.code == 0, "\(run.errors)")
        return try Data(contentsOf: URL(filePath: "\(folder)/a.\(format)"))
      }
      for format in ["png", "svg", "pdf"] {
        let stripped = try picture(format, [:])
        #expect(stripped.count > 10_000)
        #expect(try picture(format, nil) == stripped)
        let odd = [
          "LC_ALL": "de_DE.UTF-8", "LANG": "ar_EG.UTF-8", "TZ": "Asia/Tokyo", "HOME": "/nowhere", "COLUMNS": "7",
        ]
        #expect(try picture(format, odd) == stripped, "\(format)")
      }
    }
  }
}
