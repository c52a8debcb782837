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

  private static func columns(of run: Run) throws -> Int { try run.layers(.updateNorm).steps.count }

  @Test func aReaderSeesStepsWithinHalfASecondAndKeepsWhatItSaw() throws {
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

  @Test func aWriterThatIsLetGoLeavesOnePlainFile() throws {
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

  private static func writeForASecondAndDie(_ path: String) throws {
    let writer = try RunWriter(path: path)
    try writer.define(sites: exampleSites(sites))
    for step in 0..<100 {
      try append(step..<step + 1, to: writer)
      Thread.sleep(forTimeInterval: 0.01)
    }
    kill(getpid(), SIGKILL)
  }

  @Test func aKilledRunOpensAndLacksAtMostHalfASecond() async throws {
    let folder = try makeFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String] in
      try Self.writeForASecondAndDie(folder + "/run.rheo")
    }
    let run = try Run(path: folder + "/run.rheo")
    #expect(run.steps.count >= 50 && !run.isFinished)
    #expect(run.steps.map(\.step) == Array(run.steps.indices))
    #expect(try Self.columns(of: run) == run.steps.count)

    // Also where nothing can be written beside it, and where it is read by somebody else.
    try #require(FileManager.default.fileExists(atPath: folder + "/run.rheo-wal"))
    try FileManager.default.removeItem(atPath: folder + "/run.rheo-shm")
    try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: folder)
    await #expect(processExitsWith: .success) { [folder = folder as String, count = run.steps.count as Int] in
      if geteuid() == 0 { setuid(65534) }
      let copy = try Run(path: folder + "/run.rheo")
      #expect(try copy.steps.count == count && Self.columns(of: copy) == count)
    }
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder)
    #expect(try contents(of: folder) == ["run.rheo", "run.rheo-wal"])
  }

  @Test func finishWaitsForAReaderThatIsAtIt() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run.rheo"
      let writer = try RunWriter(path: path)
      try writer.define(sites: exampleSites(Self.sites))
      try Self.append(0..<10, to: writer)
      Thread.sleep(forTimeInterval: 0.5)
      let reading = Thread {
        if let reader = try? PlainSQL(path) {
          _ = try? reader("BEGIN; SELECT * FROM layer")
          Thread.sleep(forTimeInterval: 0.6)
        }
      }
      reading.start()
      Thread.sleep(forTimeInterval: 0.2)
      #expect(try writer.finish().steps.count == 10)
      #expect(try contents(of: folder) == ["run.rheo"])
    }
  }
}
