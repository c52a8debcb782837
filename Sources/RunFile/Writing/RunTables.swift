import CSQLite
import Foundation

/// Writes the tables of a run file.
final class RunTables {
  private let database: Database
  private let meta: Statement
  private let site: Statement
  private let parameter: Statement
  private let step: Statement
  private let layers: BlockInsertion
  private let weights: BlockInsertion
  private let scalar: Statement
  private let fact: Statement
  private let event: Statement
  private let measure: Statement
  private let histogram: Statement
  /// The last step with a row of each defined site and each defined parameter.
  private var lastSiteSteps: [Int: Int?] = [:]
  private var lastParameterSteps: [Int: Int?] = [:]

  /// The first row that was left out since `write` began.
  private var refusal: RowRefusal?

  /// The file was removed, moved or replaced.
  struct FileIsGone: Error {}

  /// Opens the tables of the file at `path`.
  init(path: String) throws(SQLiteError) {
    database = try Database(path: path, flags: SQLITE_OPEN_READWRITE)
    try database.execute("PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 2048")
    meta = try database.prepare("INSERT OR REPLACE INTO meta VALUES (?, ?)")
    site = try database.prepare("INSERT OR REPLACE INTO site VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
    parameter = try database.prepare("INSERT OR REPLACE INTO parameter VALUES (?, ?, ?, ?, ?, ?)")
    step = try database.prepare("INSERT INTO step(step, loss, accuracy, learning_rate, seconds) VALUES (?, ?, ?, ?, ?)")
    layers = try BlockInsertion(
      database, table: "layer", columns: ["step", "site"] + LayerQuantity.allCases.map(\.column))
    weights = try BlockInsertion(
      database, table: "weight", columns: ["step", "parameter"] + WeightQuantity.allCases.map(\.column))
    scalar = try database.prepare("INSERT INTO scalar VALUES (?, ?, ?)")
    fact = try database.prepare("INSERT INTO fact VALUES (?, ?, ?, ?, ?, ?)")
    event = try database.prepare("INSERT INTO event VALUES (?, ?, ?, ?)")
    measure = try database.prepare("INSERT INTO measure VALUES (?, ?, ?, ?)")
    histogram = try database.prepare("INSERT INTO histogram VALUES (?, ?, ?, ?)")
    for id in try database.computed("SELECT id FROM site", { $0.computedInt(0) }) {
      lastSiteSteps.updateValue(nil, forKey: id)
    }
    for id in try database.computed("SELECT id FROM parameter", { $0.computedInt(0) }) {
      lastParameterSteps.updateValue(nil, forKey: id)
    }
  }

  /// Writes all entries in one transaction, except rows that contradict others; returns the reason of the first one. After a thrown error
  /// none of the entries is in the file, and these tables can't be used any more.
  func write(_ entries: [Entry]) throws -> RowRefusal? {
    // Linux reports no error when a program writes into a deleted file.
    if database.hasMoved { throw FileIsGone() }
    refusal = nil
    try database.execute("BEGIN IMMEDIATE")
    for entry in entries { try write(entry) }
    try database.execute("COMMIT")
    return refusal
  }

  /// Makes all rows that were written outlast a power failure.
  func synchronize() throws(SQLiteError) { try database.execute("PRAGMA wal_checkpoint(PASSIVE)") }

  /// Moves all rows from the -wal file into the run file and removes the -wal file. If others read it for longer than `patience`, in
  /// seconds, the -wal file stays, which is harmless.
  func seal(patience: Double = 1) throws(SQLiteError) {
    // After the checkpoint all data is on the disk, so the switch need not be synchronous.
    try database.execute("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA synchronous = OFF")
    let pause = 0.02
    for _ in 0..<Int(patience / pause) {
      do throws(SQLiteError) {
        return try database.execute("PRAGMA journal_mode = DELETE")
      } catch {
        // SQLite's busy timeout does not apply here.
        guard error.primaryCode == SQLITE_BUSY else { throw error }
        Thread.sleep(forTimeInterval: pause)
      }
    }
  }

  private func write(_ entry: Entry) throws(SQLiteError) {
    switch entry {
    case .meta(let entries):
      for (key, value) in entries { try meta.run(key.rawValue, value) }
    case .sites(let sites):
      for new in sites {
        if lastSiteSteps[new.id] == nil { lastSiteSteps.updateValue(nil, forKey: new.id) }
        try site.run(
          new.id, new.path, new.module, new.call, new.kind.rawValue, new.depth, new.isLayer ? 1 : 0, json(new.shape))
      }
    case .parameters(let parameters):
      for new in parameters {
        if lastParameterSteps[new.id] == nil { lastParameterSteps.updateValue(nil, forKey: new.id) }
        try parameter.run(
          new.id, new.path, json(new.shape), new.site, json(new.optimizers), new.isFrozen ? 1 : 0)
      }
    case .step(let row, let layerRows, let weightRows):
      do {
        try step.run(row.step, row.loss, row.accuracy, row.learningRate, row.seconds)
      } catch  where error.primaryCode == SQLITE_CONSTRAINT {
        // SQLite undoes that statement alone. The rows would be those of another step.
        refusal = refusal ?? .repeatedStep(row.step)
        return
      }
      try write(layerRows, of: row.step)
      try write(weightRows, of: row.step)
    case .scalar(let name, let row): try scalar.run(row.step, name, row.value)
    case .fact(let row): try write(row)
    case .event(let row): try event.run(row.step, row.site, row.kind.rawValue, row.text)
    case .measure(let name, let row): try measure.run(row.step, row.site, name.rawValue, row.value)
    case .histogram(let quantity, let row): try histogram.run(row.step, row.site, quantity, row.counts)
    case .summary(let summary): try write(summary)
    }
  }

  private func write(_ row: Fact) throws(SQLiteError) {
    let (kind, item) = row.subject.columns
    switch row.value {
    case .number(let number): try fact.run(row.step, kind, item, row.name.rawValue, row.value.type, number)
    case .text(let text), .json(let text): try fact.run(row.step, kind, item, row.name.rawValue, row.value.type, text)
    }
  }

  private func write(_ summary: RunSummary) throws(SQLiteError) {
    try database.prepare(
      "INSERT INTO summary VALUES (\(RunSummary.columns.map { _ in "?" }.joined(separator: ", ")))"
    ).run(values: summary.values)
  }

  /// The rows of a step, except those of another step, those whose key is not defined, and all but the first of a key. `lastSteps` holds
  /// the last step of each defined key.
  private func admitted<Row>(
    _ rows: [Row], of step: Int, named name: String, _ lastSteps: inout [Int: Int?],
    _ keys: (Row) -> (key: Int, step: Int)
  ) -> [Row] {
    var refused: Set<Int> = []
    for (index, row) in rows.enumerated() {
      let (key, rowStep) = keys(row)
      if let reason = Self.refusal(of: key, named: name, at: rowStep, in: step, &lastSteps) {
        refused.insert(index)
        refusal = refusal ?? reason
      }
    }
    return refused.isEmpty ? rows : rows.indices.filter { !refused.contains($0) }.map { rows[$0] }
  }

  private static func refusal(
    of key: Int, named name: String, at rowStep: Int, in step: Int, _ lastSteps: inout [Int: Int?]
  ) -> RowRefusal? {
    guard rowStep == step else { return .foreign(step: rowStep, inStep: step) }
    guard let known = lastSteps.index(forKey: key) else { return .undefined(name, key, step: step) }
    guard lastSteps.values[known] != step else { return .repeated(name, key, step: step) }
    lastSteps.values[known] = step
    return nil
  }

  private func write(_ rows: [LayerRow], of step: Int) throws(SQLiteError) {
    let rows = admitted(rows, of: step, named: "site", &lastSiteSteps) { ($0.site, $0.step) }
    try layers.insert(rows) { row, statement, first in
      statement.bind(row.step, at: first)
      statement.bind(row.site, at: first + 1)
      for quantity in LayerQuantity.allCases {
        statement.bind(row[quantity], at: first + 2 + Int32(quantity.rawValue))
      }
    }
  }

  private func write(_ rows: [WeightRow], of step: Int) throws(SQLiteError) {
    let rows = admitted(rows, of: step, named: "parameter", &lastParameterSteps) { ($0.parameter, $0.step) }
    try weights.insert(rows) { row, statement, first in
      statement.bind(row.step, at: first)
      statement.bind(row.parameter, at: first + 1)
      for quantity in WeightQuantity.allCases {
        statement.bind(row[quantity], at: first + 2 + Int32(quantity.rawValue))
      }
    }
  }
}
