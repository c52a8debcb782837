import Foundation

/// The version of Rheoscope, the newest of CHANGELOG.md.
public let rheoscopeVersion = "0.2.0"

/// What a result came from, so that it can be made again.
struct Provenance: Sendable {
  /// What was typed.
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
