import Foundation
import Support
import TestSupport
import Testing

@Suite struct AtomicFileTests {
  @Test func aFileAppearsWhenItIsPublished() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/new/a.txt"
      let file = try AtomicFile(path: path)
      try file.write(Data("on".utf8))
      #expect(!FileManager.default.fileExists(atPath: path))
      try file.write(Data("ce".utf8))
      try file.publish(synchronized: true)
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "once")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/new") == ["a.txt"])
    }
  }

  @Test func aFileThatIsNotPublishedLeavesTheOldOne() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.txt"
      try AtomicFile.write(Data("old".utf8), to: path)
      try AtomicFile(path: path).write(Data("new".utf8))
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.txt"], "no draft remains")
    }
  }

  @Test func errorsNameTheProblem() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write(Data(), to: folder + "/file")
      func message(_ path: String) -> String? {
        do {
          try AtomicFile.write(Data(), to: path)
          return nil
        } catch { return pathProblem(error.code, path) }
      }
      #expect(message(folder + "/file/a.txt") == "“\(folder)/file” is a file, not a folder")
      try FileManager.default.createDirectory(atPath: folder + "/folder/a.txt", withIntermediateDirectories: true)
      #expect(message(folder + "/folder/a.txt") == "it is a folder")
    }
  }

  /// The longest name that a file system allows, and one byte more.
  @Test func longNamesAreWritten() throws {
    try withTemporaryFolder { folder in
      for length in [254, 255] {
        try AtomicFile.write(Data("x".utf8), to: folder + "/" + String(repeating: "a", count: length))
      }
      #expect(throws: POSIXError(.ENAMETOOLONG)) {
        try AtomicFile.write(Data(), to: folder + "/" + String(repeating: "a", count: 256))
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 2, "no draft remains")
    }
  }

  @Test func aPathWithANULIsRefused() throws {
    try withTemporaryFolder { folder in
      #expect(throws: POSIXError(.EINVAL)) { try AtomicFile.write(Data(), to: folder + "/a\u{0}.png") }
      let names = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(names.isEmpty)
    }
  }

  /// A file that replaced /dev/null would break the system.
  @Test func pipesAndDevicesAreNotReplaced() throws {
    try withTemporaryFolder { folder in
      #expect(mkfifo(folder + "/pipe", 0o600) == 0)
      #expect(symlink("/dev/null", folder + "/null") == 0)
      for name in ["pipe", "null"] {
        #expect(throws: POSIXError(.EINVAL)) { try AtomicFile.write(Data(), to: "\(folder)/\(name)") }
      }
      let names = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(names.sorted() == ["null", "pipe"], "no draft remains")
      #expect(pathProblem(.EINVAL, folder + "/pipe") == "it is a pipe or a device, not a file")
    }
  }

  /// Another user may plant links, but can't guess the name of a draft.
  @Test func namesOfDraftsAreRandom() throws {
    try withTemporaryFolder { folder in
      var names: Set<String> = []
      for _ in 0..<20 {
        let file = try TemporaryFile(in: folder)
        names.insert(String(file.path.dropFirst(folder.count + 1).prefix(17)))
        #expect(file.path.utf8.count - folder.utf8.count < 160)
        file.remove()
      }
      #expect(names.count == 20)
    }
  }

  /// The number of a process that has ended.
  private func endedProcess() throws -> Int32 {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/true")
    try process.run()
    process.waitUntilExit()
    return process.processIdentifier
  }

  @Test func leftoversOfDeadProcessesAreRemoved() throws {
    try withTemporaryFolder { folder in
      let number = try endedProcess()
      func write(_ name: String, age: Int) throws {
        try Data().write(to: URL(filePath: "\(folder)/\(name)"))
        let time = timespec(tv_sec: Int(Date().timeIntervalSince1970) - age, tv_nsec: 0)
        #expect(utimensat(AT_FDCWD, "\(folder)/\(name)", [time, time], 0) == 0)
      }
      let dead = ".0123456789abcdef_\(ProcessIdentity(number: number).text).partial"
      let own = ".0123456789abcdef_\(ProcessIdentity.current.text).partial"
      let foreign = ".0123456789abcdef_another-kernel_\(number)_1.partial"
      let old = ".fedcba9876543210_another-kernel_\(number)_1.partial"
      let others = [
        ".partial", ".0123456789abcdef.partial", "0123456789abcdef_a_1_1.partial", "b.partial", ".x_a_1_1.partial",
      ]
      for name in [dead, dead + "-wal", own, foreign] + others { try write(name, age: 0) }
      try write(old, age: 700)
      try AtomicFile.write(Data(), to: folder + "/a")
      let rest = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(Set(rest) == Set([own, foreign, "a"] + others))
    }
  }

  @Test func foldersOfDeadProcessesAreRemoved() throws {
    try withTemporaryFolder { folder in
      let number = try endedProcess()
      let own = ".0123456789abcdef_\(ProcessIdentity.current.text).partial", foreign = ".0123456789abcdef_k_1_1.partial"
      for name in [".0123456789abcdef_\(ProcessIdentity(number: number).text).partial", own, foreign, "another"] {
        try FileManager.default.createDirectory(
          atPath: "\(folder)/\(name)/results", withIntermediateDirectories: true)
      }
      let new = try TemporaryFolder(in: folder)
      #expect(access(new.path, W_OK) == 0)
      let names = Set([own, foreign, "another"])
      #expect(
        Set(try FileManager.default.contentsOfDirectory(atPath: folder))
          == names.union([(new.path as NSString).lastPathComponent]))
      new.remove()
      #expect(Set(try FileManager.default.contentsOfDirectory(atPath: folder)) == names)
    }
  }
}
