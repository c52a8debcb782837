import CSQLite
import Foundation

/// Writes a run file, on a thread of its own.
///
/// What is handed over reaches the file within half a second, so a run that is killed lacks at most that. If it can't be
/// written, the next call throws, and all that was written before stays. Calls cost little and allocate little; if the disk
/// is slower than the training they wait, so memory stays bounded.
///
/// The file can be read while it grows. It is in SQLite's WAL mode until `finish`, or the end of the writer, makes it one
/// plain file.
public final class RunWriter: Sendable {
  /// Where the file is.
  public let path: String
  private let queue = WriteQueue()
  private let clock: @Sendable () -> Date

  /// A writer of a new file at `path`, whose folder is made if need be. A run file that is there already is replaced, once
  /// the new one has been created; anything else that is there stays, and this throws. `clock` tells the time for the
  /// entries `started` and `finished` that are added to `meta`.
  public init(path: String, meta: [String: String] = [:], clock: @escaping @Sendable () -> Date = { Date() }) throws {
    // Before anything that the end of a writer would wait for.
    try createRunFile(at: path)
    self.path = path
    self.clock = clock
    let thread = Thread { [queue] in queue.end(Self.write(queue, to: path)) }
    thread.name = "run file"
    thread.start()
    try queue.append(.meta(["started": clock().formatted(.iso8601)].merging(meta) { _, given in given }))
  }

  deinit { try? queue.close() }

  /// Says what sites rows will name; must come before those rows.
  public func define(sites: [Site]) throws { try queue.append(.sites(sites)) }

  /// Adds a step and its rows. Each step comes once, and each site at most once a step.
  public func append(step: StepRow, layers: [LayerRow] = []) throws { try queue.append(.step(step, layers)) }

  /// Adds something worth a line; `site` nil is the whole model.
  public func event(step: Int, site: Int? = nil, kind: String, text: String) throws {
    try queue.append(.event(Event(step: step, site: site, kind: kind, text: text)))
  }

  /// Adds a number beyond the fixed columns; `site` nil is the whole model.
  public func measure(step: Int, site: Int? = nil, name: String, value: Double) throws {
    try queue.append(.measure(name: name, Measure(step: step, site: site, value: value)))
  }

  /// Adds how many values fell into each bin; `site` nil is the whole model.
  public func histogram(step: Int, site: Int? = nil, quantity: String, counts: [UInt32]) throws {
    try queue.append(.histogram(quantity: quantity, Histogram(step: step, site: site, counts: counts)))
  }

  /// Writes what is left, with `meta` added to the file's own, and opens the finished run. Nothing can be added after that.
  public func finish(meta: [String: String] = [:]) throws -> Run {
    try queue.append(.meta(["finished": clock().formatted(.iso8601)].merging(meta) { _, given in given }))
    try queue.close()
    return try Run(path: path)
  }

  /// The life of the writing thread; returns what stopped it early, if anything did.
  private static func write(_ queue: WriteQueue, to path: String) -> RunFileError? {
    do {
      let tables = try RunTables(path: path)
      while let entries = queue.takeAll() {
        if !entries.isEmpty { try tables.write(entries) }
      }
      try tables.seal()
      return nil
    } catch {
      return .cannotWrite(path: path, reason: reason(for: error, at: path))
    }
  }

  private static func reason(for error: any Error, at path: String) -> String {
    switch error {
    case RunTables.Refusal.undefinedSite(let site, let step):
      "step \(step) has a row for site \(site), which was never defined"
    case RunTables.Refusal.repeatedSite(let site, let step):
      "step \(step) has two rows for site \(site)"
    case RunTables.Refusal.foreignRow(let step, let inStep):
      "step \(inStep) was appended with a row of step \(step)"
    // SQLite may notice first, and then speaks of a file that it can't open, or of its journal.
    case RunTables.Refusal.fileIsGone,
      is SQLiteError where !FileManager.default.fileExists(atPath: path):
      "the file was removed, moved or replaced"
    case let error as SQLiteError where error.primaryCode == SQLITE_FULL:
      "the disk is full"
    case let error as SQLiteError where error.primaryCode == SQLITE_CONSTRAINT:
      "a step was appended twice: \(error.message)"
    case let error as SQLiteError:
      error.message
    default:
      "\(error)"
    }
  }
}
