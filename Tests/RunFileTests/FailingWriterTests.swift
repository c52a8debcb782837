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

  private static let fullDisk = ExitTestInput("full-disk"), fullFromTheStart = ExitTestInput("full-from-the-start")

  @Test func aFullDiskThrowsAndKeepsWrittenRows() async throws {
    let folder = try makeFolder()
    try Self.fullDisk.set(folder)
    defer {
      Self.fullDisk.remove()
      try? FileManager.default.removeItem(atPath: folder)
    }
    await #expect(processExitsWith: .success) {
      let writer = try FailingWriterTests.startedWriter(
        try FailingWriterTests.fullDisk.value(String.self) + "/run.rheo")
      FailingWriterTests.allowFiles(upTo: 1 << 20)
      #expect(try FailingWriterTests.appendUntilItThrows(writer).contains("recording stopped (a read or write failed"))
    }
    let run = try Run(path: folder + "/run.rheo")
    #expect(run.steps.count > 10)
    #expect(try run.layers(.gradientRMS).steps == run.steps.map(\.step))
  }

  @Test func aDiskThatIsFullFromTheStartHoldsNoPartialFile() async throws {
    let folder = try makeFolder()
    try Self.fullFromTheStart.set(folder)
    defer {
      Self.fullFromTheStart.remove()
      try? FileManager.default.removeItem(atPath: folder)
    }
    await #expect(processExitsWith: .success) {
      let folder = try FailingWriterTests.fullFromTheStart.value(String.self)
      FailingWriterTests.allowFiles(upTo: 50_000)
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
    ("step 3 was appended twice", 3, 4, [LayerRow(step: 3, site: 0)]),
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
      #expect(error.description.contains("all other rows are kept"))
      let run = try Run(path: folder + "/run.rheo")
      #expect(!run.isFinished && run.steps.map(\.step).prefix(count) == Array(0..<count)[...])
    }
  }

  /// Good rows of the same batch, before and after a refused one, and of the same step are kept.
  @Test func aRefusedRowLeavesTheOthers() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run.rheo"
      let writer = try RunWriter(path: path)
      try writer.define(sites: exampleSites(3))
      try writer.define(parameters: [RecordedParameter(id: 0, path: "weight", shape: [2, 2], optimizers: [0])])
      for step in 0..<5 {
        var rows = exampleRows(step: step, sites: 3), weights = [WeightRow(step: step, parameter: 0)]
        if step == 1 { rows.insert(LayerRow(step: 1, site: 7), at: 1) }
        if step == 2 { rows.append(LayerRow(step: 2, site: 0)) }
        if step == 3 { weights = [WeightRow(step: 3, parameter: 9)] + weights + weights }
        try writer.append(step: StepRow(step: step, loss: 1, seconds: 0), layers: rows, weights: weights)
      }
      try writer.append(step: StepRow(step: 4, loss: 2, seconds: 0), layers: exampleRows(step: 4, sites: 3))
      try writer.scalar(step: 4, name: "validation_loss", value: 3)
      let error = try #require(throws: RunFileError.self) { _ = try writer.finish() }
      #expect(
        error
          == .refusedRow(path: path, reason: "step 1 has a row for site 7, which was never defined"))
      let database = try PlainSQL(path)
      #expect(try database("SELECT step, loss FROM step") == (0..<5).map { ["\($0)", "1.0"] })
      #expect(
        try database("SELECT step, site FROM layer")
          == (0..<5).flatMap { step in (0..<3).map { ["\(step)", "\($0)"] } })
      #expect(try database("SELECT step, parameter FROM weight") == (0..<5).map { ["\($0)", "0"] })
      #expect(try database("SELECT name, value FROM scalar") == [["validation_loss", "3.0"]])
      #expect(try contents(of: folder) == ["run.rheo"])
    }
  }

  /// Rows that were added before the writer reported the refusal are in the file, and later calls throw.
  @Test func rowsInTheQueueAreKeptAfterARefusal() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run.rheo", writer = try Self.startedWriter(path)
      var accepted = 1
      try writer.append(step: StepRow(step: 0, loss: 1, seconds: 0), layers: [LayerRow(step: 5, site: 0)])
      do {
        while accepted < 100_000 {
          try writer.append(step: StepRow(step: accepted, loss: 1, seconds: 0))
          accepted += 1
        }
      } catch let error as RunFileError {
        #expect(error == .refusedRow(path: path, reason: "step 0 was appended with a row of step 5"))
      }
      #expect(throws: RunFileError.self) { try writer.finish() }
      #expect(try Run(path: path).steps.map(\.step) == Array(0..<accepted))
    }
  }

  @Test func callsAfterFinishThrowAnErrorThatSaysSo() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run.rheo", writer = try RunWriter(path: path), finished = RunFileError.finished(path: path)
      try writer.append(step: StepRow(step: 0, loss: 1, seconds: 0))
      #expect(try writer.finish().steps.count == 1)
      #expect(throws: finished) { try writer.append(step: StepRow(step: 1, loss: 1, seconds: 0)) }
      #expect(throws: finished) { try writer.define(sites: exampleSites(1)) }
      #expect(throws: finished) { try writer.add(meta: ["note": "late"]) }
      #expect(throws: finished) { try writer.scalar(step: 0, name: "late", value: 1) }
      #expect(throws: finished) { try writer.finish() }
      #expect(
        finished.description
          == "\(path): this recording is finished, so nothing can be added; record before finish(), or into a new file")
      #expect(try Run(path: path).steps.count == 1)
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
