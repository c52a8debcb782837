import Foundation
import RunFile
import TestSupport
import Testing

/// Run files whose rows were changed by SQL: each wrong value is refused by an error that names file, table, column and row.
@Suite struct ChangedFileTests {
  /// Writes a run with rows in each table.
  static func write(_ path: String) throws {
    let writer = try RunWriter(path: path, meta: [.seed: "7", .learningRate: "0.1"])
    try writer.define(sites: exampleSites(3))
    try writer.define(parameters: [RecordedParameter(id: 0, path: "layers.0.weight", shape: [10, 10], site: 0)])
    for step in 0..<4 {
      try writer.append(
        step: StepRow(step: step, loss: 1, accuracy: 0.5, learningRate: 0.1, seconds: 0),
        layers: exampleRows(step: step, sites: 3, value: 0.25),
        weights: [WeightRow(step: step, parameter: 0, norm: 1, updateNorm: 2)])
    }
    try writer.scalar(step: 3, name: "validation_loss", value: 0.5)
    try writer.fact(Fact(step: 3, subject: .site(1), name: "count", value: .number(2)))
    try writer.measure(step: 3, site: 1, name: .deadFraction, value: 0.25)
    try writer.histogram(step: 3, site: 1, quantity: "activation", counts: HistogramBins.counts(of: [1, 2]))
    try writer.event(step: 3, kind: .nonfinite, text: "a loss")
    _ = try writer.finish()
  }

  /// All reading of a run.
  static func readAll(_ path: String) throws {
    let run = try Run(path: path)
    _ = try run.layers(LayerQuantity.allCases)
    _ = try run.layers([.gradientRMS], steps: 0...2)
    _ = try run.weights(WeightQuantity.allCases)
    _ = try (run.facts(), run.measureNames(), run.scalarNames())
    for name in try run.measureNames() { _ = try (run.measures(name), run.measureGrid(name)) }
    for name in try run.scalarNames() { _ = try run.scalars(name) }
    _ = try (run.histograms("activation"), run.summary(), GradientProfile.of(run))
  }

  /// A table that takes any value: without types, keys and rules.
  static func loosened(_ table: String) -> String {
    "CREATE TABLE loose AS SELECT * FROM \(table); DROP TABLE \(table); ALTER TABLE loose RENAME TO \(table);"
  }

  private static let whole = "a whole number from 0 to 9007199254740992"
  private static let number = "a number, the text NaN, or NULL"
  private static let shape = "a JSON array of whole numbers of 0 or more, such as [64,10]"

