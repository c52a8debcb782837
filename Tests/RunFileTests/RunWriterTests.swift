import Foundation
import RunFile
import TestSupport
import Testing

@Suite struct RunWriterTests {
  private let sites = [
    Site(id: 0, path: "stem", kind: "Linear", depth: 1, shape: [64, 10], parameters: 650),
    Site(id: 1, path: "blocks.0", kind: "ReLU", depth: 1, shape: [64, 10], parameters: 0),
  ]

  private func append(_ step: Int, to writer: RunWriter) throws {
    var row = LayerRow(step: step, site: 0)
    row[.gradientRMS] = Double(step) + 0.5
    try writer.append(
      step: StepRow(step: step, loss: 1 / Double(step + 1), accuracy: nil, learningRate: 0.1, seconds: Double(step)), layers: [row])
  }

  private func waitUntil(_ condition: () throws -> Bool) rethrows -> Bool {
    for _ in 0..<200 {
      if try condition() { return true }
      usleep(20_000)
    }
    return false
  }

  @Test func whatIsWrittenIsRead() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/new/folder/run.rheo"
      let writer = try RunWriter(path: path, meta: ["experiment": "e", "variant": "v", "seed": "7"])
      try writer.define(sites: sites)
      let special: [(LayerQuantity, Double)] = [
        (.activationMean, .nan), (.activationMin, -.infinity), (.activationMax, .infinity), (.gradientRMS, 1e-300), (.zeroFraction, 0),
        (.updateNorm, -0.0),
      ]
      var row = LayerRow(step: 3, site: 1)
      for (quantity, value) in special { row[quantity] = value }
      try writer.append(step: StepRow(step: 3, loss: .nan, accuracy: 0.5, learningRate: nil, seconds: 1), layers: [row])
      try writer.event(step: 3, site: nil, kind: "nonfinite", text: "it’s “NaN”")
      try writer.measure(step: 3, site: 1, name: "trace", value: .nan)
      try writer.histogram(step: 3, site: 1, quantity: "gradient", counts: [1, 0, 22])
      let run = try writer.finish(meta: ["finished": "yes"])

