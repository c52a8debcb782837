import Foundation
import TestSupport

/// The built tool as a process that may be killed, and must end by itself within a time.
struct LaunchedProgram {
  private let process = Process()
  private let paths: [String]

  /// Starts the tool in a folder.
  init(_ words: [String], in folder: String) throws {
    process.executableURL = URL(fileURLWithPath: builtProgram("rheoscope"))
    process.arguments = words
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.standardInput = FileHandle.nullDevice
    let name = NSTemporaryDirectory() + UUID().uuidString
    paths = [name + ".out", name + ".err"]
    let files = try paths.map { path in
      try Data().write(to: URL(fileURLWithPath: path))
      return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    }
    (process.standardOutput, process.standardError) = (files[0], files[1])
    try process.run()
  }

  /// How a process ended.
  struct End {
    /// What it exited with; nil if a signal or the time limit ended it.
    let code: Int32?
    let output, errors: String
  }

  /// Kills the process at once.
  func kill() { Foundation.kill(process.processIdentifier, SIGKILL) }

  /// Waits for the end, for at most `seconds`.
  func end(within seconds: Double = 10) throws -> End {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while process.isRunning, Date() < deadline { usleep(2_000) }
    let isLate = process.isRunning
    if isLate { kill() }
    process.waitUntilExit()
    defer { for path in paths { try? FileManager.default.removeItem(atPath: path) } }
    func text(_ path: String) throws -> String {
      String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
    }
    return End(
      code: isLate || process.terminationReason == .uncaughtSignal ? nil : process.terminationStatus,
      output: try text(paths[0]), errors: try text(paths[1]))
  }
}

/// Texts of libraries and of Swift's runtime, which no message of ours may show.
private let foreignTexts = [
  "Fatal error", "NSCocoaErrorDomain", "Error Domain", "CodingKey", "malformed", "UNIQUE constraint", "SQLITE", "errno",
  "could not be completed", "couldn’t be", "Optional(", "Backtrace",
]

extension LaunchedProgram.End {
  /// What is wrong with this end of a command that may get any words and files; nil if nothing is.
  var problem: String? {
    guard let code else { return "it was ended by a signal or took too long" }
    guard [0, 1, 2].contains(code) else { return "it exited with \(code)" }
    if code != 0, errors.isEmpty { return "it failed without a message" }
    if code == 2, errors.split(separator: "\n").count != 1 { return "a wrong command line has one line of explanation" }
    if let foreign = foreignTexts.first(where: errors.contains) { return "its message has “\(foreign)”" }
    if errors.unicodeScalars.contains(where: { $0.value < 0x20 && $0 != "\n" }) {
      return "its message has control characters"
    }
    return nil
  }
}
