import Foundation
import Synchronization

/// The output of a command: results on standard output, notices and progress on standard error.
public final class Console: Sendable {
  private struct Progress {
    var isShown = false
    var lastShown = -1.0
  }
  private let progress = Mutex(Progress())
  private let showsProgress: Bool
  private let isQuiet: Bool

  /// A console that shows progress only where standard error is a terminal. A quiet console shows progress alone.
  public init(isQuiet: Bool = false) {
    showsProgress = isatty(STDERR_FILENO) == 1
    self.isQuiet = isQuiet
  }

  /// Writes a line of results to standard output.
  public func print(_ line: String) {
    if !isQuiet { write(line + "\n", to: .standardOutput) }
  }

  /// Writes a notice to standard error, behind the program's name.
  public func note(_ line: String) {
    guard !isQuiet else { return }
    clearProgress()
    write("rheoscope: \(line)\n", to: .standardError)
  }

  /// Shows progress, from 0 to 1, at most ten times per second.
  func showProgress(_ fraction: Double, of name: String) {
    let line = progress.withLock { progress -> String? in
      let now = ProcessInfo.processInfo.systemUptime
      guard showsProgress, now - progress.lastShown > 0.1 else { return nil }
      progress.lastShown = now
      progress.isShown = true
      return "\(name): \(Int(100 * fraction)) %"
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
