import Foundation
import RunFile
import TestSupport
import Testing

/// Paths that can't be read: the error gives the true cause, and none is a library's.
@Suite struct UnreadableFileTests {
  private static func run(_ path: String) throws {
    let writer = try RunWriter(path: path)
    try writer.append(step: StepRow(step: 0, loss: 1, seconds: 0))
    _ = try writer.finish()
  }

  /// How a path is made, what is behind its folder, and the error.
  private static let paths: [(name: String, says: String, make: @Sendable (String) throws -> Void)] = [
    ("absent.rheo", "no such run file; check the path", { _ in }),
    ("folder", "not a run file (it is a folder)", { mkdir($0, 0o755) }),
    ("pipe", "not a run file (it is a named pipe)", { mkfifo($0, 0o644) }),
    ("empty", "not a run file (it is empty)", { try Data().write(to: URL(filePath: $0)) }),
    (
      "file/run.rheo", "can't read this run file: its path goes through a file as if it were a folder; check the path",
      { try Data("x".utf8).write(to: URL(filePath: $0).deletingLastPathComponent()) }
    ),
    (
      String(repeating: "x", count: 256),
      "can't read this run file: its name is too long: at most 255 bytes, and 4095 with its folders", { _ in }
    ),
    ("loop", "can't read this run file: it is a link that leads to itself; check the path", { symlink("loop", $0) }),
    (
      "damaged.rheo",
      "can't read this run file: its database is damaged; copy it again, with its -wal file if it has one",
      { path in
        try run(path)
        var data = try Data(contentsOf: URL(filePath: path))
        data.replaceSubrange(200..<data.count, with: Data(repeating: 0xA5, count: data.count - 200))
        try data.write(to: URL(filePath: path))
      }
    ),
    (
      "text.csv", "not a run file (it is no SQLite database)",
      { try Data("step,loss\n".utf8).write(to: URL(filePath: $0)) }
    ),
  ]

  @Test(.timeLimit(.minutes(1)), arguments: paths.indices) func theCauseIsTheTrueOne(_ index: Int) throws {
    try withTemporaryFolder { folder in
      let (name, says, make) = Self.paths[index], path = "\(folder)/\(name)"
      try make(path)
      let error = try #require(throws: RunFileError.self) { try Run(path: path) }
      #expect(error.description.hasPrefix("\(path): \(says)"), "\(error)")
      for read in [
        { _ = try RunSummary.read(from: path) }, { _ = try RunFileCheck.problems(at: path) },
        { _ = try RunComparison.differences(between: path, and: path) },
      ] {
        #expect(throws: error) { try read() }
      }
    }
  }

  private static let input = ExitTestInput("unreadable-file")

  @Test func aFileThatMayNotBeReadIsNotDamaged() async throws {
    let folder = try makeFolder(), path = folder + "/run.rheo"
    try Self.input.set(path)
    defer {
      Self.input.remove()
      try? FileManager.default.removeItem(atPath: folder)
    }
    try Self.run(path)
    chmod(path, 0)
    chmod(folder, 0o755)
    await #expect(processExitsWith: .success) {
      let path = try UnreadableFileTests.input.value(String.self)
      if geteuid() == 0 { setuid(65534) }
      let error = try #require(throws: RunFileError.self) { try Run(path: path) }
      #expect(error.description == "\(path): can't read this run file: you may not read it; change its permissions")
    }
    chmod(path, 0o644)
    chmod(folder, 0o600)
    await #expect(processExitsWith: .success) {
      let path = try UnreadableFileTests.input.value(String.self)
      if geteuid() == 0 { setuid(65534) }
      let error = try #require(throws: RunFileError.self) { try Run(path: path) }
      #expect(error.description.contains("you may not open a folder of its path"))
    }
    chmod(folder, 0o755)
  }

  @Test func aLockedFileIsNotDamaged() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run.rheo"
      try Self.run(path)
      let other = try PlainSQL(path)
      try other("BEGIN EXCLUSIVE")
      let error = try #require(throws: RunFileError.self) { try Run(path: path) }
      #expect(
        error.description
          == "\(path): can't read this run file: another program has locked it; end that program, or try again when it is done"
      )
      try other("COMMIT")
      #expect(try Run(path: path).steps.count == 1)
    }
  }

  @Test func aPathWithNULIsRefused() throws {
    try withTemporaryFolder { folder in
      try Self.run(folder + "/run.rheo")
      let error = try #require(throws: RunFileError.self) { try Run(path: folder + "/run.rheo\0.csv") }
      #expect(error.description.contains("run.rheo\\u{0}.csv: can't read this run file: a path can't hold"))
    }
  }

  @Test func controlCharactersOfPathsAreShownAsEscapes() {
    let path = "\u{1B}]0;x\u{7}\u{202E}\n.rheo"
    let errors: [RunFileError] = [
      .noSuchFile(path: path), .notARunFile(path: path, reason: path), .unreadable(path: path, reason: path),
      .newerFormat(path: path, found: 3, supported: 2), .cannotCreate(path: path, reason: path),
      .cannotWrite(path: path, reason: path),
      .wrongValue(path: path, table: "t", row: path, column: "c", found: path, expected: "x"),
    ]
    for error in errors {
      #expect(error.description.hasPrefix("\\u{1B}]0;x\\u{7}\\u{202E}\\n.rheo: "))
      #expect(!error.description.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202E })
    }
  }
}
