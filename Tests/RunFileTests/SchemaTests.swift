import Foundation
import RunFile
import TestSupport
import Testing

@Suite struct SchemaTests {
  @Test func plainSQLReadsTheSchema() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run.rheo"
      let writer = try RunWriter(path: path, meta: [.seed: "7"], clock: { .init(timeIntervalSince1970: 0) })
      try writer.define(sites: exampleSites(2))
      var row = LayerRow(step: 5, site: 1)
      row[.gradientRMS] = .nan
      row[.gradientMax] = -.infinity
      row[.zeroFraction] = 0.25
      try writer.append(step: StepRow(step: 5, loss: .infinity, accuracy: 0.5, seconds: 1.5), layers: [row])
      try writer.event(step: 5, kind: "nonfinite", text: "it's NaN")
      try writer.measure(step: 5, site: 1, name: "rank", value: 3.5)
      try writer.histogram(step: 5, site: 0, quantity: "gradient", counts: [1, 0, 0, 258, 0])
      _ = try writer.finish(meta: [.variant: "plain"])

      let sql = try PlainSQL(path)
      #expect(
        try sql("SELECT key, value FROM meta ORDER BY key") == [
          ["finished", "1970-01-01T00:00:00Z"], ["format", "2"], ["seed", "7"], ["started", "1970-01-01T00:00:00Z"],
          ["variant", "plain"],
        ])
      #expect(
        try sql("SELECT id, path, module, call, kind, depth, is_layer, shape FROM site WHERE id = 1")
          == [["1", "layers.1", "layers.1", "0", "Linear", "2", "1", "[64,10]"]])
      #expect(
        try sql("SELECT step, loss, accuracy, learning_rate, seconds FROM step")
          == [["5", "Inf", "0.5", "NULL", "1.5"]])
      #expect(
        try sql("SELECT step, site, zero_fraction, gradient_rms, gradient_max, activation_rms FROM layer")
          == [["5", "1", "0.25", "NaN", "-Inf", "NULL"]])
      #expect(
        try sql("SELECT typeof(gradient_rms), typeof(gradient_max), typeof(activation_rms) FROM layer")
          == [["text", "real", "null"]])
      #expect(try sql("SELECT step, site, kind, text FROM event") == [["5", "NULL", "nonfinite", "it's NaN"]])
      #expect(try sql("SELECT step, site, name, value FROM measure") == [["5", "1", "rank", "3.5"]])
      #expect(
        try sql("SELECT step, site, quantity, hex(counts) FROM histogram")
          == [["5", "0", "gradient", "050001028202"]])
      #expect(try sql("PRAGMA application_id") == [[String(0x5248_454F)]])
      #expect(try sql("PRAGMA journal_mode") == [["delete"]])
    }
  }

  @Test func everyQuantityHasItsColumn() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run.rheo"
      _ = try RunWriter(path: path).finish()
      let columns = try PlainSQL(path)("SELECT name, type FROM pragma_table_info('layer')")
      let quantities = LayerQuantity.allCases.map { [$0.column, "REAL"] }
      #expect(columns == [["step", "INTEGER"], ["site", "INTEGER"]] + quantities)
      let weights = try PlainSQL(path)("SELECT name, type FROM pragma_table_info('weight')")
      #expect(
        weights == [["step", "INTEGER"], ["parameter", "INTEGER"]]
          + WeightQuantity.allCases.map { [$0.column, "REAL"] })
    }
  }

  @Test func theFileHoldsTheSchemasComments() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run.rheo"
      _ = try RunWriter(path: path).finish()
      let statements = try PlainSQL(path)("SELECT sql FROM sqlite_schema WHERE name = 'layer'")
      #expect(statements[0][0].contains("-- gradient_*: dL/d(output of the site)"))
    }
  }
}
