import CSQLite
import Foundation

/// A run file, opened for reading; also while it is still being written.
public final class Run: @unchecked Sendable {
  public let path: String
  /// What the run was: `experiment`, `variant`, `seed`, `command`, ….
  public let meta: [String: String]
  /// In forward order.
  public let sites: [Site]
  /// In order; of a run that is still being written, those that were there when the file was opened.
  public let steps: [StepRow]
  public let events: [Event]
  private let lock = NSLock()
  private let database: Database

  /// Opens the file. Throws a `RunFileError` if there is none, if it is something else, or if a newer program wrote it.
  public init(path: String) throws {
    self.path = path
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { throw RunFileError.noSuchFile(path: path) }
    guard !isFolder.boolValue else { throw RunFileError.notARunFile(path: path, reason: "it is a folder") }
    do {
      let database = try Self.open(path)
      guard try database.integer("PRAGMA application_id") == Schema.applicationID else {
        throw RunFileError.notARunFile(path: path, reason: "it lacks the mark of one")
      }
      let version = try database.integer("PRAGMA user_version")
      guard version <= Schema.version else { throw RunFileError.newerFormat(path: path, version: version) }
      // One view of the file, however it grows meanwhile.
      try database.execute("BEGIN")
      meta = try Self.readMeta(database)
      sites = try Self.readSites(database)
      steps = try Self.readSteps(database)
      events = try Self.readEvents(database)
      try database.execute("COMMIT")
      self.database = database
    } catch let error as DatabaseError {
      throw error.code & 0xff == SQLITE_NOTADB || error.code & 0xff == SQLITE_CORRUPT
        ? RunFileError.notARunFile(path: path, reason: error.reason) : RunFileError.cannotRead(path: path, reason: error.reason)
    }
  }

  private static func open(_ path: String) throws -> Database {
    let database = try Database(path: path, flags: SQLITE_OPEN_READONLY)
    do {
      _ = try database.integer("PRAGMA application_id")
      _ = try database.integer("SELECT count(*) FROM sqlite_schema")
      return database
    } catch let error as DatabaseError where error.code & 0xff == SQLITE_CANTOPEN || error.code & 0xff == SQLITE_READONLY {
      // A file with a log in a folder that can't be written: read it as it stands.
      let escaped = path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? path
      return try Database(path: "file:\(escaped)?immutable=1", flags: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI)
    }
  }

  public var experiment: String? { meta["experiment"] }
  public var variant: String? { meta["variant"] }
  public var seed: Int? { meta["seed"].flatMap { Int($0) } }

  /// One quantity of all sites at all recorded steps.
  public func layers(_ quantity: LayerQuantity) throws -> LayerMatrix {
    try reading { database in
      let recorded = try database.prepare("SELECT DISTINCT step FROM layer ORDER BY step")
      var columnOfStep: [Int: Int] = [:]
      var steps: [Int] = []
      while try recorded.next() {
        columnOfStep[recorded.integer(0)] = steps.count
        steps.append(recorded.integer(0))
      }
      var matrix = LayerMatrix(quantity: quantity, sites: sites, steps: steps)
      let rows = try database.prepare("SELECT step, site, \(quantity.column) FROM layer")
      var lastStep = -1, column = 0
      while try rows.next() {
        let step = rows.integer(0), site = rows.integer(1)
        if step != lastStep {
          // A step that was added since the first query is left out.
          guard let found = columnOfStep[step] else { continue }
          (lastStep, column) = (step, found)
        }
        if site < sites.count, let value = rows.double(2) { matrix.set(value, site: site, column: column) }
      }
      return matrix
    }
  }

  /// The values of a quantity that has no column of its own, in order.
  public func measures(_ name: String) throws -> [(step: Int, site: Int?, value: Double?)] {
    try reading { database in
      let rows = try database.prepare("SELECT step, site, value FROM measure WHERE name = ? ORDER BY step, site")
      rows.bind(1, name)
      var found: [(Int, Int?, Double?)] = []
      while try rows.next() { found.append((rows.integer(0), rows.isNull(1) ? nil : rows.integer(1), rows.double(2))) }
      return found
    }
  }

  /// The histograms of a quantity, in order.
  public func histograms(_ quantity: String) throws -> [(step: Int, site: Int, counts: [Int])] {
    try reading { database in
      let rows = try database.prepare("SELECT step, site, counts FROM histogram WHERE quantity = ? ORDER BY step, site")
      rows.bind(1, quantity)
      var found: [(Int, Int, [Int])] = []
      while try rows.next() { found.append((rows.integer(0), rows.integer(1), integers(rows.text(2)))) }
      return found
    }
  }

  private func reading<Result>(_ body: (Database) throws -> Result) throws -> Result {
    lock.lock()
    defer { lock.unlock() }
    do { return try body(database) } catch let error as DatabaseError {
      throw RunFileError.cannotRead(path: path, reason: error.reason)
    }
  }

  private static func readMeta(_ database: Database) throws -> [String: String] {
    let rows = try database.prepare("SELECT key, value FROM meta")
    var meta: [String: String] = [:]
    while try rows.next() { meta[rows.text(0)] = rows.text(1) }
    return meta
  }

  private static func readSites(_ database: Database) throws -> [Site] {
    let rows = try database.prepare("SELECT id, path, kind, depth, shape, parameters FROM site ORDER BY id")
    var sites: [Site] = []
    while try rows.next() {
      sites.append(
        Site(
          id: rows.integer(0), path: rows.text(1), kind: rows.text(2), depth: rows.integer(3), shape: integers(rows.text(4)),
          parameters: rows.integer(5)))
    }
    return sites
  }

  private static func readSteps(_ database: Database) throws -> [StepRow] {
    let rows = try database.prepare("SELECT step, loss, accuracy, learning_rate, seconds FROM step ORDER BY step")
    var steps: [StepRow] = []
    while try rows.next() {
      steps.append(
        StepRow(
          step: rows.integer(0), loss: rows.double(1) ?? .nan, accuracy: rows.double(2), learningRate: rows.double(3),
          seconds: rows.double(4) ?? .nan))
    }
    return steps
  }

  private static func readEvents(_ database: Database) throws -> [Event] {
    let rows = try database.prepare("SELECT step, site, kind, text FROM event ORDER BY step")
    var events: [Event] = []
    while try rows.next() {
      events.append(
        Event(step: rows.integer(0), site: rows.isNull(1) ? nil : rows.integer(1), kind: rows.text(2), text: rows.text(3)))
    }
    return events
  }
}

/// The numbers of a JSON array of integers.
private func integers(_ array: String) -> [Int] { array.split { !$0.isNumber && $0 != "-" }.compactMap { Int($0) } }
