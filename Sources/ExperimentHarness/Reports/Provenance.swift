import Foundation
import Rheoscope

/// The version of Rheoscope, the newest of CHANGELOG.md.
public let rheoscopeVersion = "0.2.0"

/// Where a result comes from: all that is needed to reproduce it.
struct Provenance: Sendable {
  /// The command line.
  let command: String
  let version = rheoscopeVersion
  let system = ProcessInfo.processInfo.operatingSystemVersionString
  let processor = processorName()

  /// The entries of a run file's `meta`.
  var meta: [MetaKey: String] {
    // A run file holds no absolute path.
    let words = command.split(separator: " ", omittingEmptySubsequences: false).map { word in
      word.hasPrefix("/") || word.hasPrefix("'/") ? "…/" + word.split(separator: "/").last! : String(word)
    }
    return [.command: words.joined(separator: " "), .version: version, .system: system, .processor: processor]
  }
}

private func processorName() -> String {
  let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n") ?? []
  let line = lines.first { $0.hasPrefix("model name") }
  return line?.split(separator: ":").last?.trimmingCharacters(in: .whitespaces) ?? "unknown"
}
