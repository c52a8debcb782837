import Foundation
import Synchronization

/// Where a command speaks to whoever started it: results on standard output, notices and progress on standard error.
public final class Console: Sendable {
  private struct Progress {
    var isShown = false
    var lastShown = -1.0
  }
  private let progress = Mutex(Progress())
  private let showsProgress: Bool

  private let isQuiet: Bool

  /// A console that shows progress only where standard error is a terminal; a quiet one shows nothing else.
  public init(isQuiet: Bool = false) {
    showsProgress = isatty(STDERR_FILENO) == 1
    self.isQuiet = isQuiet
  }

  /// Writes a line of results.
  public func print(_ line: String) {
    if !isQuiet { write(line + "\n", to: .standardOutput) }
  }

  /// Writes a line about the run itself.
  public func note(_ line: String) {
    guard !isQuiet else { return }
    clearProgress()
    write("rheoscope: \(line)\n", to: .standardError)
  }

  /// Shows, at most ten times a second, which share of something is done.
  func isDone(_ share: Double, of what: String) {
    let line = progress.withLock { progress -> String? in
      let now = ProcessInfo.processInfo.systemUptime
      guard showsProgress, now - progress.lastShown > 0.1 else { return nil }
      progress.lastShown = now
      progress.isShown = true
      return "\(what): \(Int(100 * share)) %"
    }
    if let line { write("\r\u{1B}[K\(line)", to: .standardError) }
  }

  func clearProgress() {
    let wasShown = progress.withLock { progress in
      defer { progress.isShown = false }
      return progress.isShown
    }
    if wasShown { write("\r\u{1B}[K", to: .standardError) }
  }

  private func write(_ text: String, to file: FileHandle) { try? file.write(contentsOf: Data(text.utf8)) }
}
