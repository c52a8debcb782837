import CairoBackend
import Charts
import Diagnosis
import Foundation
import Plotting
import RunFile
import Terminal
import TestSupport
import Testing

/// Run files that were changed by SQL at random: every chart, verdict, summary and check draws or throws one of our errors.
@Suite struct ChangedRunTests {
  /// In parts that run at the same time.
  @Test(arguments: 0..<4) func randomChanges(part: Int) throws {
    try withTemporaryFolder { folder in
      let whole = try Self.smallRun(folder + "/whole.rheo", rate: 0.1),
        other = try Self.smallRun(folder + "/other.rheo", rate: 0.01)
      // The undisturbed runs show everything, so that what a change breaks is seen.
      #expect(try Self.drawAll([whole, other], isPictured: true).count == ChartKind.all.count)
      let data = try Data(contentsOf: URL(filePath: whole.path)), path = folder + "/changed.rheo"
      var drawn = 0
      for seed in stride(from: part, to: cases(2_000, full: 100_000), by: 4) {
        var dice = Dice(seed: seed)
        try data.write(to: URL(filePath: path))
        let changes = (0...dice.below(3)).map { _ in dice.change() }
        do {
          let sql = try PlainSQL(path)
          // A change that the schema does not permit changes nothing.
          for change in changes { _ = try? sql(change) }
        }
        let start = threadSeconds()
        // Drawing takes most of the time.
        let number = seed / 4, order = number % 4 == 0 ? number % 3 : nil
        drawn += try Self.use(path, other, order: order, isPictured: number % 16 == 0) { error in
          "seed \(seed), \(changes): \(error)"
        }
        #expect(threadSeconds() - start < 10, "seed \(seed), \(changes)")
        for suffix in ["", "-wal", "-shm", "-journal"] { unlink(path + suffix) }
      }
      #expect(!isFull || peakMemory() < 2 << 30)
      #expect(drawn > 250, "many charts are drawn: \(drawn)")
    }
  }

  /// The changes that ended the program or drew nonsense.
  private static let changes = [
    "UPDATE layer SET gradient_rms = 1e308", "UPDATE layer SET gradient_rms = 1e-320",
    "UPDATE layer SET activation_mean = -1e308",
    "UPDATE layer SET activation_mean = 1e-320", "UPDATE layer SET zero_fraction = 9e999", "UPDATE weight SET norm = 0",
    "UPDATE weight SET update_norm = 1e-320, norm = 1e308", "UPDATE step SET loss = 1e308",
    "UPDATE step SET loss = -1e-320",
    "UPDATE step SET accuracy = -1e308", "UPDATE step SET step = step + 9007199254740000",
    "UPDATE layer SET step = step + 9007199254740000", "UPDATE weight SET step = step + 9007199254740000",
    "UPDATE site SET depth = 9007199254740992 - id", "UPDATE measure SET value = 1e308",
    "UPDATE measure SET value = -1e-320",
    "UPDATE meta SET value = '1e999' WHERE key = 'predicted_gradient_factor'",
    "UPDATE meta SET value = '9223372036854775807' WHERE key = 'classes'",
    "UPDATE histogram SET counts = x'00'", "UPDATE histogram SET counts = x'ac0200ffffffff0f'",
    "UPDATE meta SET value = printf('%.*c', 3000000, 'x') WHERE key <> 'format'",
    "UPDATE site SET path = printf('%.*c', 300000, 'x') || id, module = path",
    "DELETE FROM layer WHERE rowid % 7", "DELETE FROM weight",
    "DELETE FROM site WHERE id > 3; DELETE FROM layer WHERE site > 3",
  ]