      #expect(run.experiment == "e" && run.variant == "v" && run.seed == 7 && run.meta["finished"] == "yes")
      #expect(run.sites == sites)
      #expect(run.steps.count == 1 && run.steps[0].loss.isNaN && run.steps[0].accuracy == 0.5 && run.steps[0].learningRate == nil)
      for (quantity, value) in special {
        let matrix = try run.layers(quantity)
        #expect(matrix.steps == [3])
        #expect(matrix[0, 0] == nil)
        let found = try #require(matrix[1, 0])
        #expect(found.isNaN == value.isNaN && (found.isNaN || found == value))
      }
      #expect(try run.layers(.weightNorm)[1, 0] == nil)
      #expect(run.events.map(\.text) == ["it’s “NaN”"])
      #expect(try run.measures("trace")[0].value?.isNaN == true)
      #expect(try run.histograms("gradient")[0].counts == [1, 0, 22])
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/new/folder") == ["run.rheo"])
    }
  }

  @Test func aGrowingRunCanBeReadAndAKilledOneOpens() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run.rheo"
      let writer = try RunWriter(path: path, meta: [:])
      try writer.define(sites: sites)
      for step in 0..<10 { try append(step, to: writer) }
      #expect(try waitUntil { try Run(path: path).steps.count == 10 })
      // What lies on the disk now is what a killed process leaves.
      let killed = folder + "/killed.rheo"
      for suffix in ["", "-wal"] { try FileManager.default.copyItem(atPath: path + suffix, toPath: killed + suffix) }
      for step in 10..<20 { try append(step, to: writer) }
      let left = try Run(path: killed)
      #expect(left.steps.count == 10)
      #expect(try left.layers(.gradientRMS).row(0) == (0..<10).map { Double($0) + 0.5 })
      #expect(try writer.finish().steps.count == 20)
    }
  }

  @Test func aRemovedFileStopsTheRecordingWithAnError() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run.rheo"
      let writer = try RunWriter(path: path, meta: [:])
      try append(0, to: writer)
      try FileManager.default.removeItem(atPath: path)
      var error: (any Error)?
      #expect(
        waitUntil {
          do { try writer.event(step: 1, site: nil, kind: "x", text: "y") } catch let thrown { error = thrown }
          return error != nil
        })
      #expect("\(try #require(error))".contains("can no longer be written: it has been removed"))
      writer.close()
    }
  }

  @Test func aFolderThatCannotBeMadeIsAnError() throws {
    try withTemporaryFolder { folder in
      try Data().write(to: URL(filePath: folder + "/file"))
      let error = #expect(throws: RunFileError.self) { try RunWriter(path: folder + "/file/run.rheo", meta: [:]) }
      #expect(error?.description.contains("choose a folder that can be written") == true)
      #expect(throws: RunFileError.self) { try RunWriter(path: folder, meta: [:]) }
    }
  }

  @Test func anOlderRunIsReplacedWhole() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run.rheo"
      for count in [5, 2] {
        let writer = try RunWriter(path: path, meta: [:])
        for step in 0..<count { try append(step, to: writer) }
        #expect(try writer.finish().steps.count == count)
      }
    }
  }

  @Test func whatIsNoRunFileIsRefusedInWords() throws {
    try withTemporaryFolder { folder in
      func message(_ name: String, _ make: (String) throws -> Void) throws -> String {
        let path = "\(folder)/\(name)"
        try make(path)
        do { _ = try Run(path: path) } catch let error as RunFileError { return error.description }
        return "no error"
      }
      let absent = try message("absent") { _ in }
      let aFolder = try message("folder") { try FileManager.default.createDirectory(atPath: $0, withIntermediateDirectories: true) }
      let empty = try message("empty") { try Data().write(to: URL(filePath: $0)) }
      let garbage = try message("garbage") { try Data(repeating: 7, count: 5000).write(to: URL(filePath: $0)) }
      let newer = try message("newer") { path in
        _ = try RunWriter(path: path, meta: [:]).finish()
        let file = try FileHandle(forUpdating: URL(filePath: path))
        try file.seek(toOffset: 60)  // user_version in SQLite's header
        try file.write(contentsOf: Data([0, 0, 0, 9]))
        try file.close()
      }
      #expect(absent.contains("there is no file"))
      #expect(aFolder.contains("is not a run file (it is a folder)"))
      #expect(empty.contains("is not a run file"))
      #expect(garbage.contains("is not a run file"))
      #expect(newer.contains("format version 9"))
    }
  }

  /// The schema's promise in plain SQL, by a client that is not ours.
  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/sqlite3"))) func plainSQLReadsIt() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run.rheo"
      let writer = try RunWriter(path: path, meta: ["seed": "1"])
      try writer.define(sites: sites)
      var row = LayerRow(step: 0, site: 1)
      row[.gradientRMS] = .nan
      row[.gradientMax] = .infinity
      row[.zeroFraction] = 0.5
      try writer.append(step: StepRow(step: 0, loss: 2.5, accuracy: nil, learningRate: 0.1, seconds: 0), layers: [row])
      _ = try writer.finish()
      let process = Process(), output = Pipe()
      process.executableURL = URL(filePath: "/usr/bin/sqlite3")
      process.arguments = [
        path,
        """
        SELECT value FROM meta WHERE key = 'seed'; SELECT path, kind, depth, shape, parameters FROM site WHERE id = 1;
        SELECT step, loss, accuracy, learning_rate FROM step;
        SELECT site, activation_mean, gradient_rms, gradient_max, zero_fraction FROM layer;
        """,
      ]
      process.standardOutput = output
      try process.run()
      let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      #expect(text == "1\nblocks.0|ReLU|1|[64,10]|0\n0|2.5||0.1\n1||NaN|Inf|0.5\n")
    }
  }
}
