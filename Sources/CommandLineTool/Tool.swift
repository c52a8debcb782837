import Experiments
import Foundation
import Rheoscope

/// The command-line tool.
public enum Tool {
  public static let version = "0.1.0"

  /// Does what the arguments ask for and returns the exit code: 0, 1 where it failed, 2 where it was not understood.
  public static func run(_ arguments: [String]) -> Int32 {
    let command: Command
    do { command = try Parser.parse(arguments) } catch {
      complain("\(error)")
      return 2
    }
    do {
      try carryOut(command)
      return 0
    } catch {
      complain("\(error)")
      return 1
    }
  }

  private static func carryOut(_ command: Command) throws {
    switch command {
    case .list: print(HelpText.list)
    case .help(let topic): print(HelpText.of(topic))
    case .version: print("rheoscope \(version)")
    case .run(let run): try run.carryOut(on: Terminal())
    case .render(let paths, let chart, let out):
      try chart.figure(try paths.map { try Run(path: $0) }).write(
        to: out, command: (["rheoscope", "render"] + paths + ["--chart", chart.name, "--out", out]).joined(separator: " "))
      print(out)
    case .diagnose(let paths):
      for path in paths {
        let findings = diagnose(try Run(path: path))
        print(findings.isEmpty ? "\(path): nothing found" : "\(path):")
        for finding in findings { print(finding) }
      }
    }
  }

  private static func complain(_ text: String) { FileHandle.standardError.write(Data("rheoscope: \(text)\n".utf8)) }
}

/// Reports go to standard output; progress, where somebody watches, and notices to standard error.
private final class Terminal: ExperimentTerminal {
  private let isWatched = isatty(STDERR_FILENO) == 1
  private var shown = ""

  func line(_ text: String) {
    print(text)
    fflush(nil)
  }

  func progress(_ text: String) {
    guard isWatched, text != shown else { return }
    shown = text
    // Back to the line's start, and clear it.
    FileHandle.standardError.write(Data("\r\u{1B}[K\(text)".utf8))
  }

  func notice(_ text: String) {
    let last = shown
    progress("")
    FileHandle.standardError.write(Data("\(text)\n".utf8))
    progress(last)
  }
}