  @Test(arguments: changes.indices) func extremeValuesAreDrawn(_ index: Int) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run.rheo"
      let other = try Self.smallRun(folder + "/other.rheo", rate: 0.01)
      _ = try Self.smallRun(path, rate: 0.1)
      try PlainSQL(path)(Self.changes[index])
      for order in 0..<3 {
        #expect(try Self.use(path, other, order: order, isPictured: true) { "\(Self.changes[index]): \($0)" } > 5)
      }
    }
  }

  @Test func aLearningRateThatIsNaNIsRefused() throws {
    try withTemporaryFolder { folder in
      let runs = try (0..<2).map { index in
        let path = "\(folder)/\(index).rheo"
        _ = try Self.smallRun(path, rate: 0.1)
        try PlainSQL(path)("UPDATE step SET learning_rate = 'NaN'")
        return try Run(path: path)
      }
      let error = try #require(throws: ChartError.self) { try Chart.learningRates(of: runs) }
      #expect(error.description == "\(folder)/0.rheo: the learning rate is NaN, but must be a finite number")
    }
  }

  /// Judges a file, and draws it alone (`order` 0), before another (1), or after it (2), or not (nil). Returns the number of charts that were drawn.
  private static func use(
    _ path: String, _ other: Run, order: Int?, isPictured: Bool, _ context: (any Error) -> String
  ) throws -> Int {
    func isOurs(_ error: any Error) -> Bool {
      guard error is RunFileError || error is ChartError else { return false }
      let foreign = [
        "malformed", "constraint", "no such column", "no such table", "datatype", "SQL", "Error Domain", "syntax",
      ]
      return !foreign.contains { "\(error)".contains($0) && !"\(error)".contains("no SQLite database") }
    }
    do { _ = try RunFileCheck.problems(at: path) } catch { #expect(isOurs(error), "\(context(error))") }
    do { _ = try RunSummary.read(from: path) } catch { #expect(isOurs(error), "\(context(error))") }
    do { _ = try RunComparison.differences(between: path, and: other.path) } catch {
      #expect(isOurs(error), "\(context(error))")
    }
    do {
      let run = try Run(path: path)
      for finding in diagnose(run) where finding.rule == "readable run" {
        let isReadable = !["malformed", "constraint", "no such"].contains { finding.statement.contains($0) }
        #expect(isReadable, "\(finding)")
      }
      guard let order else {
        _ = try (run.layers(LayerQuantity.allCases), run.weights(WeightQuantity.allCases), run.facts(), run.summary())
        return 0
      }
      let charts = try drawAll([[run], [run, other], [other, run]][order], isPictured: isPictured) { error in
        #expect(isOurs(error), "\(context(error))")
      }
      _ = try? (run.facts(), run.summary())
      return charts.count
    } catch {
      #expect(isOurs(error), "\(context(error))")
      return 0
    }
  }

  /// The charts of runs that can be drawn.
  private static func drawAll(
    _ runs: [Run], isPictured: Bool, _ report: (any Error) -> Void = { Issue.record($0) }
  ) throws -> [Figure] {
    var figures: [Figure] = []
    let names: [(Run) throws -> [ChartKind]] = [
      { try $0.measureNames().map(ChartKind.measure) }, { try $0.scalarNames().map(ChartKind.scalar) },
    ]
    var kinds = ChartKind.all
    for list in names where !runs[0].path.hasSuffix("whole.rheo") {
      do { kinds += try list(runs[0]) } catch { report(error) }
    }
    for kind in kinds {
      do {
        let figure = try kind.figure(runs)
        // This canvas stops at a coordinate that is not finite.
        figure.draw(on: RecordingCanvas())
        if isPictured {
          #expect(figure.text(columns: 80, rows: 24, colors: .none).count == 24)
          #expect(try figure.png(scale: 0.25).count > 60)
        }
        figures.append(figure)
      } catch {
        report(error)
      }
    }
    return figures
  }

  /// A run of six sites and 16 steps with rows in each table.
  private static func smallRun(_ path: String, rate: Double) throws -> Run {
    let writer = try RunWriter(
      path: path,
      meta: [
        .experiment: "changes", .variant: "rate \(rate)", .seed: "1", .classes: "10", .predictedGradientFactor: "0.9",
        .learningRate: "\(rate)",
      ])
    let sites = (0..<6).map { index in
      Site(
        id: index, module: "layers.\(index)", kind: index % 2 == 0 ? .linear : .relu, depth: index / 2 + 1,
        isLayer: index % 2 == 0, shape: [8, 4])
    }
    try writer.define(sites: sites)
    try writer.define(
      parameters: sites.filter(\.isLayer).map {
        RecordedParameter(id: $0.id, path: $0.path + ".weight", shape: [4, 4], site: $0.id)
      })
    for step in 0..<16 {
      let values = sampleValues(24, seed: UInt64(step + 1)).map { Double(abs($0)) }
      let rows = sites.map { site in
        var row = LayerRow(step: step, site: site.id)
        for quantity in LayerQuantity.allCases { row[quantity] = values[site.id] / 2 }
        row[.nonfiniteCount] = 0
        row[.gradientNonfiniteCount] = 0
        return row
      }
      try writer.append(
        step: StepRow(step: step, loss: values[9], accuracy: values[10], learningRate: rate, seconds: Double(step)),
        layers: rows,
        weights: sites.filter(\.isLayer).map {
          WeightRow(step: step, parameter: $0.id, norm: 2, gradientNorm: values[$0.id], gradientMax: 1, updateNorm: 0.1)
        })
      try writer.scalar(step: step, name: "validation_loss", value: values[11])
      for name in [MeasureName.gradientNoiseScale, .gradientSNR] {
        try writer.measure(step: step, name: name, value: values[12])
      }
      for site in sites {
        try writer.measure(step: step, site: site.id, name: .deadFraction, value: values[site.id] / 2)
        try writer.measure(step: step, site: site.id, name: .similarityToFinal, value: values[site.id] / 2)
        for quantity in ["activation", "gradient", "weight"] {
          try writer.histogram(
            step: step, site: site.id, quantity: quantity, counts: HistogramBins.counts(of: values.map(Float.init)))
        }
      }
    }
    try writer.fact(Fact(step: 3, subject: .site(1), name: "count", value: .number(2)))
    try writer.event(step: 5, kind: .skipped, text: "overflow")
    return try writer.finish()
  }

  /// Random changes by SQL.
  private struct Dice {
    private var state: UInt64

    private static let tables: [(name: String, columns: [String])] = [
      ("meta", ["key", "value"]), ("site", ["id", "path", "module", "call", "kind", "depth", "is_layer", "shape"]),
      ("parameter", ["id", "path", "shape", "site", "optimizers", "frozen"]),
      ("step", ["step", "loss", "accuracy", "learning_rate", "seconds"]),
      ("layer", ["step", "site"] + LayerQuantity.allCases.map(\.column)),
      ("weight", ["step", "parameter"] + WeightQuantity.allCases.map(\.column)), ("scalar", ["step", "name", "value"]),
      ("fact", ["step", "subject", "item", "name", "type", "value"]),
      ("histogram", ["step", "site", "quantity", "counts"]),
      ("measure", ["step", "site", "name", "value"]), ("event", ["step", "site", "kind", "text"]),
      ("summary", ["steps", "final_loss", "gradient_axis", "gradient_factor"]),
    ]
    private static let values = [
      "NULL", "'abc'", "''", "x''", "x'05ff'", "x'80808008'", "1e308", "-1e308", "1e-320", "-1e-320", "9e999", "-9e999",
      "'NaN'", "'nan'", "-1", "0", "1", "2.5", "1e15", "9223372036854775807", "-9223372036854775808",
      "9007199254740992",
      "9007199254740993", "4611686018427387904", "'[-1]'", "'[2.5,3]'", "'10x10'", "'[]'", "'[ 3 , 4 ]'", "'[0]'",
      "'[9223372036854775807,9223372036854775807]'", "'[99999999999999999999]'", "'inf'", "randomblob(50)",
      "zeroblob(100000)",
      "printf('%.*c', 20000, 'x')", "char(27, 93, 48, 59, 8238, 10)", "'a' || char(0) || 'b'", "CAST(x'ff' AS TEXT)",
      "rowid",
      "-rowid", "rowid * 1e300", "rowid * 1000000007", "'skipped'", "'nonfinite'", "'ReLU'", "'activation'",
      "'gradient_snr'",
      "CASE rowid % 2 WHEN 0 THEN 1e-320 ELSE 1e308 END", "CASE rowid % 3 WHEN 0 THEN 'NaN' END",
    ]

    init(seed: Int) { state = UInt64(seed + 1) &* 0x9E37_79B9_7F4A_7C15 }

    mutating func below(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state ^ state >> 29) >> 33) % limit
    }

    mutating func pick<Element>(_ choices: [Element]) -> Element { choices[below(choices.count)] }

    private mutating func rows() -> String {
      pick(["", "", " WHERE rowid % 2", " WHERE rowid % 7 = 3", " WHERE rowid = 2", " WHERE rowid > 5"])
    }

    mutating func change() -> String {
      let (table, columns) = pick(Self.tables), column = pick(columns)
      let loosened =
        "CREATE TABLE loose AS SELECT * FROM \(table); DROP TABLE \(table); ALTER TABLE loose RENAME TO \(table);"
      switch below(20) {
      case 0..<9: return "UPDATE OR REPLACE \(table) SET \(column) = \(pick(Self.values))\(rows())"
      case 9..<13: return "\(loosened) UPDATE \(table) SET \(column) = \(pick(Self.values))\(rows())"
      case 13: return "DELETE FROM \(table)\(rows())"
      case 14: return "\(loosened) INSERT INTO \(table) SELECT * FROM \(table)"
      case 15: return "UPDATE OR IGNORE \(table) SET \(column) = \(pick(columns))\(rows())"
      case 16: return "ALTER TABLE \(table) RENAME TO other; CREATE VIEW \(table) AS SELECT * FROM other"
      case 17:
        return pick([
          "ALTER TABLE \(table) DROP COLUMN \(column)", "ALTER TABLE \(table) RENAME COLUMN \(column) TO mine",
        ])
      case 18: return "DROP TABLE \(table)"
      default:
        return "UPDATE OR IGNORE \(table) SET rowid = \(pick(["-rowid", "rowid * 1000000000000000", "99 - rowid"]))"
      }
    }
  }
}
