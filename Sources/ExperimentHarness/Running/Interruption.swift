import Foundation
import Rheoscope
import Synchronization

/// Ends a run from another thread, such as one that waits for signals: closes its run files and keeps what they recorded.
public final class Interruption: Sendable {
  private struct State {
    var writers: [RunWriter] = []
    var keep: (@Sendable () throws -> String?)?
    var signal: Int32?
    /// Whether a run was ended. Its process ends too.
    var isOver = false
  }
  private let state = Mutex(State())

  /// An interruption of no run yet.
  public init() {}

  /// Ends the run that is training, if there is one, and returns what to print: after which step, and where the recorded files are; and whether a later run can go on with them. The
  /// training stands still from then on, so the caller ends the process. Nil if no run is training: one that is moving its results into
  /// their places comes to its end, and the next one throws `Interrupted`.
  package func interrupt(bySignal signal: Int32) -> (message: String, canBeResumed: Bool)? {
    state.withLock { state in
      state.signal = signal
      guard let keep = state.keep else { return nil }
      state.isOver = true
      var steps: [Int] = []
      for writer in state.writers {
        // A file that can't be closed has an error of its own; what was written before is in it.
        try? writer.abandon()
        if let step = try? Run(path: writer.path).steps.last?.step { steps.append(step) }
      }
      let after = steps.max().map { "interrupted after step \($0)" }
      do {
        let kept = try keep()
        let message = after ?? "interrupted before the first step"
        return (message + (kept.map { "; what was recorded is in \($0)" } ?? "; nothing was recorded"), kept != nil)
      } catch {
        return ("\(after ?? "interrupted"); \(error)", false)
      }
    }
  }

  /// Throws `Interrupted` if `interrupt` was called.
  func check() throws(Interrupted) {
    if let signal = state.withLock({ $0.signal }) { throw Interrupted(signal: signal) }
  }

  /// A run begins; `keep` moves what it recorded to its place. Throws `Interrupted` if `interrupt` was called.
  func begin(_ keep: @escaping @Sendable () throws -> String?) throws(Interrupted) {
    use { ($0.keep, $0.writers) = (keep, []) }
    try check()
  }

  /// A run has recorded all, and can't be interrupted from now on.
  func end() { use { ($0.keep, $0.writers) = (nil, []) } }

  /// Runs `body`, which writes files of the run; an interruption waits for its end.
  func heldBack(_ body: () throws -> Void) throws { try use { _ in try body() } }

  /// A run file is being recorded.
  func add(_ writer: RunWriter) { use { $0.writers.append(writer) } }

  /// Uses the state, unless a run was ended: its threads stand still from then on.
  private func use<Failure: Error>(_ body: (inout State) throws(Failure) -> Void) throws(Failure) {
    try state.withLock { state throws(Failure) in
      while state.isOver { sleep(1_000) }
      try body(&state)
    }
  }
}

/// A signal arrived before the run began.
package struct Interrupted: Error, CustomStringConvertible {
  package let signal: Int32
  package var description: String { "interrupted between two experiments; the results of those before are kept" }
}