  /// A change, and what the error says behind the path.
  private static let changes: [(sql: String, says: String)] = [
    ("UPDATE layer SET step = 'abc' WHERE rowid = 5", "table layer, row 5, step is “abc”, but must be \(whole)"),
    ("UPDATE layer SET step = -1 WHERE rowid = 1", "table layer, row 1, step is -1, but must be \(whole)"),
    ("UPDATE layer SET step = 1.5 WHERE rowid = 1", "table layer, row 1, step is 1.5, but must be \(whole)"),
    (
      "UPDATE layer SET gradient_rms = 'abc' WHERE rowid = 7",
      "layer, row 7, gradient_rms is “abc”, but must be \(number)"
    ),
    (
      "UPDATE layer SET gradient_rms = x'01' WHERE rowid = 7",
      "row 7, gradient_rms is a blob of 1 byte, but must be \(number)"
    ),
    ("UPDATE layer SET gradient_rms = 'nan' WHERE rowid = 7", "row 7, gradient_rms is “nan”, but must be \(number)"),
    ("UPDATE layer SET site = 'x' WHERE rowid = 7", "row 7, site is “x”, but must be a whole number"),
    (
      loosened("layer") + "UPDATE layer SET site = NULL WHERE rowid = 7",
      "row 7, site is NULL, but must be a whole number"
    ),
    (
      "UPDATE layer SET site = 3 WHERE rowid = 7",
      "step 2 has a row for site 3 in its table layer, which its table site lacks"
    ),
    ("UPDATE weight SET update_norm = 'x' WHERE rowid = 2", "weight, row 2, update_norm is “x”, but must be \(number)"),
    (
      "UPDATE site SET depth = 9223372036854775807 WHERE id = 1",
      "table site, row 1, depth is 9223372036854775807, but must"
    ),
    ("UPDATE site SET depth = -1 WHERE id = 1", "table site, row 1, depth is -1, but must be \(whole)"),
    ("UPDATE site SET call = 'x' WHERE id = 1", "table site, row 1, call is “x”, but must be \(whole)"),
    ("UPDATE site SET is_layer = 2 WHERE id = 1", "table site, row 1, is_layer is 2, but must be 0 or 1"),
    ("UPDATE site SET shape = '[-1]' WHERE id = 0", "table site, row 0, shape is “[-1]”, but must be \(shape)"),
    ("UPDATE site SET shape = '[2.5,3]' WHERE id = 0", "shape is “[2.5,3]”, but must be \(shape)"),
    ("UPDATE site SET shape = '[1,]' WHERE id = 0", "shape is “[1,]”, but must be \(shape)"),
    ("UPDATE site SET shape = '[99999999999999999999]'", "shape is “[99999999999999999999]”, but must be \(shape)"),
    (
      "UPDATE parameter SET shape = '10x10' WHERE id = 0",
      "table parameter, row 0, shape is “10x10”, but must be \(shape)"
    ),
    ("UPDATE parameter SET optimizers = '[a]' WHERE id = 0", "optimizers is “[a]”, but must be \(shape)"),
    ("UPDATE site SET path = x'00' WHERE id = 0", "row 0, path is a blob of 1 byte, but must be text in UTF-8"),
    ("UPDATE site SET path = CAST(x'ff' AS TEXT) WHERE id = 0", "path is “\u{FFFD}”, but must be text in UTF-8"),
    (
      loosened("site") + "UPDATE site SET id = 1",
      "table site, row 2, id is 1, but must be a larger number than in the row before"
    ),
    (
      loosened("site") + "UPDATE site SET id = NULL WHERE id = 2",
      "table site, row 3, id is NULL, but must be a whole number"
    ),
    (
      loosened("step") + "INSERT INTO step SELECT * FROM step",
      "step is 0, but must be a larger number than in the row before"
    ),
    ("UPDATE step SET step = 9223372036854775807 WHERE step = 3", "step is 9223372036854775807, but must be \(whole)"),
    ("UPDATE step SET loss = 'high' WHERE step = 3", "table step, row 3, loss is “high”, but must be \(number)"),
    (
      "UPDATE meta SET value = x'616263' WHERE key = 'seed'",
      "table meta, row seed, value is a blob of 3 bytes, but must be text"
    ),
    ("UPDATE event SET step = -2", "table event, row 1, step is -2, but must be \(whole)"),
    ("UPDATE scalar SET value = 'x'", "table scalar, row 1, value is “x”, but must be \(number)"),
    ("UPDATE measure SET site = 'x'", "table measure, row 1, site is “x”, but must be a whole number"),
    ("UPDATE measure SET site = 77", "step 3 has a row for site 77 in its table measure, which its table site lacks"),
    ("UPDATE fact SET value = x'00'", "table fact, row 1, value is a blob of 1 byte, but must be \(number)"),
    (
      "UPDATE histogram SET counts = x'05ff'", "table histogram, row 1, counts is a blob of 2 bytes, but must be LEB128"
    ),
    (
      "UPDATE histogram SET counts = x'80808008'",
      "table histogram, row 1, counts is a blob of 4 bytes, but must be LEB128"
    ),
    ("UPDATE histogram SET counts = 'x'", "table histogram, row 1, counts is “x”, but must be LEB128"),
    ("UPDATE summary SET steps = 'x'", "table summary, row 1, steps is “x”, but must be \(whole)"),
    (
      "UPDATE site SET path = zeroblob(70000000) WHERE id = 0",
      "can't read this run file: a value in it is larger than 64 MiB"
    ),
    ("ALTER TABLE layer RENAME TO other; CREATE VIEW layer AS SELECT * FROM other", "its layer is a view, not a table"),
    ("ALTER TABLE meta RENAME TO other; CREATE VIEW meta AS SELECT * FROM other", "its meta is a view, not a table"),
    (
      "DROP TABLE layer; CREATE VIRTUAL TABLE layer USING rtree(step, a, b)",
      "its layer is a virtual table, not a table"
    ),
    ("ALTER TABLE layer DROP COLUMN gradient_rms", "its table layer has no column gradient_rms"),
    (
      "DROP TABLE layer; CREATE TABLE layer(step PRIMARY KEY, site) WITHOUT ROWID",
      "its table layer differs from that of a run file"
    ),
    ("DROP TABLE event", "can't read this run file: it has no table event; record the run again"),
  ]

