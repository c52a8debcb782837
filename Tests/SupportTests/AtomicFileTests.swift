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

  @Test func errorsHaveTheSystemsMessage() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write(Data(), to: folder + "/file")
      func message(_ path: String) -> String? {
        do {
          try AtomicFile.write(Data(), to: path)
          return nil
        } catch { return error.systemMessage }
      }
      #expect(message(folder + "/file/a.txt") == "Not a directory")
      try FileManager.default.createDirectory(atPath: folder + "/folder/a.txt", withIntermediateDirectories: true)
      #expect(message(folder + "/folder/a.txt") == "Is a directory")
    }
  }
}
