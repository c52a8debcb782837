import CSQLite

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
  private let event: Statement
  private let measure: Statement
  private let histogram: Statement
  private var definedSites: Set<Int> = []

  /// Why an entry can't be written, other than that SQLite can't.
  enum Refusal: Error {
    case fileIsGone
    case undefinedSite(Int, step: Int)
  }

  /// Opens the tables of the file at `path`, which others may read from now on.
  init(path: String) throws(SQLiteError) {
    database = try Database(path: path, flags: SQLITE_OPEN_READWRITE)
    try database.execute("PRAGMA synchronous = NORMAL; PRAGMA journal_mode = WAL")
    meta = try database.prepare("INSERT OR REPLACE INTO meta VALUES (?, ?)")
    site = try database.prepare("INSERT OR REPLACE INTO site VALUES (?, ?, ?, ?, ?, ?)")
    step = try database.prepare("INSERT INTO step(step, loss, accuracy, learning_rate, seconds) VALUES (?, ?, ?, ?, ?)")
    let columns = LayerQuantity.allCases.map(\.column)
    layer = try database.prepare(
      "INSERT INTO layer(step, site, \(columns.joined(separator: ", "))) "
        + "VALUES (?, ?\(String(repeating: ", ?", count: columns.count)))")
    event = try database.prepare("INSERT INTO event VALUES (?, ?, ?, ?)")
    measure = try database.prepare("INSERT INTO measure VALUES (?, ?, ?, ?)")
    histogram = try database.prepare("INSERT INTO histogram VALUES (?, ?, ?, ?)")
  }

  /// Writes all entries, or, if it throws, none.
  func write(_ entries: [Entry]) throws {
    // Linux lets us write into a deleted file for ever without a word.
    if database.hasMoved { throw Refusal.fileIsGone }
    try database.execute("BEGIN IMMEDIATE")
    do {
      for entry in entries { try write(entry) }
      try database.execute("COMMIT")
    } catch {
      try? database.execute("ROLLBACK")
      throw error
    }
  }

  /// Moves everything into the one file that stays.
  func seal() throws(SQLiteError) {
    try database.execute("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE")
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
      for row in layers { try write(row) }
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
      histogram.bind(row.counts.littleEndianBytes, at: 4)
      try histogram.run()
    }
  }

  private func write(_ new: Site) throws(SQLiteError) {
    definedSites.insert(new.id)
    site.bind(new.id, at: 1)
    site.bind(new.path, at: 2)
    site.bind(new.kind, at: 3)
    site.bind(new.depth, at: 4)
    site.bind("[" + new.shape.map(String.init).joined(separator: ",") + "]", at: 5)
    site.bind(new.parameters, at: 6)
    try site.run()
  }

  private func write(_ row: LayerRow) throws {
    guard definedSites.contains(row.site) else { throw Refusal.undefinedSite(row.site, step: row.step) }
    layer.bind(row.step, at: 1)
    layer.bind(row.site, at: 2)
    for quantity in LayerQuantity.allCases { layer.bind(row[quantity], at: Int32(quantity.rawValue) + 3) }
    try layer.run()
  }
}

extension [UInt32] {
  var littleEndianBytes: [UInt8] {
    flatMap { count in [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: count >> $0) } }
  }

  init(littleEndianBytes bytes: [UInt8]) {
    self = stride(from: 0, to: bytes.count - 3, by: 4).map { start in
      (0..<4).reduce(0) { $0 | UInt32(bytes[start + $1]) << (8 * UInt32($1)) }
    }
  }
}
