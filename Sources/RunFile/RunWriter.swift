import CSQLite
import Foundation

/// Writes a run file on a thread of its own, so that training waits for neither SQL nor disk.
///
/// Rows are committed at least every half second. A process that is killed leaves a file that opens and lacks at most what
/// came after the last commit. Where the file can't be written any more, the next call throws, and what was committed stays.
public final class RunWriter: @unchecked Sendable {
  /// The path the file was created at.
  public let path: String
  private let condition = NSCondition()
  /// What waits to be written; guarded by `condition`, as are the two below.
  private var waiting: [Entry] = []
  private var isClosed = false
  private var hasEnded = false
  private var failure: RunFileError?

  private enum Entry {
    case sites([Site])
    case step(StepRow, [LayerRow])
    case event(Event)
    case measure(step: Int, site: Int?, name: String, value: Double)
    case histogram(step: Int, site: Int, quantity: String, counts: [Int])
    case meta([String: String])
  }

  /// As many entries may wait before the one who appends has to.
  private static let limit = 4096
  private static let secondsBetweenCommits = 0.25

  /// Creates the file, and the folders it lies in. A file of that name is replaced.
  public init(path: String, meta: [String: String]) throws {
    self.path = path
    let database: Database
    do { database = try Self.create(path) } catch let error as DatabaseError {
      throw RunFileError.cannotCreate(path: path, reason: error.reason)
    }
    waiting.append(.meta(meta.merging(["format": "\(Schema.version)"]) { given, _ in given }))
    let handover = Handover(database)
    let thread = Thread { [self] in writeUntilClosed(handover.database) }
    thread.name = "run file"
    thread.start()
  }

  private struct Handover: @unchecked Sendable {
    let database: Database
    init(_ database: Database) { self.database = database }
  }

  private static func create(_ path: String) throws -> Database {
    let folder = (path as NSString).deletingLastPathComponent
    do {
      if !folder.isEmpty { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }
    } catch { throw RunFileError.cannotCreate(path: path, reason: "the folder \(folder) can't be made") }
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
      throw RunFileError.cannotCreate(path: path, reason: "a folder has this name")
    }
    // Made under another name first, so that an older file goes only once there is a new one.
    let fresh = path + ".new"
    for suffix in ["", "-wal", "-shm", "-journal"] { unlink(fresh + suffix) }
    do {
      let first = try Database(path: fresh, flags: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
      try first.execute("PRAGMA page_size = 16384; BEGIN; \(Schema.tables) COMMIT")
    } catch {
      unlink(fresh)
      throw error
    }
    for suffix in ["-wal", "-shm", "-journal"] { unlink(path + suffix) }
    guard rename(fresh, path) == 0 else {
      let reason = String(cString: strerror(errno))
      unlink(fresh)
      throw RunFileError.cannotCreate(path: path, reason: reason)
    }
    let database = try Database(path: path, flags: SQLITE_OPEN_READWRITE)
    // A log beside the file lets readers in while it grows. A power cut may cost the last commits, a killed process none.
    try database.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 4096")
    return database
  }

  /// Adds sites; those of a step's rows must be there before it.
  public func define(sites: [Site]) throws { try add(.sites(sites)) }

  /// Adds a step and the rows of its sites.
  public func append(step: StepRow, layers: [LayerRow]) throws { try add(.step(step, layers)) }

  /// Adds something that happened; `site` nil is the whole net.
  public func event(step: Int, site: Int?, kind: String, text: String) throws {
    try add(.event(Event(step: step, site: site, kind: kind, text: text)))
  }

  /// Adds a quantity that has no column of its own; `site` nil is the whole net.
  public func measure(step: Int, site: Int?, name: String, value: Double) throws {
    try add(.measure(step: step, site: site, name: name, value: value))
  }

  /// Adds the counts of a histogram.
  public func histogram(step: Int, site: Int, quantity: String, counts: [Int]) throws {
    try add(.histogram(step: step, site: site, quantity: quantity, counts: counts))
  }

  /// Writes what is waiting, adds `meta`, closes the file, and opens it for reading.
  public func finish(meta: [String: String] = [:]) throws -> Run {
    try add(.meta(meta))
    close()
    if let failure { throw failure }
    return try Run(path: path)
  }

  /// Writes what is waiting and closes the file. Without it, and without `finish`, dropping the writer does the same.
  public func close() {
    condition.lock()
    isClosed = true
    condition.broadcast()
    while !hasEnded { condition.wait() }
    condition.unlock()
  }

