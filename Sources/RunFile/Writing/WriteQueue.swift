import Foundation
import Support

/// What the training thread hands to the writing thread, in order and bounded.
///
/// Every member may be called from any thread: `condition` guards all state.
final class WriteQueue: @unchecked Sendable {
  /// How long an entry waits at most, in seconds, so that entries share transactions.
  static let patience = 0.2
  /// From how much on, in rows, the writing thread starts before that.
  static let plenty = 8_192
  /// How much may wait, in rows, before `append` waits too.
  static let limit = 65_536

  private let condition = NSCondition()
  private var entries: [Entry] = []
  private var weight = 0
  private var isClosed = false
  private var isWhole = false
  private var isDone = false
  private var failure: RunFileError?

  /// Adds an entry; throws what stopped the writing, if anything did.
  func append(_ entry: Entry) throws(RunFileError) {
    condition.lock()
    defer { condition.unlock() }
    while weight >= Self.limit, failure == nil { condition.wait() }
    if let failure { throw failure }
    if isClosed { stop("RunWriter", "written to after finish()") }
    let before = weight
    entries.append(entry)
    weight += entry.weight
    // Waking a thread costs more than all else here, so it happens only where the wait would be too long.
    if before < Self.plenty, weight >= Self.plenty { condition.broadcast() }
  }

  /// Lets the writing thread write what is left and end; returns when it has, and throws what stopped it, if anything did.
  /// `complete` says that the recording has come to its end.
  func close(complete: Bool = false) throws(RunFileError) {
    condition.lock()
    defer { condition.unlock() }
    isClosed = true
    isWhole = isWhole || complete
    condition.broadcast()
    while !isDone { condition.wait() }
    if let failure { throw failure }
  }

  /// Waits for entries and takes them all; nil when it is closed and empty. For the writing thread.
  func takeAll() -> [Entry]? {
    condition.lock()
    defer { condition.unlock() }
    let deadline = Date(timeIntervalSinceNow: Self.patience)
    while !isClosed, weight < Self.plenty, condition.wait(until: deadline) {}
    if isClosed, entries.isEmpty { return nil }
    let taken = entries
    entries = []
    weight = 0
    condition.broadcast()
    return taken
  }

  /// Whether the recording has come to its end. For the writing thread.
  var isComplete: Bool { condition.withLock { isWhole } }

  /// Says that the writing thread ends. For the writing thread.
  func end(_ failure: RunFileError?) {
    condition.lock()
    defer { condition.unlock() }
    self.failure = failure
    entries = []
    isDone = true
    condition.broadcast()
  }
}
