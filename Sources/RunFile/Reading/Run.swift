import Synchronization

/// A recorded run, as it stood when it was opened; of one that is still being written, open it anew to see more.
///
/// The file is only ever read, and not held open between calls.
public final class Run: Sendable {
  /// Where the file is.
  public let path: String
  /// What the file says about itself: `format`, `started`, `finished`, and what the recording program added.
  public let meta: [String: String]
  /// The places where something was recorded, in forward order.
  public let sites: [Site]
  /// The steps, in order.
  public let steps: [StepRow]
  /// What was worth a line, in the order in which it happened.
  public let events: [Event]
  private let lastRow: Int
  private let kept = Mutex<[LayerQuantity: LayerMatrix]>([:])

  /// The experiment's name, if the file gives one.
  public var experiment: String? { meta["experiment"] }
  /// The name of the experiment's variant, if the file gives one.
  public var variant: String? { meta["variant"] }
  /// The seed, if the file gives one.
  public var seed: Int? { meta["seed"].flatMap { Int($0) } }
  /// Whether the recording came to its end, rather than being stopped or still going on.
  public var isFinished: Bool { meta["finished"] != nil }

  /// Opens the run file at `path`. Throws a `RunFileError` if there is none, if it is something else or broken, or if it is
  /// of a newer format.
  public init(path: String) throws {
    self.path = path
    do {
      let database = try openRunFile(at: path)
      try database.execute("BEGIN")
      meta = try Dictionary(database.rows("SELECT key, value FROM meta") { ($0.text(0), $0.text(1)) }) { $1 }
      sites = try database.rows("SELECT id, path, kind, depth, shape, parameters FROM site ORDER BY id") {
        Site(
          id: $0.int(0), path: $0.text(1), kind: $0.text(2), depth: $0.int(3), shape: shape($0.text(4)),
          parameters: $0.int(5))
      }
      steps = try database.rows("SELECT step, loss, accuracy, learning_rate, seconds FROM step ORDER BY step") {
        StepRow(
          step: $0.int(0), loss: $0.double(1) ?? .nan, accuracy: $0.double(2), learningRate: $0.double(3),
          seconds: $0.double(4) ?? .nan)
      }
      events = try database.rows("SELECT step, site, kind, text FROM event ORDER BY rowid") {
        Event(step: $0.int(0), site: $0.optionalInt(1), kind: $0.text(2), text: $0.text(3))
      }
      lastRow = try database.rows("SELECT max(rowid) FROM layer") { $0.int(0) }[0]
    } catch {
      throw runFileError(error, reading: path)
    }
  }

  /// One quantity over all sites and steps. Takes about 0.2 µs a row.
  public func layers(_ quantity: LayerQuantity) throws -> LayerMatrix { try layers([quantity])[0] }

  /// Several quantities over all sites, in one pass over the file; with `steps`, only those of them, which takes a quarter of
  /// the time.
  public func layers(_ quantities: [LayerQuantity], steps: ClosedRange<Int>? = nil) throws -> [LayerMatrix] {
    let known = kept.withLock { kept in quantities.compactMap { kept[$0] } }
    if known.count == quantities.count, steps == nil { return known }
    return try reading { try LayerScan(quantities, sites, steps).matrices(from: $0, upTo: lastRow) }
  }

  /// Reads quantities in one pass and keeps them in memory for later calls of `layers`, unless they would take more than
  /// 128 MiB.
  package func keep(_ quantities: [LayerQuantity]) throws {
    guard lastRow * quantities.count <= 1 << 24 else { return }
    let matrices = try layers(quantities)
    kept.withLock { kept in for matrix in matrices { kept[matrix.quantity] = matrix } }
  }

  /// A number beyond the fixed columns, by name, in order of steps; empty if there is none of that name.
  public func measures(_ name: String) throws -> [Measure] {
    try reading {
      try $0.rows("SELECT step, site, value FROM measure WHERE name = ? ORDER BY step, site", name) {
        Measure(step: $0.int(0), site: $0.optionalInt(1), value: $0.double(2) ?? .nan)
      }
    }
  }

  /// The histograms of a quantity, by name, in order of steps; empty if there are none of that name.
  public func histograms(_ quantity: String) throws -> [Histogram] {
    try reading {
      try $0.rows("SELECT step, site, counts FROM histogram WHERE quantity = ? ORDER BY step, site", quantity) {
        Histogram(step: $0.int(0), site: $0.optionalInt(1), counts: $0.counts(2))
      }
    }
  }

  private func reading<Answer>(_ work: (Database) throws -> Answer) throws -> Answer {
    do { return try work(openRunFile(at: path)) } catch { throw runFileError(error, reading: path) }
  }
}

private func shape(_ text: String) -> [Int] {
  text.dropFirst().dropLast().split(separator: ",").compactMap { Int($0) }
}

extension Database {
  /// All rows of an answer, `parameter` being bound where it is given.
  func rows<Row>(
    _ sql: String, _ parameter: String? = nil, _ read: (borrowing Statement) -> Row
  ) throws(SQLiteError) -> [Row] {
    let statement = try prepare(sql)
    if let parameter { statement.bind(parameter, at: 1) }
    var rows: [Row] = []
    while try statement.step() { rows.append(read(statement)) }
    return rows
  }
}