  private func add(_ entry: Entry) throws {
    condition.lock()
    defer { condition.unlock() }
    while waiting.count >= Self.limit, failure == nil { condition.wait() }
    if let failure { throw failure }
    guard !isClosed else { throw RunFileError.cannotWrite(path: path, reason: "the recording has been finished") }
    waiting.append(entry)
  }

  // MARK: On the writer's thread

  private func writeUntilClosed(_ database: Database) {
    var mayWrite = true
    var isLast = false
    while !isLast {
      condition.lock()
      if !isClosed { condition.wait(until: Date(timeIntervalSinceNow: Self.secondsBetweenCommits)) }
      isLast = isClosed
      let entries = waiting
      waiting = []
      condition.broadcast()
      condition.unlock()
      guard mayWrite else { continue }
      do {
        if !entries.isEmpty { try write(entries, to: database) }
        // Back to one plain file without a log beside it.
        if isLast { try database.execute("PRAGMA journal_mode = DELETE") }
      } catch {
        mayWrite = false
        let reason = (error as? DatabaseError)?.reason ?? "\(error)"
        condition.lock()
        failure = (error as? RunFileError) ?? .cannotWrite(path: path, reason: reason)
        condition.broadcast()
        condition.unlock()
      }
    }
    condition.lock()
    hasEnded = true
    condition.broadcast()
    condition.unlock()
  }

  private lazy var statements = Statements()

  private func write(_ entries: [Entry], to database: Database) throws {
    // SQLite would go on writing to a file that has been deleted.
    guard access(path, F_OK) == 0 else { throw RunFileError.cannotWrite(path: path, reason: "it has been removed") }
    try database.execute("BEGIN")
    do {
      for entry in entries { try write(entry, to: database) }
      try database.execute("COMMIT")
    } catch {
      try? database.execute("ROLLBACK")
      throw error
    }
  }

  /// Prepared when first needed; used by the writer's thread alone.
  private final class Statements {
    var prepared: [String: Statement] = [:]

    func of(_ sql: String, _ database: Database) throws -> Statement {
      if let known = prepared[sql] { return known }
      let statement = try database.prepare(sql)
      prepared[sql] = statement
      return statement
    }
  }

  private func write(_ entry: Entry, to database: Database) throws {
    switch entry {
    case .step(let row, let layers):
      let statement = try statements.of("INSERT INTO step VALUES(?, ?, ?, ?, ?)", database)
      statement.bind(1, row.step)
      statement.bind(2, row.loss)
      statement.bind(3, row.accuracy)
      statement.bind(4, row.learningRate)
      statement.bind(5, row.seconds)
      try statement.run()
      let insert = try statements.of(Schema.insertLayer, database)
      for layer in layers {
        insert.bind(1, layer.step)
        insert.bind(2, layer.site)
        for quantity in LayerQuantity.allCases { insert.bind(quantity.rawValue + 3, layer[quantity]) }
        try insert.run()
      }
    case .sites(let sites):
      let statement = try statements.of("INSERT INTO site VALUES(?, ?, ?, ?, ?, ?)", database)
      for site in sites {
        statement.bind(1, site.id)
        statement.bind(2, site.path)
        statement.bind(3, site.kind)
        statement.bind(4, site.depth)
        statement.bind(5, "[" + site.shape.map(String.init).joined(separator: ",") + "]")
        statement.bind(6, site.parameters)
        try statement.run()
      }
    case .event(let event):
      let statement = try statements.of("INSERT INTO event VALUES(?, ?, ?, ?)", database)
      statement.bind(1, event.step)
      statement.bind(2, event.site)
      statement.bind(3, event.kind)
      statement.bind(4, event.text)
      try statement.run()
    case .measure(let step, let site, let name, let value):
      let statement = try statements.of("INSERT INTO measure VALUES(?, ?, ?, ?)", database)
      statement.bind(1, step)
      statement.bind(2, site)
      statement.bind(3, name)
      statement.bind(4, value)
      try statement.run()
    case .histogram(let step, let site, let quantity, let counts):
      let statement = try statements.of("INSERT INTO histogram VALUES(?, ?, ?, ?)", database)
      statement.bind(1, step)
      statement.bind(2, site)
      statement.bind(3, quantity)
      statement.bind(4, "[" + counts.map(String.init).joined(separator: ",") + "]")
      try statement.run()
    case .meta(let meta):
      let statement = try statements.of("INSERT OR REPLACE INTO meta VALUES(?, ?)", database)
      for (key, value) in meta.sorted(by: { $0.key < $1.key }) {
        statement.bind(1, key)
        statement.bind(2, value)
        try statement.run()
      }
    }
  }
}
