import Foundation
import RunFile
import TestSupport
import Testing

@Suite struct CreationTests {
  private static func write(_ path: String, steps: Int) throws -> Run {
    let writer = try RunWriter(path: path)
    for step in 0..<steps { try writer.append(step: StepRow(step: step, loss: 1, seconds: 0)) }
    return try writer.finish()
  }

  private static func reasonForRefusing(_ path: String) throws -> String {
    try #require(throws: RunFileError.self) { _ = try RunWriter(path: path) }.description
  }

  /// Rows in the -wal file of a killed run must not get into the new file.
  @Test func anOlderRunIsReplacedWithItsWALFiles() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run.rheo"
      let older = try RunWriter(path: folder + "/older.rheo")
      for step in 0..<5 { try older.append(step: StepRow(step: step, loss: 1, seconds: 0)) }
      while try Run(path: older.path).steps.count < 5 { Thread.sleep(forTimeInterval: 0.01) }
      for suffix in ["", "-wal", "-shm"] {
        try FileManager.default.copyItem(atPath: older.path + suffix, toPath: path + suffix)
      }
      #expect(try Run(path: path).steps.count == 5)
      #expect(try Self.write(path, steps: 2).steps.count == 2)
      _ = try older.finish()
      #expect(try contents(of: folder) == ["older.rheo", "run.rheo"])
    }
  }

  /// A limit on this process's file size acts as a disk that is full.
  @Test func anOlderRunStaysIfNoNewOneCanBeMade() async {
    await #expect(processExitsWith: .success) {
      try withTemporaryFolder { folder in
        let path = folder + "/run.rheo"
        _ = try Self.write(path, steps: 5)
        signal(SIGXFSZ, SIG_IGN)
        var limit = rlimit(rlim_cur: 400, rlim_max: 400)
        #expect(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
        #expect(try Self.reasonForRefusing(path).contains("can't create a run file"))
        #expect(try Run(path: path).steps.count == 5)
        #expect(try contents(of: folder) == ["run.rheo"])
      }
    }
  }

  /// The longest name that a file system allows; SQLite appends up to 8 bytes for its own files.
  @Test func aLongNameIsCreated() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/" + String(repeating: "a", count: 242) + ".rheo"
      let run = try Self.write(path, steps: 2)
      #expect(run.steps.count == 2)
      #expect(try contents(of: folder).count == 1)
    }
  }

  @Test func otherFilesAreNotReplaced() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/photograph.jpeg"
      let photograph = Data("not to be lost".utf8)
      try photograph.write(to: URL(filePath: path))
      #expect(try Self.reasonForRefusing(path).contains("the file there is not a run file"))
      #expect(try Data(contentsOf: URL(filePath: path)) == photograph)
      #expect(try Self.reasonForRefusing(folder).contains("it is a folder"))
      #expect(try contents(of: folder) == ["photograph.jpeg"])
    }
  }

  @Test func anEmptyFileIsReplaced() throws {
    try withTemporaryFolder { folder in
      try Data().write(to: URL(filePath: folder + "/run.rheo"))
      #expect(try Self.write(folder + "/run.rheo", steps: 1).steps.count == 1)
    }
  }

  @Test func aFolderThatCannotBeMadeThrowsTheReason() throws {
    try withTemporaryFolder { folder in
      try Data().write(to: URL(filePath: folder + "/file"))
      let reason = try Self.reasonForRefusing(folder + "/file/run.rheo")
      #expect(reason.contains("its folder can't be made") && reason.contains("choose a path in a folder"))
      #expect(try Self.reasonForRefusing(folder + "/runs/").contains("names no file"))
      #expect(try Self.reasonForRefusing("").contains("names no file"))
    }
  }

  private static let input = ExitTestInput("special-paths")

  @Test func specialPathsOfSQLiteAreFiles() async throws {
    let folder = try makeFolder()
    try Self.input.set(folder)
    defer {
      Self.input.remove()
      try? FileManager.default.removeItem(atPath: folder)
    }
    await #expect(processExitsWith: .success) {
      chdir(try CreationTests.input.value(String.self))
      for name in ["file:run?mode=memory", ":memory:", "blöcke 1.rheo", "a'b\"c.rheo", "./new/run.rheo"] {
        let run = try CreationTests.write(name, steps: 3)
        #expect(run.steps.count == 3)
      }
    }
    #expect(try contents(of: folder).count == 5)
    #expect(try Run(path: folder + "/:memory:").steps.count == 3)
  }
}
