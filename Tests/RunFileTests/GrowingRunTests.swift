import Foundation
import RunFile
import TestSupport
import Testing

@Suite struct GrowingRunTests {
  private static let sites = 5

  private static func append(_ steps: Range<Int>, to writer: RunWriter) throws {
    for step in steps {
      try writer.append(
        step: StepRow(step: step, loss: 1, seconds: 0),
        layers: exampleRows(step: step, sites: sites, value: Double(step)))
    }
  }

  private static func columns(of run: Run) throws -> Int { try run.layers(.gradientRMS).steps.count }

  @Test func aReaderSeesStepsWithinHalfASecond() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run.rheo"
      let writer = try RunWriter(path: path)
      #expect(try Run(path: path).steps.isEmpty)
      try writer.define(sites: exampleSites(Self.sites))
      try Self.append(0..<10, to: writer)
      Thread.sleep(forTimeInterval: 0.5)
      let early = try Run(path: path)
      #expect(early.steps.count == 10 && early.sites.count == Self.sites && !early.isFinished)
      try Self.append(10..<30, to: writer)
      let finished = try writer.finish()
      #expect(try finished.steps.count == 30 && Self.columns(of: finished) == 30)
      #expect(try early.steps.count == 10 && Self.columns(of: early) == 10)
      #expect(try contents(of: folder) == ["run.rheo"])
    }
  }

  @Test func aReleasedWriterLeavesASingleFile() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/new/folder/run.rheo"
      do {
        let writer = try RunWriter(path: path)
        try writer.define(sites: exampleSites(Self.sites))
        try Self.append(0..<10, to: writer)
      }
      let run = try Run(path: path)
      #expect(try run.steps.count == 10 && Self.columns(of: run) == 10 && !run.isFinished)
      #expect(try contents(of: folder + "/new/folder") == ["run.rheo"])
    }
  }

  /// Writes a step every 10 ms until it is killed, `milliseconds` after it began to create the file; or with `finishing`, after it called
  /// `finish`, having written for a second and then a thousand steps at once. Writes the time of each append to another file.
  private static func writeAndDie(in folder: String, after milliseconds: Int, finishing: Bool) throws {
    func dieInTime() {
      Thread.detachNewThread {
        Thread.sleep(forTimeInterval: Double(milliseconds) / 1_000)
        kill(getpid(), SIGKILL)
      }
    }
    if !finishing { dieInTime() }
    let writer = try RunWriter(path: folder + "/run.rheo")
    let notes = open(folder + "/notes", O_WRONLY | O_CREAT, 0o644)
    try writer.define(sites: exampleSites(sites))
    for step in 0..<(finishing ? 1_100 : 1_000) {
      try append(step..<step + 1, to: writer)
      var now = Date().timeIntervalSinceReferenceDate
      #expect(Foundation.write(notes, &now, 8) == 8)
      if step < 100 || !finishing { Thread.sleep(forTimeInterval: 0.01) }
    }
    dieInTime()
    _ = try writer.finish()
    Thread.sleep(forTimeInterval: 60)
  }

  /// The time of each append.
  private static func appendTimes(in folder: String) -> [Double] {
    let data = FileManager.default.contents(atPath: folder + "/notes") ?? Data()
    return data.withUnsafeBytes { Array($0.bindMemory(to: Double.self)) }
  }

  private struct Death: Codable {
    let folder: String
    var milliseconds = 1_000
    var finishing = false
  }

  private static let death = ExitTestInput("killed-run"), other = ExitTestInput("killed-run-for-others")
  private static let copy = ExitTestInput("copy-for-others")

  @Test(
    .serialized, arguments: [0, 2, 5, 50, 210, 400, 1_000].map { ($0, false) } + [0, 1, 3, 10, 30].map { ($0, true) })
  func aKilledRunOpensAndLacksAtMostHalfASecond(_ milliseconds: Int, finishing: Bool) async throws {
    let folder = try makeFolder(), path = folder + "/run.rheo"
    try Self.death.set(Death(folder: folder, milliseconds: milliseconds, finishing: finishing))
    defer {
      Self.death.remove()
      try? FileManager.default.removeItem(atPath: folder)
    }
    await #expect(processExitsWith: .signal(SIGKILL)) {
      let death = try GrowingRunTests.death.value(Death.self)
      try GrowingRunTests.writeAndDie(in: death.folder, after: death.milliseconds, finishing: death.finishing)
    }
    let notes = Self.appendTimes(in: folder)
    if FileManager.default.fileExists(atPath: path) {
      let run = try Run(path: path), old = notes.count { $0 < notes.last! - 0.5 }
      #expect(run.steps.count >= old && run.steps.count <= notes.count + 1, "\(notes.count) steps")
      #expect(run.steps.map(\.step) == Array(run.steps.indices))
      #expect(try Self.columns(of: run) == run.steps.count)
      #expect(!run.isFinished || finishing && run.steps.count == notes.count)
      #expect(old > 0 || milliseconds < 600 && !finishing)
    } else {
      // It was killed before it created the file.
      #expect(throws: RunFileError.noSuchFile(path: path)) { try Run(path: path) }
      #expect(notes.isEmpty && milliseconds < 50 && !finishing)
    }
    // The path can be used again.
    let next = try RunWriter(path: path)
    try next.define(sites: exampleSites(Self.sites))
    try Self.append(0..<3, to: next)
    #expect(try next.finish().steps.count == 3)
    #expect(try contents(of: folder).filter { $0 != "notes" } == ["run.rheo"], "no draft remains")
  }

  @Test func aKilledRunOpensWhereNothingCanBeWrittenAndForOthers() async throws {
    let folder = try makeFolder()
    try Self.other.set(folder)
    defer {
      Self.other.remove()
      Self.copy.remove()
      try? FileManager.default.removeItem(atPath: folder)
    }
    await #expect(processExitsWith: .signal(SIGKILL)) {
      try GrowingRunTests.writeAndDie(in: try GrowingRunTests.other.value(), after: 1_000, finishing: false)
    }
    let run = try Run(path: folder + "/run.rheo")
    #expect(!run.steps.isEmpty)
    try #require(FileManager.default.fileExists(atPath: folder + "/run.rheo-wal"))
    try FileManager.default.removeItem(atPath: folder + "/run.rheo-shm")
    try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: folder)
    try Self.copy.set([folder: run.steps.count])
    await #expect(processExitsWith: .success) {
      let (folder, count) = try GrowingRunTests.copy.value([String: Int].self).first!
      if geteuid() == 0 { setuid(65534) }
      let copy = try Run(path: folder + "/run.rheo")
      #expect(try copy.steps.count == count && GrowingRunTests.columns(of: copy) == count)
    }
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder)
    #expect(try contents(of: folder) == ["notes", "run.rheo", "run.rheo-wal"])
  }

  @Test(arguments: ["BEGIN; SELECT * FROM layer", "SELECT * FROM layer"])
  func finishWaitsForAReader(_ query: String) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run.rheo"
      let writer = try RunWriter(path: path)
      try writer.append(step: StepRow(step: 0, loss: 1, seconds: 0))
      while try Run(path: path).steps.isEmpty { Thread.sleep(forTimeInterval: 0.01) }
      let isReading = DispatchSemaphore(value: 0)
      let reading = Thread {
        let reader = try? PlainSQL(path)
        _ = try? reader?(query)
        isReading.signal()
        withExtendedLifetime(reader) { Thread.sleep(forTimeInterval: 0.3) }
      }
      reading.start()
      isReading.wait()
      #expect(try writer.finish().steps.count == 1)
      #expect(try contents(of: folder) == ["run.rheo"])
    }
  }

  @Test func aReaderThatStaysIsHarmless() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run.rheo"
      let writer = try RunWriter(path: path)
      try writer.append(step: StepRow(step: 0, loss: 1, seconds: 0))
      let reader = try PlainSQL(path)
      try reader("SELECT * FROM layer")
      #expect(try writer.finish().steps.count == 1)
      #expect(try reader("SELECT step FROM step") == [["0"]])
    }
  }
}
