import Foundation
import RunFile
import TestSupport
import Testing

@Suite struct FailingWriterTests {
  /// Appends until the writer throws, which must take at most two seconds. Returns the error's description.
  private static func appendUntilItThrows(_ writer: RunWriter, from first: Int = 0) throws -> String {
    for step in first..<first + 200 {
      do {
        let row = StepRow(step: step, loss: 1, seconds: 0)
        try writer.append(step: row, layers: exampleRows(step: step, sites: 100))
      } catch let error as RunFileError {
        return error.description
      }
      Thread.sleep(forTimeInterval: 0.01)
    }
    return "it never threw"
  }

  /// A writer whose first transaction is committed.
  private static func startedWriter(_ path: String) throws -> RunWriter {
    let writer = try RunWriter(path: path)
    try writer.define(sites: exampleSites(100))
    while try Run(path: path).sites.isEmpty { Thread.sleep(forTimeInterval: 0.01) }
    return writer
  }

  @Test func aRemovedFolderThrowsAtTheNextStep() throws {
    try withTemporaryFolder { folder in
      let writer = try Self.startedWriter(folder + "/runs/run.rheo")
      try FileManager.default.removeItem(atPath: folder + "/runs")
      #expect(try Self.appendUntilItThrows(writer).contains("the file was removed, moved or replaced"))
      #expect(throws: RunFileError.self) { try writer.event(step: 0, kind: "late", text: "") }
      #expect(throws: RunFileError.self) { try writer.finish() }
    }
  }

  /// The folder is removed before the writing thread has opened the file, or meanwhile.
  @Test func aFolderThatIsRemovedAtOnceThrowsTheSameError() throws {
    for _ in 0..<20 {
      try withTemporaryFolder { folder in
        let writer = try RunWriter(path: folder + "/runs/run.rheo")
        try FileManager.default.moveItem(atPath: folder + "/runs", toPath: folder + "/away")
        #expect(try Self.appendUntilItThrows(writer).contains("the file was removed, moved or replaced"))
      }
    }
  }

  @Test func aSecondWriterAtTheSamePathWins() throws {
    try withTemporaryFolder { folder in
      let first = try Self.startedWriter(folder + "/run.rheo")
      try first.append(step: StepRow(step: 0, loss: 1, seconds: 0))
      let second = try Self.startedWriter(folder + "/run.rheo")
      #expect(try Self.appendUntilItThrows(first, from: 1).contains("replaced"))
      try second.append(step: StepRow(step: 7, loss: 1, seconds: 0))
      #expect(try second.finish().steps.map(\.step) == [7])
      #expect(try contents(of: folder) == ["run.rheo"])
    }
  }

  @Test func aFullDiskThrowsAndKeepsWrittenRows() async throws {
    let folder = try makeFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    await #expect(processExitsWith: .success) { [folder = folder as String] in
      let writer = try Self.startedWriter(folder + "/run.rheo")
      Self.allowFiles(upTo: 1 << 20)
      #expect(try Self.appendUntilItThrows(writer).contains("recording stopped (a read or write failed"))
    }
    let run = try Run(path: folder + "/run.rheo")
    #expect(run.steps.count > 10)
    #expect(try run.layers(.gradientRMS).steps == run.steps.map(\.step))
  }

  @Test func aDiskThatIsFullFromTheStartHoldsNoPartialFile() async throws {
    let folder = try makeFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    await #expect(processExitsWith: .success) { [folder = folder as String] in
      Self.allowFiles(upTo: 50_000)
      let error = try #require(throws: RunFileError.self) { _ = try RunWriter(path: folder + "/run.rheo") }
      #expect(error.description.contains("can't create a run file"))
    }
    #expect(try contents(of: folder).isEmpty)
  }

  /// Limits the size of the process's files, in bytes, so that writing fails as on a full disk.
  private static func allowFiles(upTo size: rlim_t) {
    signal(SIGXFSZ, SIG_IGN)
    var limit = rlimit(rlim_cur: size, rlim_max: size)
    setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
  }

  @Test(arguments: [
    ("a step was appended twice", 3, 4, [LayerRow(step: 3, site: 0)]),
    ("step 4 has two rows for site 1", 4, 4, [LayerRow(step: 4, site: 1), LayerRow(step: 4, site: 1)]),
    ("step 4 has a row for site 100, which was never defined", 4, 4, [LayerRow(step: 4, site: 100)]),
    ("step 4 was appended with a row of step 3", 4, 4, [LayerRow(step: 3, site: 0)]),
  ])
  func invalidRowsThrow(_ says: String, step: Int, count: Int, rows: [LayerRow]) throws {
    try withTemporaryFolder { folder in
      let writer = try Self.startedWriter(folder + "/run.rheo")
      for step in 0..<count {
        try writer.append(step: StepRow(step: step, loss: 1, seconds: 0), layers: exampleRows(step: step, sites: 100))
      }
      Thread.sleep(forTimeInterval: 0.4)
      try writer.append(step: StepRow(step: step, loss: 1, seconds: 0), layers: rows)
      let error = try #require(throws: RunFileError.self) { _ = try writer.finish() }
      #expect(error.description.contains(says))
      #expect(try Run(path: folder + "/run.rheo").layers(.gradientRMS).steps.count == count)
    }
  }

  @Test func aSlowWriterDelaysTrainingAndBoundsMemory() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run.rheo"
      let writer = try Self.startedWriter(path)
      var blocker: PlainSQL? = try PlainSQL(path)
      try blocker?("BEGIN IMMEDIATE")
      let counter = Counter()
      let steps = 1600
      let training = Thread {
        for step in 0..<steps {
          let row = StepRow(step: step, loss: 1, seconds: 0)
          try? writer.append(step: row, layers: exampleRows(step: step, sites: 100))
          counter.increment()
        }
      }
      training.start()
      Thread.sleep(forTimeInterval: 1)
      // The entries in the queue, and those that the writing thread has taken.
      #expect(counter.value > 600 && counter.value < 1400)
      blocker = nil
      while counter.value < steps { Thread.sleep(forTimeInterval: 0.01) }
      #expect(try writer.finish().layers(.gradientRMS).steps.count == steps)
    }
  }
}

private final class Counter: @unchecked Sendable {
  private let lock = NSLock()
  private var count = 0

  var value: Int { lock.withLock { count } }
  func increment() { lock.withLock { count += 1 } }
}
