import Foundation
import RunFile
import TestSupport
import Testing

@Suite struct FormatTests {
  /// Writes a run with rows in each table.
  private static func write(
    _ path: String, loss: Double = 1, clock: Double = 0, extraEvent: Bool = false
  ) throws {
    let writer = try RunWriter(
      path: path, meta: [.seed: "7", .model: "net"], clock: { Date(timeIntervalSince1970: clock) })
    try writer.define(sites: exampleSites(3))
    try writer.define(
      parameters: [
        RecordedParameter(id: 0, path: "layers.0.weight", shape: [10, 10], site: 0),
        RecordedParameter(id: 1, path: "scale", shape: [10], optimizers: [], isFrozen: true),
      ])
    for step in 0..<25 {
      var rows = exampleRows(step: step, sites: 3, value: 0.25)
      for index in rows.indices { (rows[index][.zeroFraction], rows[index][.saturatedFraction]) = (0.5, nil) }
      try writer.append(
        step: StepRow(step: step, loss: loss, accuracy: 0.5, learningRate: 0.1, seconds: clock + Double(step)),
        layers: rows, weights: [WeightRow(step: step, parameter: 0, norm: 1, gradientNorm: 2, gradientMax: .nan)])
    }
    try writer.scalar(step: 24, name: "validation_loss", value: 0.5)
    try writer.fact(Fact(subject: .input, name: "range", value: .json("[0,1]")))
    try writer.fact(Fact(step: 3, subject: .parameter("scale"), name: "note", value: .text("never moves")))
    try writer.fact(Fact(step: 3, subject: .site(1), name: "count", value: .number(.nan)))
    try writer.measure(step: 3, site: 1, name: .deadFraction, value: 0.25)
    try writer.histogram(step: 3, site: 1, quantity: "activation", counts: HistogramBins.counts(of: [1, 2]))
    try writer.event(step: 3, kind: .nonfinite, text: "a loss")
    if extraEvent { try writer.event(step: 4, kind: .interrupted, text: "resumed") }
    _ = try writer.finish()
  }

  @Test func everyTableIsReadAsWritten() throws {
    try withTemporaryFolder { folder in
      try Self.write(folder + "/run.rheo")
      let run = try Run(path: folder + "/run.rheo")
      #expect(run.format == 2 && run.meta[.seed] == "7")
      #expect(run.parameters.map(\.path) == ["layers.0.weight", "scale"] && run.parameters[1].isFrozen)
      #expect(run.parameters.map(\.optimizers) == [[0], []] && run.parameters.map(\.site) == [0, nil])
      let weights = try run.weights([.norm, .gradientMax, .updateNorm])
      #expect(weights[0].parameters.map(\.path) == ["layers.0.weight"] && weights[0].row(0).allSatisfy { $0 == 1 })
      #expect(weights[1][0, 3]!.isNaN && weights[2][0, 3] == nil)
      #expect(try run.weights([.norm], steps: 3...4)[0].steps == [3, 4])
      #expect(try run.scalars("validation_loss") == [Scalar(step: 24, value: 0.5)])
      #expect(try run.scalarNames() == ["validation_loss"] && run.measureNames() == [.deadFraction])
      let facts = try run.facts()
      #expect(facts.map(\.name) == ["range", "note", "count"] && facts.map(\.step) == [nil, 3, 3])
      #expect(facts[0].value == .json("[0,1]") && facts[0].subject == .input && facts[1].subject == .parameter("scale"))
      let summary = try run.summary()
      #expect(summary.finalLoss == 1 && summary.stepCount == 25 && summary.recordedStepCount == 25)
      #expect(summary.layerCount == 3 && summary.siteCount == 3 && summary.parameterCount == 110)
      #expect(summary.nonfiniteStep == 3 && summary.finalAccuracy == 0.5 && summary.gradientAxis == "depth")
      #expect(try RunFileCheck.problems(at: run.path) == [])
    }
  }

