import CSQLite
import Foundation

/// One thing to write.
enum Entry: Sendable {
  case meta([String: String])
  case sites([Site])
  case step(StepRow, [LayerRow])
  case event(Event)
  case measure(name: String, Measure)
  case histogram(quantity: String, Histogram)

  /// About how much it takes, in rows of `layer`.
  var weight: Int {
    switch self {
    case .step(_, let layers): layers.count + 1
    case .histogram(_, let histogram): histogram.counts.count / 32 + 1
    case .meta, .sites, .event, .measure: 1
    }
  }
}

/// The tables of a run file that is being written.
final class RunTables {
  private let database: Database
  private let meta: Statement
  private let site: Statement
  private let step: Statement
  private let layer: Statement
  private let layerBlock: Statement
  private let event: Statement
  private let measure: Statement
  private let histogram: Statement
  /// The last step of which each defined site has a row.
  private var lastSteps: [Int: Int?] = [:]

  /// Rows that one statement inserts: SQLite then spends 0.4 µs less on each.
  private static let blockSize = 16

  /// Why an entry can't be written, other than that SQLite can't.
  enum Refusal: Error {
    case fileIsGone
    case undefinedSite(Int, step: Int)
    case repeatedSite(Int, step: Int)
    case foreignRow(step: Int, inStep: Int)
  }

  /// Opens the tables of the new file at `path`.
  init(path: String) throws(SQLiteError) {
    database = try Database(path: path, flags: SQLITE_OPEN_READWRITE)
    try database.execute("PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 2048")
    meta = try database.prepare("INSERT OR REPLACE INTO meta VALUES (?, ?)")
    site = try database.prepare("INSERT OR REPLACE INTO site VALUES (?, ?, ?, ?, ?, ?)")
    step = try database.prepare("INSERT INTO step(step, loss, accuracy, learning_rate, seconds) VALUES (?, ?, ?, ?, ?)")
    layer = try database.prepare(Self.insertion(ofLayers: 1))
    layerBlock = try database.prepare(Self.insertion(ofLayers: Self.blockSize))
    event = try database.prepare("INSERT INTO event VALUES (?, ?, ?, ?)")
    measure = try database.prepare("INSERT INTO measure VALUES (?, ?, ?, ?)")
    histogram = try database.prepare("INSERT INTO histogram VALUES (?, ?, ?, ?)")
  }

  /// Writes all entries; if it throws, these tables can't be used any more, and none of the entries is in the file.
  func write(_ entries: [Entry]) throws {
    // Linux lets us write into a deleted file for ever without a word.
    if database.hasMoved { throw Refusal.fileIsGone }
    try database.execute("BEGIN IMMEDIATE")
    for entry in entries { try write(entry) }
    try database.execute("COMMIT")
  }

  /// Moves everything into the one file that stays. If others read it for longer than `patience`, in seconds, its
  /// companions stay too, and do no harm.
  func seal(patience: Double = 1) throws(SQLiteError) {
    // All data is safe on the disk after the first, so the switch need not wait for it.
    try database.execute("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA synchronous = OFF")
    let pause = 0.02
    for _ in 0..<Int(patience / pause) {
      do throws(SQLiteError) {
        return try database.execute("PRAGMA journal_mode = DELETE")
      } catch {
        // SQLite does not wait here by itself.
        guard error.primaryCode == SQLITE_BUSY else { throw error }
        Thread.sleep(forTimeInterval: pause)
      }
    }
  }

  private func write(_ entry: Entry) throws {
    switch entry {
    case .meta(let entries):
      for (key, value) in entries {
        meta.bind(key, at: 1)
        meta.bind(value, at: 2)
        try meta.run()
      }
    case .sites(let sites):
      for site in sites { try write(site) }
    case .step(let row, let layers):
      step.bind(row.step, at: 1)
      step.bind(row.loss, at: 2)
      step.bind(row.accuracy, at: 3)
      step.bind(row.learningRate, at: 4)
      step.bind(row.seconds, at: 5)
      try step.run()
      try write(layers, of: row.step)
    case .event(let row):
      event.bind(row.step, at: 1)
      event.bind(row.site, at: 2)
      event.bind(row.kind, at: 3)
      event.bind(row.text, at: 4)
      try event.run()
    case .measure(let name, let row):
      measure.bind(row.step, at: 1)
      measure.bind(row.site, at: 2)
      measure.bind(name, at: 3)
      measure.bind(row.value, at: 4)
      try measure.run()
    case .histogram(let quantity, let row):
      histogram.bind(row.step, at: 1)
      histogram.bind(row.site, at: 2)
      histogram.bind(quantity, at: 3)
      histogram.bind(row.counts, at: 4)
      try histogram.run()
    }
  }

  private func write(_ new: Site) throws(SQLiteError) {
    if lastSteps[new.id] == nil { lastSteps.updateValue(nil, forKey: new.id) }
    site.bind(new.id, at: 1)
    site.bind(new.path, at: 2)
    site.bind(new.kind, at: 3)
    site.bind(new.depth, at: 4)
    site.bind("[" + new.shape.map(String.init).joined(separator: ",") + "]", at: 5)
    site.bind(new.parameters, at: 6)
    try site.run()
  }

  private func write(_ rows: [LayerRow], of step: Int) throws {
    for row in rows {
      guard row.step == step else { throw Refusal.foreignRow(step: row.step, inStep: step) }
      guard let lastStep = lastSteps.updateValue(step, forKey: row.site) else {
        throw Refusal.undefinedSite(row.site, step: step)
      }
      guard lastStep != step else { throw Refusal.repeatedSite(row.site, step: step) }
    }
    let blocks = rows.count / Self.blockSize * Self.blockSize
    for start in stride(from: 0, to: blocks, by: Self.blockSize) {
      for index in 0..<Self.blockSize { Self.bind(rows[start + index], to: layerBlock, at: index) }
      try layerBlock.run()
    }
    for row in rows[blocks...] {
      Self.bind(row, to: layer, at: 0)
      try layer.run()
    }
  }

  private static func insertion(ofLayers count: Int) -> String {
    let columns = ["step", "site"] + LayerQuantity.allCases.map(\.column)
    let row = "(" + columns.map { _ in "?" }.joined(separator: ", ") + ")"
    return "INSERT INTO layer(\(columns.joined(separator: ", "))) VALUES "
      + repeatElement(row, count: count).joined(separator: ", ")
  }

  /// Binds a row to the parameters of the `index`th row of an insertion.
  private static func bind(_ row: LayerRow, to insertion: borrowing Statement, at index: Int) {
    let first = Int32(index * (LayerQuantity.allCases.count + 2) + 1)
    insertion.bind(row.step, at: first)
    insertion.bind(row.site, at: first + 1)
    for quantity in LayerQuantity.allCases {
      insertion.bind(row[quantity], at: first + 2 + Int32(quantity.rawValue))
    }
  }
}
