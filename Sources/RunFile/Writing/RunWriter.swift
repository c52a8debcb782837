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

  /// Begins a new file at `path`, whose folder is made if need be. A run file that is there already is replaced, once
  /// the new one has been created; anything else that is there stays. `clock` gives the time for the entries `started` and
  /// `finished` that are added to `meta`. Throws a `RunFileError` if the file can't be made.
  public init(path: String, meta: [MetaKey: String] = [:], clock: @escaping @Sendable () -> Date = { Date() }) throws {
    // Before anything that the end of a writer would wait for.
    try createRunFile(at: path)
    self.path = path
    self.clock = clock
    let thread = Thread { [queue] in queue.end(Self.write(queue, to: path)) }
    thread.name = "run file"
    thread.start()
    try queue.append(.meta([.started: clock().formatted(.iso8601)].merging(meta) { _, given in given }))
  }

  deinit { try? queue.close() }

  /// Defines the sites that rows will name; must come before those rows. Throws a `RunFileError` if writing has failed.
  public func define(sites: [Site]) throws { try queue.append(.sites(sites)) }

  /// Defines the parameters that rows will name; must come before those rows. Throws a `RunFileError` if writing has failed.
  public func define(parameters: [RecordedParameter]) throws { try queue.append(.parameters(parameters)) }

  /// Adds entries that describe the whole run. Throws a `RunFileError` if writing has failed.
  public func add(meta: [MetaKey: String]) throws { try queue.append(.meta(meta)) }

  /// Adds a step and its rows. Each step comes once, and each site and parameter at most once per step. Throws a `RunFileError` if
  /// writing has failed.
  public func append(step: StepRow, layers: [LayerRow] = [], weights: [WeightRow] = []) throws {
    try queue.append(.step(step, layers, weights))
  }

  /// Adds a number about the training, such as `validation_loss`. Throws a `RunFileError` if writing has failed.
  public func scalar(step: Int, name: String, value: Double) throws {
    try queue.append(.scalar(name: name, Scalar(step: step, value: value)))
  }

  /// Adds a fact about the training. Throws a `RunFileError` if writing has failed.
  public func fact(_ fact: Fact) throws { try queue.append(.fact(fact)) }

  /// Adds something worth a line; `site` nil is the whole model. Throws a `RunFileError` if writing has failed.
  public func event(step: Int, site: Int? = nil, kind: EventKind, text: String) throws {
    try queue.append(.event(Event(step: step, site: site, kind: kind, text: text)))
  }

  /// Adds a number beyond the fixed columns; `site` nil is the whole model. Throws a `RunFileError` if writing has failed.
  public func measure(step: Int, site: Int? = nil, name: MeasureName, value: Double) throws {
    try queue.append(.measure(name: name, Measure(step: step, site: site, value: value)))
  }

  /// Adds how many values fell into each bin; `site` nil is the whole model. Throws a `RunFileError` if writing has failed.
  public func histogram(step: Int, site: Int? = nil, quantity: String, counts: [UInt32]) throws {
    try queue.append(.histogram(quantity: quantity, Histogram(step: step, site: site, counts: counts)))
  }

  /// Writes what is left, with `meta` added to the file's own and the summary, and opens the finished run. Nothing can be added after
  /// that. Throws a `RunFileError` if writing has failed.
  public func finish(meta: [MetaKey: String] = [:]) throws -> Run {
    try queue.append(.meta([.finished: clock().formatted(.iso8601)].merging(meta) { _, given in given }))
    try queue.close(complete: true)
    return try Run(path: path)
  }

  /// The life of the writing thread; returns what stopped it early, if anything did.
  private static func write(_ queue: WriteQueue, to path: String) -> RunFileError? {
    do {
      let tables = try RunTables(path: path)
      while let entries = queue.takeAll() {
        if !entries.isEmpty { try tables.write(entries) }
      }
      // All rows can be read by now, as by anybody else.
      if queue.isComplete { try tables.write([.summary(RunSummary(computedFrom: Run(path: path)))]) }
      try tables.seal()
      return nil
    } catch {
      return .cannotWrite(path: path, reason: reason(for: error, at: path))
    }
  }

  private static func reason(for error: any Error, at path: String) -> String {
    switch error {
    case RunTables.Refusal.undefined(let what, let id, let step):
      "step \(step) has a row for \(what) \(id), which was never defined"
    case RunTables.Refusal.repeated(let what, let id, let step):
      "step \(step) has two rows for \(what) \(id)"
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