  /// The stored summary equals the computed one.
  @Test func theStoredSummaryEqualsTheComputedOne() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run.rheo"
      try Self.write(path)
      let stored = try RunSummary.read(from: path)
      try PlainSQL(path)("DELETE FROM summary")
      #expect(try RunSummary.read(from: path) == stored)
    }
  }

  /// A change of a correct file, and the beginning of the check's problem.
  private static let damages: [(sql: String, says: String)] = [
    ("DELETE FROM meta WHERE key = 'started'", "meta: it has no entry “started”"),
    ("INSERT INTO meta VALUES ('data', '/home/me/images')", "meta, row data: it names an absolute path"),
    ("INSERT INTO meta VALUES ('command', './rheoscope run x --out=/home/me/images')", "meta, row command: it names"),
    ("UPDATE site SET path = 'x' WHERE id = 1", "site, row 1: its path is not its module"),
    ("UPDATE site SET depth = -1", "site, row 0: depth is no whole number of 0 or more (and 2 more)"),
    ("UPDATE site SET depth = 0 WHERE id = 2", "site, row 2: it is a layer of depth 0"),
    ("UPDATE site SET is_layer = 2 WHERE id = 2", "site, row 2: is_layer is neither 0 nor 1"),
    ("UPDATE site SET shape = '[64,\"ten\"]' WHERE id = 0", "site, row 0: shape is no JSON array"),
    ("UPDATE site SET shape = '64' WHERE id = 0", "site, row 0: shape is no JSON array"),
    ("UPDATE parameter SET site = 9 WHERE id = 0", "parameter, row 0: its site is not in the table site"),
    ("UPDATE step SET accuracy = 1.5 WHERE step = 3", "step, row 3: accuracy is no fraction"),
    ("UPDATE step SET loss = 'high' WHERE step = 3", "step, row 3: loss is no number"),
    ("UPDATE layer SET step = 99 WHERE rowid = 4", "layer, row 4: its step is not in the table step"),
    ("UPDATE layer SET site = 99 WHERE rowid = 1", "layer, row 1: its site is not in the table site"),
    ("INSERT INTO layer(step, site) VALUES (3, 1)", "an earlier row has the same step and site"),
    ("UPDATE layer SET gradient_rms = 'abc' WHERE rowid = 4", "layer, row 4: gradient_rms is no number of 0 or more"),
    ("UPDATE layer SET gradient_rms = -1 WHERE rowid = 4", "layer, row 4: gradient_rms is no number of 0 or more"),
    ("UPDATE layer SET zero_fraction = 2 WHERE rowid = 4", "layer, row 4: zero_fraction is no fraction"),
    ("UPDATE weight SET parameter = 5 WHERE rowid = 1", "weight, row 1: its parameter is not in the table parameter"),
    ("UPDATE parameter SET shape = '[10]'", "weight, row 1: its parameter has fewer than two dimensions"),
    ("UPDATE weight SET norm = x'00' WHERE rowid = 1", "weight, row 1: norm is no number"),
    ("UPDATE scalar SET name = ''", "scalar, row 1: name is no text, or empty"),
    ("UPDATE fact SET subject = 'weather' WHERE rowid = 1", "fact, row 1: its subject is none of"),
    ("UPDATE parameter SET shape = '10x10' WHERE id = 0", "parameter, row 0: shape is no JSON array"),
    ("UPDATE fact SET item = 'nobody' WHERE rowid = 2", "fact, row 2: its item is not the path of a parameter"),
    ("UPDATE fact SET value = '[' WHERE rowid = 1", "fact, row 1: its value does not have its type"),
    ("UPDATE histogram SET counts = x'05FF'", "histogram, row 1: its counts are not LEB128"),
    ("UPDATE measure SET value = 'x'", "measure, row 1: value is no number"),
    ("UPDATE event SET kind = ''", "event, row 1: kind is no text, or empty"),
    ("DELETE FROM summary", "summary: it has 0 rows"),
    ("UPDATE summary SET final_loss = 2", "summary: final_loss is 2.0, but the other tables give 1.0"),
    ("DROP TABLE fact", "fact: there is no such table"),
    ("ALTER TABLE layer DROP COLUMN gradient_max", "layer: it has no column gradient_max REAL"),
  ]

  @Test(arguments: damages.indices) func theCheckFindsEachProblem(_ index: Int) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run.rheo", (sql, says) = Self.damages[index]
      try Self.write(path)
      try PlainSQL(path)(sql)
      let found = try RunFileCheck.problems(at: path).map(\.description)
      #expect(found.contains { $0.contains(says) }, "\(found)")
    }
  }

  /// Python's JSON, for example, has a space after each comma.
  @Test func shapesMayContainWhiteSpace() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run.rheo"
      try Self.write(path)
      let before = try Run(path: path).parameters
      try PlainSQL(path)("UPDATE parameter SET shape = replace(replace(shape, ',', ' , '), '[', '[ ')")
      #expect(try RunFileCheck.problems(at: path) == [])
      #expect(try Run(path: path).parameters == before)
    }
  }

  @Test func hugeShapesAndRowNumbersDoNotCrash() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run.rheo"
      try Self.write(path)
      try PlainSQL(path)("UPDATE site SET shape = '[4294967296,4294967296]'")
      try PlainSQL(path)("UPDATE layer SET rowid = 4611686018427387904 WHERE rowid = (SELECT max(rowid) FROM layer)")
      _ = try RunFileCheck.problems(at: path)
      #expect(try Run(path: path).layers(.gradientRMS).steps.count == 25)
    }
  }

  @Test func unknownTablesAndColumnsAreIgnored() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run.rheo"
      try Self.write(path)
      try PlainSQL(path)("CREATE TABLE mine(x); ALTER TABLE layer ADD COLUMN mine REAL")
      #expect(try RunFileCheck.problems(at: path) == [])
      #expect(try Run(path: path).layers(.gradientRMS).steps.count == 25)
    }
  }

  @Test func equalRunsMayDifferInClocksAndInterruptions() throws {
    try withTemporaryFolder { folder in
      let paths = (0..<3).map { "\(folder)/\($0).rheo" }
      try Self.write(paths[0])
      try Self.write(paths[1], clock: 1000, extraEvent: true)
      try Self.write(paths[2], loss: 1.0.nextUp)
      #expect(try RunComparison.differences(between: paths[0], and: paths[1]) == [])
      let found = try RunComparison.differences(between: paths[0], and: paths[2])
      #expect(found.map(\.table) == ["step", "summary"] && found[0].count == 25)
      #expect(found[0].text == "row 1 (step 0): loss is 1.0 and 1.0000000000000002")
      try PlainSQL(paths[1])("DELETE FROM measure; UPDATE event SET text = 'x' WHERE rowid = 1")
      let others = try RunComparison.differences(between: paths[0], and: paths[1]).map(\.description)
      #expect(
        others == [
          "measure: row 1 is only in \(paths[0])", "event: row 1 (step 3): text is “a loss” and “x”",
        ])
    }
  }

  /// Files of format 1, written by version 0.1.0.
  private static func fixture(_ name: String) -> String {
    URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/format-1-\(name).rheo").path
  }

  @Test func format1Opens() throws {
    let run = try Run(path: Self.fixture("layer-norm"))
    #expect(run.format == 1 && run.experiment == "normalization" && run.seed == 0 && run.isFinished)
    #expect(run.sites.filter(\.isLayer).map(\.path) == ["stem"] + (0..<4).map { "blocks.\($0).1" } + ["head"])
    #expect(run.sites.filter(\.isLayer).map(\.depth) == Array(1...6))
    let weights = try run.weights(.norm)
    #expect(weights.parameters.map(\.path).contains("blocks.2.1.weight") && weights[0, 0]! > 0)
    let profile = try #require(try GradientProfile.of(run))
    #expect(profile.points.count == 6 && abs(profile.factor! - 1) < 0.5)
    #expect(try run.summary().parameterCount == 6_738)
    #expect(try run.summary().layerCount == 6 && run.scalars("x").isEmpty && run.facts().isEmpty)
    #expect(try RunFileCheck.problems(at: run.path) == [])
    #expect(try RunComparison.differences(between: run.path, and: run.path) == [])

    let recurrent = try Run(path: Self.fixture("recurrent"))
    let calls = try #require(try GradientProfile.of(recurrent))
    #expect(calls.axis == .calls(of: "cell") && calls.points.count == 20)
    #expect(calls.points[0].value < 1e-4 && calls.points[19].value > 1e-3)
    #expect(recurrent.sites.first { $0.path == "cell.state[3]" }!.call == 3)
  }
}
