import Foundation

/// The queue of entries from the training thread to the writing thread. Its size is bounded.
///
/// Every member may be called from any thread; `condition` guards all state.
final class WriteQueue: @unchecked Sendable {
  /// The longest time that an entry waits, in seconds, so that entries share transactions.
  static let patience = 0.2
  /// The size, in rows, from which the writing thread does not wait.
  static let plenty = 8_192
  /// The size, in rows, from which `append` waits.
  static let limit = 65_536

  private let condition = NSCondition()
  private var entries: [Entry] = []
  private var weight = 0
  private var position: RunPosition
  /// Whether another thread waits until all entries are on the disk.
  private var isFlushing = false
  private var isClosed = false
  private var isAbandoned = false
  private var finalMeta: [MetaKey: String]?
  private var isDone = false
  private var failure: RunFileError?
  private let path: String

  /// The queue of entries for the file at `path`, which errors name, after what is in the file.
  init(path: String, at position: RunPosition) { (self.path, self.position) = (path, position) }

  /// Throws the error of the writing thread, or one that says that the queue is closed, if no entry can be added.
  func requireOpen() throws(RunFileError) {
    condition.lock()
    defer { condition.unlock() }
    try checkIsOpen()
  }

  /// Whether an entry can be added.
  var isOpen: Bool { condition.withLock { failure == nil && !isClosed } }

  /// Waits for ever in an abandoned queue. `condition` is locked.
  private func checkIsOpen() throws(RunFileError) {
    while isAbandoned { condition.wait() }
    if let failure { throw failure }
    if isClosed { throw .finished(path: path) }
  }

  /// Adds an entry. Throws as `requireOpen` does.
  func append(_ entry: Entry) throws(RunFileError) {
    condition.lock()
    defer { condition.unlock() }
    while weight >= Self.limit, failure == nil, !isAbandoned { condition.wait() }
    try checkIsOpen()
    let before = weight
    entries.append(entry)
    position.add(entry)
    weight += entry.weight
    // Waking a thread is slow, so it happens only once the size is reached.
    if before < Self.plenty, weight >= Self.plenty { condition.broadcast() }
  }

  /// Waits until all entries are on the disk, and returns what the file holds then. Throws as `requireOpen` does.
  func flush() throws(RunFileError) -> RunPosition {
    condition.lock()
    defer { condition.unlock() }
    isFlushing = true
    condition.broadcast()
    while isFlushing, !isDone { condition.wait() }
    try checkIsOpen()
    return position
  }

  /// Closes the queue and waits until the writing thread has written all entries and ended. Throws its error, or one that says that
  /// the queue is already closed. A complete recording has final entries of `meta`. Other threads that use an abandoned queue
  /// wait for ever.
  func close(finalMeta: [MetaKey: String]? = nil, isAbandoned: Bool = false) throws(RunFileError) {
    condition.lock()
    defer { condition.unlock() }
    while self.isAbandoned, !isAbandoned { condition.wait() }
    let wasClosed = isClosed
    isClosed = true
    if isAbandoned { self.isAbandoned = true }
    self.finalMeta = self.finalMeta ?? finalMeta
    condition.broadcast()
    while !isDone { condition.wait() }
    if let failure { throw failure }
    if wasClosed, !isAbandoned { throw .finished(path: path) }
  }

  /// Waits for entries and takes them all, and says whether a thread waits until they are on the disk; nil if the queue is closed and empty.
  /// For the writing thread.
  func takeAll() -> (entries: [Entry], isFlushing: Bool)? {
    condition.lock()
    defer { condition.unlock() }
    let deadline = Date(timeIntervalSinceNow: Self.patience)
    while !isClosed, weight < Self.plenty, !isFlushing, condition.wait(until: deadline) {}
    if isClosed, entries.isEmpty { return nil }
    let taken = entries
    entries = []
    weight = 0
    condition.broadcast()
    return (taken, isFlushing)
  }

  /// Reports that all entries that were taken are on the disk. For the writing thread.
  func endFlush() {
    condition.lock()
    defer { condition.unlock() }
    isFlushing = false
    condition.broadcast()
  }

  /// The final entries of `meta`; nil if the recording is not complete. For the writing thread.
  var metaAtEnd: [MetaKey: String]? { condition.withLock { finalMeta } }

  /// Reports that an entry was left out; entries that are in the queue are still taken. For the writing thread.
  func refuse(_ error: RunFileError) {
    condition.lock()
    defer { condition.unlock() }
    failure = failure ?? error
    condition.broadcast()
  }

  /// Whether an entry was left out. For the writing thread.
  var hasRefused: Bool { condition.withLock { failure != nil } }

  /// Marks the writing thread as ended, with its error or nil. For the writing thread.
  func end(_ error: RunFileError?) {
    condition.lock()
    defer { condition.unlock() }
    failure = failure ?? error
    entries = []
    isDone = true
    condition.broadcast()
  }
}
