import Foundation

/// The version of Rheoscope.
public let rheoscopeVersion = "0.1.0"

/// Where a result comes from: all that is needed to reproduce it.
struct Provenance: Sendable {
  /// The command line.
  let command: String
  let version = rheoscopeVersion
  let system = ProcessInfo.processInfo.operatingSystemVersionString
  let processor = processorName()

  /// The entries of a run file's `meta`.
  var meta: [String: String] {
    ["command": command, "version": version, "system": system, "processor": processor]
  }
}

private func processorName() -> String {
  let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n") ?? []
  let line = lines.first { $0.hasPrefix("model name") }
  return line?.split(separator: ":").last?.trimmingCharacters(in: .whitespaces) ?? "unknown"
}
