import CSQLite
import Foundation

/// Writes a run file on a thread of its own.
///
/// Entries reach the file within half a second, so a run that is killed loses at most that. If an entry can't be written, the next call
/// throws; entries that were written before are kept, and where a row contradicts others, all but that one. Calls are fast. If the disk is slower than the training, they wait, so that memory
/// stays bounded.
///
/// The file can be read while it grows. It is in SQLite's WAL mode until `finish`, or the release of the writer, makes it a single file.
public final class RunWriter: Sendable {
  /// The path of the file.
  public let path: String
  private let queue: WriteQueue
  private let clock: @Sendable () -> Date

  /// Creates a file at `path`, and its folder if there is none. A run file that is already there is replaced. `meta` is written first;
  /// `clock` returns the time for its entries `started` and `finished`. Throws a `RunFileError` if the file can't be created, or if a
  /// file of another kind is there.
  public convenience init(
    path: String, meta: [MetaKey: String] = [:], clock: @escaping @Sendable () -> Date = { Date() }
  ) throws {
    try createRunFile(at: path)
    self.init(path: path, at: RunPosition(), clock)
    try queue.append(.meta([.started: clock().formatted(.iso8601)].merging(meta) { _, given in given }))
  }

  /// Goes on with a recording in the file that it began: rows that came after `position` are removed, the entries that a finished recording
  /// has too. Throws a `RunFileError` if the file can't be written, or does not hold what it held at `position`.
  package convenience init(
    resuming path: String, at position: RunPosition, clock: @escaping @Sendable () -> Date = { Date() }
  ) throws {
    try position.restore(at: path)
    self.init(path: path, at: position, clock)
  }

  private init(path: String, at position: RunPosition, _ clock: @escaping @Sendable () -> Date) {
    self.path = path
    self.clock = clock
    queue = WriteQueue(path: path, at: position)
    let thread = Thread { [queue] in queue.end(Self.write(queue, to: path)) }
    thread.name = "run file"
    thread.start()
  }

  deinit { try? queue.close() }

  /// Defines sites; call it before their first rows. Throws a `RunFileError` if writing has failed.
  public func define(sites: [Site]) throws { try queue.append(.sites(sites)) }

  /// Defines parameters; call it before their first rows. Throws a `RunFileError` if writing has failed.
  public func define(parameters: [RecordedParameter]) throws { try queue.append(.parameters(parameters)) }

  /// Adds or replaces entries of the table `meta`. Throws a `RunFileError` if writing has failed.
  public func add(meta: [MetaKey: String]) throws { try queue.append(.meta(meta)) }

  /// Adds a step and its rows. A step may be added only once, with at most one row per site and per parameter. Throws a `RunFileError`
  /// if writing has failed; the writing thread finds wrong rows and leaves them out, so a later call throws.
  public func append(step: StepRow, layers: [LayerRow] = [], weights: [WeightRow] = []) throws {
    try queue.append(.step(step, layers, weights))
  }

  /// Adds a number of the whole training, such as `validation_loss`. Throws a `RunFileError` if writing has failed.
  public func scalar(step: Int, name: String, value: Double) throws {
    try queue.append(.scalar(name: name, Scalar(step: step, value: value)))
  }

  /// Adds a fact. Throws a `RunFileError` if writing has failed.
  public func fact(_ fact: Fact) throws { try queue.append(.fact(fact)) }

  /// Adds an event; `site` nil is the whole model. Throws a `RunFileError` if writing has failed.
  public func event(step: Int, site: Int? = nil, kind: EventKind, text: String) throws {
    try queue.append(.event(Event(step: step, site: site, kind: kind, text: text)))
  }

  /// Adds a row of the table `measure`; `site` nil is the whole model. Throws a `RunFileError` if writing has failed.
  public func measure(step: Int, site: Int? = nil, name: MeasureName, value: Double) throws {
    try queue.append(.measure(name: name, Measure(step: step, site: site, value: value)))
  }

  /// Adds the counts of a histogram, by default with `HistogramBins`; `site` nil is the whole model. Throws a `RunFileError` if writing has
  /// failed.
  public func histogram(step: Int, site: Int? = nil, quantity: String, counts: [UInt32]) throws {
    try queue.append(.histogram(quantity: quantity, Histogram(step: step, site: site, counts: counts)))
  }

  /// Throws the `RunFileError` that adding an entry would throw.
  package func requireOpen() throws { try queue.requireOpen() }

  /// Whether entries can be added.
  package var isOpen: Bool { queue.isOpen }

  /// Writes the remaining entries, `meta` and the summary, and opens the finished run. Throws a `RunFileError` if writing has failed. Any
  /// later call throws a `RunFileError`.
  public func finish(meta: [MetaKey: String] = [:]) throws -> Run {
    try queue.close(finalMeta: [.finished: clock().formatted(.iso8601)].merging(meta) { _, given in given })
    return try Run(path: path)
  }

  /// Waits until all entries are on the disk, and returns what the file holds then. Throws a `RunFileError` if writing has failed.
  package func flush() throws -> RunPosition { try queue.flush() }

  /// Writes the remaining entries and closes the file from any thread, without finishing the run; from then on threads that add an entry
  /// stand still. For a process that is about to end. Throws a `RunFileError` if writing has failed.
  package func abandon() throws { try queue.close(isAbandoned: true) }

  /// The body of the writing thread. Returns the error that ended it, nil if there was none.
  private static func write(_ queue: WriteQueue, to path: String) -> RunFileError? {
    do {
      let tables = try RunTables(path: path)
      while let (entries, isFlushing) = queue.takeAll() {
        if !entries.isEmpty, let refusal = try tables.write(entries) {
          queue.refuse(.refusedRow(path: path, reason: refusal.description))
        }
        if isFlushing {
          try tables.synchronize()
          queue.endFlush()
        }
      }
      // All rows are committed, so they can be read. One transaction writes both: a finished run has a summary.
      if let meta = queue.metaAtEnd, !queue.hasRefused {
        _ = try tables.write([.meta(meta), .summary(RunSummary(computedFrom: Run(path: path)))])
      }
      try tables.seal()
      return nil
    } catch {
      return .cannotWrite(path: path, reason: reason(for: error, at: path))
    }
  }

  private static func reason(for error: any Error, at path: String) -> String {
    switch error {
    // SQLite may find that first, and then reports a file that it can't open, or its journal.
    case is RunTables.FileIsGone,
      is SQLiteError where !FileManager.default.fileExists(atPath: path):
      "the file was removed, moved or replaced"
    case let error as SQLiteError where error.primaryCode == SQLITE_FULL:
      "the disk is full"
    case let error as SQLiteError:
      error.message
    default:
      "\(error)"
    }
  }
}
