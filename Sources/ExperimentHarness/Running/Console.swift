import Foundation
import Support
import Synchronization

/// The output of a command: results on standard output, notices and progress on standard error.
public final class Console: Sendable {
  private struct Progress {
    var isShown = false
    var lastShown = -1.0
  }
  private let progress = Mutex(Progress())
  /// The error number of the first failed write to standard output; 0 if there is none.
  private let outputError = Atomic<Int32>(0)
  private let showsProgress: Bool
  private let isQuiet: Bool

  /// A console that shows progress only where standard error is a terminal. A quiet console shows progress alone.
  public init(isQuiet: Bool = false) {
    showsProgress = isatty(STDERR_FILENO) == 1
    self.isQuiet = isQuiet
  }

  /// Writes lines of results to standard output, with control characters shown as escapes. After a failed write all later lines are
  /// dropped.
  public func print(_ lines: String) { printAsIs(lines.escapedForTerminalLines) }

  /// The same without escapes, for text that is made for a terminal, such as colours, or for programs.
  package func printAsIs(_ line: String) {
    guard !isQuiet, outputError.load(ordering: .relaxed) == 0 else { return }
    do { try writeAll(line + "\n", to: STDOUT_FILENO) } catch {
      outputError.store(error.code.rawValue, ordering: .relaxed)
    }
  }

  /// Whether the reader of standard output has closed it, as `head` does.
  package var isOutputClosed: Bool { outputError.load(ordering: .relaxed) == EPIPE }

  /// Why standard output can't be written, in the system's words; nil if it can, or if its reader has closed it.
  package var outputProblem: String? {
    let error = outputError.load(ordering: .relaxed)
    return error == 0 || error == EPIPE ? nil : systemMessage(error).lowercased()
  }

  /// Writes a notice to standard error, behind the program's name.
  public func note(_ line: String) {
    guard !isQuiet else { return }
    clearProgress()
    try? writeAll("rheoscope: \(line.escapedForTerminalLines)\n", to: STDERR_FILENO)
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
    if let line { try? writeAll("\r\u{1B}[K\(line)", to: STDERR_FILENO) }
  }

  func clearProgress() {
    let wasShown = progress.withLock { progress in
      defer { progress.isShown = false }
      return progress.isShown
    }
    if wasShown { try? writeAll("\r\u{1B}[K", to: STDERR_FILENO) }
  }
}