  @Test(arguments: changes.indices) func eachWrongValueIsRefused(_ index: Int) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run.rheo", (sql, says) = Self.changes[index]
      try Self.write(path)
      try Self.readAll(path)
      try PlainSQL(path)(sql)
      let error = try #require(throws: RunFileError.self) { try Self.readAll(path) }
      #expect(error.description.hasPrefix(path + ": ") && error.description.contains(says), "\(error)")
      // The check reports the same, or refuses the file.
      let problems = (try? RunFileCheck.problems(at: path).map(\.description)) ?? ["refused"]
      #expect(!problems.isEmpty)
    }
  }

  /// Extreme numbers that a Double holds are values.
  @Test(arguments: ["1e308", "1e-320", "-1e308", "9e999", "'NaN'", "5"]) func extremeNumbersAreRead(_ number: String)
    throws
  {
    try withTemporaryFolder { folder in
      let path = folder + "/run.rheo"
      try Self.write(path)
      try PlainSQL(path)("UPDATE layer SET gradient_rms = \(number), activation_mean = \(number)")
      try Self.readAll(path)
      let value = try #require(try Run(path: path).layers(.gradientRMS)[0, 0])
      #expect(same(value, number == "9e999" ? .infinity : number == "'NaN'" ? .nan : Double(number)))
    }
  }

  @Test func rowNumbersOfAnySizeAreRead() throws {
    for number in ["-9223372036854775807", "9223372036854775807"] {
      try withTemporaryFolder { folder in
        let path = folder + "/run.rheo"
        try Self.write(path)
        try PlainSQL(path)("DELETE FROM layer WHERE rowid > 1; UPDATE layer SET rowid = \(number)")
        let run = try Run(path: path)
        try run.keep([.gradientRMS, .activationStd])
        #expect(try run.layers(.gradientRMS).steps == [0])
      }
    }
  }

  /// A row per step of another site: 400 million cells, of which 20,000 have a row.
  @Test func aGridOfMostlyEmptyCellsIsRefused() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run.rheo"
      _ = try RunWriter(path: path).finish()
      try PlainSQL(path)(
        """
        WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 19999)
        INSERT INTO site SELECT i, 'l' || i, 'l' || i, 0, 'Linear', i + 1, 1, '[2]' FROM n;
        INSERT INTO layer(step, site, gradient_rms) SELECT id, id, 1 FROM site;
        INSERT INTO measure SELECT id, id, 'rank', 1 FROM site;
        """)
      let before = try residentBytes()
      let run = try Run(path: path)
      let error = try #require(throws: RunFileError.self) { try run.layers(.gradientRMS) }
      #expect(error.description.contains("its table layer has 1678 rows for 20000 × 1678 cells"), "\(error)")
      #expect(error.description.contains("at least one in 4 must have a row"))
      let other = try #require(throws: RunFileError.self) { try run.measureGrid("rank") }
      #expect(other.description.contains("its table measure has 20000 rows for 20000 × 20000 cells"))
      #expect(throws: RunFileError.self) { try run.layers([.gradientRMS, .activationRMS]) }
      #expect(try residentBytes() - before < 1_500_000_000)
      // One step is read.
      #expect(try run.layers([.gradientRMS], steps: 7...7)[0][7, 0] == 1)
    }
  }

  /// A million counts in a blob of three bytes.
  @Test func histogramsThatDoNotFitIntoMemoryAreRefused() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run.rheo"
      try Self.write(path)
      try PlainSQL(path)(
        """
        WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999)
        INSERT INTO histogram SELECT i, 0, 'activation', x'808040' FROM n
        """)
      let error = try #require(throws: RunFileError.self) { try Run(path: path).histograms("activation") }
      #expect(error.description.contains("counts of all histograms of a quantity"), "\(error)")
    }
  }

  /// Steps whose only rows belong to a module that is no point of any profile: one pass over the file per step would take minutes.
  @Test func aProfileThatNoStepHasIsSoughtInFewPasses() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run.rheo"
      _ = try RunWriter(path: path).finish()
      try PlainSQL(path)(
        """
        INSERT INTO site VALUES (0, 'r', 'r', 0, 'ReLU', 1, 0, '[2]'), (1, 'r[1]', 'r', 1, 'ReLU', 1, 0, '[2]'),
          (2, 'r[2]', 'r', 2, 'ReLU', 1, 0, '[2]');
        WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 29999)
        INSERT INTO layer(step, site, gradient_rms) SELECT i, i % 3, 1 FROM n;
        """)
      let start = ContinuousClock.now
      #expect(try GradientProfile.of(Run(path: path)) == nil)
      #expect(ContinuousClock.now - start < .seconds(5))
    }
  }

  @Test func aComparisonSeesUnicodeNormalForms() throws {
    try withTemporaryFolder { folder in
      let paths = ["\(folder)/a.rheo", "\(folder)/b.rheo"]
      for (path, text) in zip(paths, ["e\u{301}", "\u{E9}"]) {
        let writer = try RunWriter(path: path, meta: [.variant: text], clock: { Date(timeIntervalSince1970: 0) })
        _ = try writer.finish()
      }
      #expect(try RunComparison.differences(between: paths[0], and: paths[1]).map(\.table) == ["meta"])
    }
  }
}
