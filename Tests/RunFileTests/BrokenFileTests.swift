import Foundation
import RunFile
import TestSupport
import Testing

@Suite struct BrokenFileTests {
  /// Files that are not run files: how each is made, and its error.
  private static let files: [(name: String, says: String, make: @Sendable (String) throws -> Void)] = [
    ("absent", "no such run file", { _ in }),
    ("folder", "it is a folder", { mkdir($0, 0o755) }),
    ("empty", "it is empty", { try Data().write(to: URL(filePath: $0)) }),
    ("text", "no SQLite database", { try Data("step,loss\n0,2.3\n".utf8).write(to: URL(filePath: $0)) }),
    ("zeros", "no SQLite database", { try Data(count: 8192).write(to: URL(filePath: $0)) }),
    ("noise", "no SQLite database", { try Data((0..<9999).map { UInt8($0 * 7 % 251) }).write(to: URL(filePath: $0)) }),
    ("header", "can't read this run file", { try finishedRun($0, keeping: 100) }),
    ("truncated", "can't read this run file", { try finishedRun($0, keeping: 40_000) }),
    ("another", "another program's SQLite database", { try PlainSQL($0)("CREATE TABLE meta(key, value)") }),
    (
      "newer", "format 3, while this version reads up to 2; update Rheoscope",
      { path in
        try finishedRun(path)
        try PlainSQL(path)("UPDATE meta SET value = 3 WHERE key = 'format'")
      }
    ),
    (
      "formatless", "gives no format",
      { path in
        try finishedRun(path)
        try PlainSQL(path)("DELETE FROM meta")
      }
    ),
    (
      "tableless", "it has no table step",
      { path in
        try finishedRun(path)
        try PlainSQL(path)("DROP TABLE step")
      }
    ),
  ]

  private static func finishedRun(_ path: String, keeping bytes: Int? = nil) throws {
    let writer = try RunWriter(path: path)
    try writer.define(sites: exampleSites(20))
    for step in 0..<100 {
      try writer.append(step: StepRow(step: step, loss: 1, seconds: 0), layers: exampleRows(step: step, sites: 20))
    }
    _ = try writer.finish()
    if let bytes {
      let whole = try Data(contentsOf: URL(filePath: path))
      try whole.prefix(bytes).write(to: URL(filePath: path))
    }
  }

  @Test(arguments: files.indices) func openingThrowsTheReason(_ index: Int) throws {
    try withTemporaryFolder { folder in
      let file = Self.files[index]
      let path = folder + "/" + file.name
      try file.make(path)
      let error = try #require(throws: RunFileError.self) { _ = try Run(path: path).layers(.gradientRMS) }
      #expect(error.description.hasPrefix(path + ": "))
      #expect(error.description.contains(file.says))
    }
  }

  @Test func aRowOfAnUnknownSiteIsNotDroppedSilently() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run.rheo"
      try Self.finishedRun(path)
      try PlainSQL(path)("DELETE FROM site WHERE id = 3")
      let error = try #require(throws: RunFileError.self) { _ = try Run(path: path).layers(.gradientRMS) }
      #expect(error.description.contains("step 0 has a row for site 3"))
    }
  }

  @Test func rowsOutOfOrderAndSparseIdsAreRead() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run.rheo"
      _ = try RunWriter(path: path).finish()
      try PlainSQL(path)(
        """
        INSERT INTO site VALUES (10, 'a', 'a', 0, 'Linear', 1, 1, '[2]'), (20, 'b', 'b', 0, 'ReLU', 1, 0, '[2]');
        INSERT INTO layer(step, site, gradient_rms) VALUES (7, 20, 1), (3, 20, 2), (3, 10, 3), (7, 10, 4), (3, 20, 5);
        """)
      let matrix = try Run(path: path).layers(.gradientRMS)
      #expect(matrix.steps == [3, 7])
      #expect(matrix.row(0) == [3, 4] && matrix.row(1) == [5, 1])
    }
  }

  /// A damaged page whose rows are out of order, which SQLite does not notice: the numbers of the first and the last row of a table are
  /// exchanged. The fuzzer found it.
  @Test(arguments: ["step", "site"]) func rowsOutOfOrderAreRefused(_ table: String) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.rheo"
      let writer = try RunWriter(path: path)
      try writer.define(sites: exampleSites(8))
      for step in 0..<8 {
        try writer.append(step: StepRow(step: step, loss: 1, seconds: 0), layers: exampleRows(step: step, sites: 8))
      }
      _ = try writer.finish()
      let sql = try PlainSQL(path)
      let root = Int(try sql("SELECT rootpage FROM sqlite_master WHERE name = '\(table)'")[0][0])!
      let size = Int(try sql("PRAGMA page_size")[0][0])!
      var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
      let page = (root - 1) * size
      try #require(bytes[page] == 0x0D, "a leaf with all rows")
      // After the header of eight bytes two for the place of each row, which begins with a byte for its size and one for its number.
      let numbers = [0, 7].map { page + Int(bytes[page + 8 + 2 * $0]) * 256 + Int(bytes[page + 9 + 2 * $0]) + 1 }
      bytes.swapAt(numbers[0], numbers[1])
      try Data(bytes).write(to: URL(filePath: path))
      let error = #expect(throws: RunFileError.self) { try Run(path: path) }
      #expect(
        error?.description.contains("table \(table)") == true
          && error?.description.contains("must be a larger number") == true)
    }
  }
}
