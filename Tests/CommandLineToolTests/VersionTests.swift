import ExperimentHarness
import Foundation
import TestSupport
import Testing

@Suite struct VersionTests {
  @Test func theToolAndTheChangelogAgree() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let changelog = try String(contentsOf: root.appending(path: "CHANGELOG.md"), encoding: .utf8)
    let newest = try #require(changelog.firstMatch(of: /\n## (\S+)\n/)?.1)
    #expect(newest == rheoscopeVersion)
    #expect(try runTool("--version").output == "rheoscope \(newest)\n")
  }

  /// The number stands in Provenance.swift alone.
  @Test func theVersionIsWrittenOnce() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path
    var files: [String] = ["Package.swift"]
    for folder in ["Sources", "experiments"] {
      files += try FileManager.default.subpathsOfDirectory(atPath: "\(root)/\(folder)").map { "\(folder)/\($0)" }
    }
    let naming = try files.filter { $0.hasSuffix(".swift") }.filter {
      try String(contentsOfFile: "\(root)/\($0)", encoding: .utf8).contains("\"\(rheoscopeVersion)\"")
    }
    #expect(naming == ["Sources/ExperimentHarness/Reports/Provenance.swift"])
  }
}
