import ExperimentHarness
import Experiments
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite struct WorkQueueTests {
  private struct Failure: Error, Equatable {}

  @Test(arguments: [1, 2, 5]) func resultsAreInTheOrderOfTheItems(_ threads: Int) throws {
    let results = try mapInParallel(Array(0..<20), threads: threads) { item in
      usleep(UInt32((20 - item) * 100))
      return item * item
    }
    #expect(results == (0..<20).map { $0 * $0 })
  }

  @Test func theFirstErrorEndsTheWork() {
    let begun = Mutex(0)
    #expect(throws: Failure()) {
      try mapInParallel(Array(0..<1000), threads: 2) { item in
        begun.withLock { $0 += 1 }
        if item == 3 { throw Failure() }
        usleep(1000)
      }
    }
    #expect(begun.withLock { $0 } < 100)
  }

  @Test func stacksAreDeep() throws {
    let sizes = try mapInParallel([0], threads: 1) { _ in Thread.current.stackSize }
    #expect(sizes == [64 << 20])
  }
}

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

  @Test func leftoversOfKilledRunsAreRemoved() throws {
    try withTemporaryFolder { folder in
      // No process has a number beyond the system's largest.
      try write("half", folder + "/.unfinished-99999999/v/seed-0.rheo")
      try write("another's", folder + "/.unfinished-1/v/seed-0.rheo")
      let output = try OutputFolder(path: folder)
      output.discard()
      #expect(try contents(folder).filter { !$0.contains("/") } == [".unfinished-1"])
    }
  }

  @Test func anUnwritableFolderIsReported() throws {
    try withTemporaryFolder { folder in
      try write("", folder + "/file")
      let path = folder + "/file/x"
      #expect(throws: ExperimentError.notWritable(path: path, reason: "not a directory")) {
        try OutputFolder(path: path)
      }
    }
  }
}
