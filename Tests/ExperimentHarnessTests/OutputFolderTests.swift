import ExperimentHarness
import Foundation
import Support
import TestSupport
import Testing

@Suite struct OutputFolderTests {
  private func contents(_ path: String) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: path).sorted()
  }

  private func write(_ text: String, _ path: String) throws {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try text.write(toFile: path, atomically: false, encoding: .utf8)
  }

  @Test func resultsAppearWhenAllAreComplete() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/output/x"
      try write("old", path + "/a.png")
      try write("mine", path + "/mine.txt")
      try write("old", path + "/v/seed-4.rheo")
      let output = try OutputFolder(path: path)
      try write("new", output.staging + "/a.png")
      try write("new", output.staging + "/v/seed-0.rheo")
      #expect(try String(contentsOfFile: path + "/a.png", encoding: .utf8) == "old")
      try output.publish(clearing: ["v"])
      #expect(try contents(path) == ["a.png", "mine.txt", "v", "v/seed-0.rheo"])
      #expect(try String(contentsOfFile: path + "/a.png", encoding: .utf8) == "new")
    }
  }

  @Test func aFailedRunLeavesNoFiles() throws {
    try withTemporaryFolder { folder in
      let output = try OutputFolder(path: folder + "/x")
      try write("half", output.staging + "/v/seed-0.rheo")
      output.discard()
      #expect(try contents(folder) == [])
      let inOld = try OutputFolder(path: folder)
      inOld.discard()
      #expect(FileManager.default.fileExists(atPath: folder), "a folder that was there stays")
    }
  }

  /// A killed run's files are moved to a visible folder, which the next run leaves alone.
  @Test func whatKilledRunsRecordedIsKept() throws {
    try withTemporaryFolder { folder in
      // The lease of a run that goes on, and one whose run has ended.
      let lease = try #require(try Lease.claim(folder + "/.unfinished-1-ef.lease"))
      defer { lease.release() }
      let gone = folder + "/.unfinished-gone.lease"
      try write("", gone)
      try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSinceNow: -300)], ofItemAtPath: gone)
      try write("half", folder + "/.unfinished-1-ab/new/v/seed-0.rheo")
      try write("other", folder + "/.unfinished-1-cd/new/v/seed-1.rheo")
      try write("no run", folder + "/.unfinished-1-gh/new/report.md")
      try write("another's", folder + "/.unfinished-1-ef/new/v/seed-0.rheo")
      var notes: [String] = []
      try OutputFolder(path: folder) { notes.append($0) }.discard()
      try OutputFolder(path: folder) { notes.append($0) }.discard()
      #expect(
        try contents(folder).filter { $0.hasSuffix(".rheo") } == [
          ".unfinished-1-ef/new/v/seed-0.rheo", "interrupted-2/v/seed-1.rheo", "interrupted/v/seed-0.rheo",
        ])
      #expect(
        notes.map { $0.replacing(folder, with: "F") } == [
          "an earlier run was killed; what it recorded is in F/interrupted",
          "an earlier run was killed; what it recorded is in F/interrupted-2",
        ])
      #expect(
        try contents(folder).filter { !$0.contains("/") } == [
          ".unfinished-1-ef", ".unfinished-1-ef.lease", "interrupted", "interrupted-2",
        ])
    }
  }

  @Test func recordedRunsOfAFailedRunAreKept() throws {
    try withTemporaryFolder { folder in
      let output = try OutputFolder(path: folder + "/x")
      try write("half", output.staging + "/v/seed-0.rheo")
      #expect(try output.keep("interrupted") == folder + "/x/interrupted")
      #expect(try contents(folder) == ["x", "x/interrupted", "x/interrupted/v", "x/interrupted/v/seed-0.rheo"])
      let empty = try OutputFolder(path: folder + "/y")
      try write("no run", empty.staging + "/report.md")
      #expect(try empty.keep("interrupted") == nil && !FileManager.default.fileExists(atPath: folder + "/y"))
    }
  }

  @Test func anUnwritableFolderIsReported() throws {
    try withTemporaryFolder { folder in
      try write("", folder + "/file")
      let path = folder + "/file/x"
      #expect(throws: ExperimentError.notWritable(path: path, reason: "“\(folder)/file” is a file, not a folder")) {
        try OutputFolder(path: path)
      }
    }
  }

  // MARK: Publishing

  private let new = ["a.png", "manifest.json", "v/seed-0.rheo", "v/seed-1.rheo", "w/seed-0.rheo"]
  private let old = ["a.png", "manifest.json", "v/seed-0.rheo", "v/seed-4.rheo", "mine.txt", "v/mine.txt"]

  private func folders(_ path: String) throws -> OutputFolder {
    for file in old { try write("old", "\(path)/\(file)") }
    let output = try OutputFolder(path: path)
    for file in new { try write("new", "\(output.staging)/\(file)") }
    return output
  }

  /// The files of a folder with their texts, without hidden ones.
  private func texts(_ path: String) throws -> [String: String] {
    let files = try contents(path).filter { file in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: "\(path)/\(file)", isDirectory: &isFolder) && !isFolder.boolValue
        && !file.hasPrefix(".")
    }
    return Dictionary(
      uniqueKeysWithValues: try files.map { ($0, try String(contentsOfFile: "\(path)/\($0)", encoding: .utf8)) })
  }

  private var published: [String: String] {
    Dictionary(uniqueKeysWithValues: new.map { ($0, "new") } + [("mine.txt", "old"), ("v/mine.txt", "old")])
  }

  /// If any one move fails, the earlier results stand, and the new ones are where the error says.
  @Test(arguments: 0..<14) func aFailedMoveLosesNothing(_ failing: Int) throws {
    try withTemporaryFolder { folder in
      let output = try folders(folder)
      var count = 0
      do {
        try output.publish(clearing: ["v", "w"]) { from, to in
          defer { count += 1 }
          if count == failing {
            errno = EIO
            return -1
          }
          return rename(from, to)
        }
        #expect(count <= failing && failing >= 10, "all moves are made")
        #expect(try texts(folder) == published)
      } catch let error as ExperimentError {
        guard case .notPublished(_, "input/output error", folder + "/not-published") = error else {
          Issue.record("\(error)")
          return
        }
        let left = try texts(folder)
        #expect(
          left.filter { !$0.key.hasPrefix("not-published/") }
            == Dictionary(uniqueKeysWithValues: old.map { ($0, "old") }))
        #expect(try texts(folder + "/not-published") == Dictionary(uniqueKeysWithValues: new.map { ($0, "new") }))
      }
    }
  }

  /// A process that is killed after any number of moves leaves all results, old or new; the next run completes what was begun.
  @Test(arguments: 0..<14) func aKilledPublicationIsCompleted(_ moves: Int) throws {
    try withTemporaryFolder { folder in
      let output = try folders(folder)
      var count = 0
      // From some move on none is made, not even back.
      try? output.publish(clearing: ["v", "w"]) { from, to in
        defer { count += 1 }
        return count < moves ? rename(from, to) : -1
      }
      let all = try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.hasSuffix(".rheo") }
      #expect(all.count >= 3, "none is lost: \(all)")
      let next = try OutputFolder(path: folder)
      next.discard()
      let left = try texts(folder).filter { !$0.key.hasPrefix("not-published/") && !$0.key.hasPrefix("interrupted") }
      #expect(left == (moves == 0 ? Dictionary(uniqueKeysWithValues: old.map { ($0, "old") }) : published))
    }
  }

  /// What stands in the place of results is no result, and stays with all that is behind it.
  @Test(arguments: ["link", "folder", "file"]) func whatStandsInTheWayStays(_ obstacle: String) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/x"
      try write("old", path + "/v/seed-0.rheo")
      try write("mine", folder + "/disk/seed-0.rheo")
      switch obstacle {
      case "link":
        try FileManager.default.createSymbolicLink(atPath: path + "/w", withDestinationPath: folder + "/disk")
      case "folder": try write("mine", path + "/a.png/mine.txt")
      default: try write("mine", path + "/w")
      }
      let before = try contents(folder)
      let output = try OutputFolder(path: path)
      for file in new { try write("new", "\(output.staging)/\(file)") }
      let error = #expect(throws: ExperimentError.self) { try output.publish(clearing: ["v", "w"]) }
      #expect(error?.description.contains("a file or link stands") == (obstacle != "folder"))
      #expect(
        error?.description.hasSuffix("the earlier results stand, and the new ones are in \(path)/not-published") == true
      )
      #expect(try contents(folder).filter { !$0.contains("not-published") } == before)
      #expect(try String(contentsOfFile: path + "/v/seed-0.rheo", encoding: .utf8) == "old")
      #expect(try texts(path + "/not-published").count == new.count)
    }
  }
}
