import Rheoscope

extension Results {
  /// The section of the report with what `diagnose` finds in the recorded runs, per variant over its seeds; empty where no run is recorded.
  /// Throws a `RunFileError` where a run file can't be read.
  var diagnosis: String {
    get throws {
      var sections: [String] = [], sound: [String] = []
      for variant in variants.prefix(Self.maximalRows) {
        let runs = try trials(of: variant).compactMap(\.runPath).map { try Run(path: $0) }
        guard !runs.isEmpty else { continue }
        let findings = runs.map { diagnose($0) }
        if findings.allSatisfy(\.isEmpty) {
          sound.append(variant.name)
        } else {
          sections.append("### \(variant.name)\n\n\(markdownList(of: findings, in: runs))")
        }
      }
      if !sound.isEmpty { sections.append("Nothing wrong found in \(sound.joined(separator: ", ")).\n") }
      return sections.isEmpty ? "" : "## Diagnosis\n\n\(sections.joined(separator: "\n"))\n"
    }
  }
}
