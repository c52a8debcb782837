import Foundation
import Rheoscope
import TestSupport
import Testing

@Suite struct CaseTests {
  /// What came of a case.
  private struct Outcome {
    /// What is not as reported; empty if all is.
    var differences: [String] = []
    /// Whether the first finding names the cause, and whether the twin has neither a warning nor a failure.
    var isNamed = false, isSilent = false
    /// The findings in words.
    var report = ""
  }

  private static func outcome(of reported: DiagnosisCase, seed: UInt64, in folder: String) throws -> Outcome {
    let symptom = reported.symptom, name = "\(folder)/\(reported.name)-\(seed)"
    let failing = try reported.train(false, seed, name + "-failing.rheo")
    let fixed = try reported.train(true, seed, name + "-fixed.rheo")
    var outcome = Outcome()
    let (bad, good) = (try symptom.measure(failing), try symptom.measure(fixed))
    if !symptom.failing.contains(bad) || !symptom.fixed.contains(good) {
      outcome.differences.append("\(reported.name), seed \(seed): \(symptom.name) failing \(bad), fixed \(good)")
    }
    let findings = diagnose(failing), others = diagnose(fixed).filter { $0.severity > .note }
    outcome.isNamed = findings.first.map { ([reported.rule] + reported.alternatives).contains($0.rule) } ?? false
    outcome.isSilent = others.isEmpty
    outcome.report =
      (["\(reported.name): \(outcome.isNamed ? "" : "not ")named, twin \(others.count)"]
      + (findings + others).map { "\($0)" }).joined(separator: "\n")
    return outcome
  }

  /// The failing trainings show what was reported and their twins don't; the first finding names the cause, and twins have no warning, in as
  /// many cases as issue and limits ask for. CASE_FOLDER keeps the run files and a report.
  @Test func casesAreDiagnosed() async throws {
    let kept = ProcessInfo.processInfo.environment["CASE_FOLDER"]
    let folder = kept ?? NSTemporaryDirectory() + "cases-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { if kept == nil { try? FileManager.default.removeItem(atPath: folder) } }
    for seed in 1...UInt64(cases(1, full: 4)) {
      let all = DiagnosisCase.all + DiagnosisCase.variants
      var outcomes = [Outcome?](repeating: nil, count: all.count)
      try await withThrowingTaskGroup(of: (Int, Outcome).self) { group in
        // Each training is on one thread.
        for (index, reported) in all.enumerated() {
          if index >= 2, let (done, outcome) = try await group.next() { outcomes[done] = outcome }
          group.addTask { (index, try Self.outcome(of: reported, seed: seed, in: folder)) }
        }
        for try await (done, outcome) in group { outcomes[done] = outcome }
      }
      let found = outcomes.compactMap { $0 }, counted = found.prefix(DiagnosisCase.all.count)
      if kept != nil {
        try found.map(\.report).joined(separator: "\n\n").write(
          toFile: "\(folder)/report-\(seed).txt", atomically: true, encoding: .utf8)
      }
      for difference in found.flatMap(\.differences) { Issue.record("\(difference)") }
      func heads(_ isFine: (Outcome) -> Bool) -> [Substring] {
        counted.filter { !isFine($0) }.compactMap { $0.report.split(separator: "\n").first }
      }
      #expect(counted.count { $0.isNamed } >= 21, "seed \(seed): \(heads(\.isNamed))")
      #expect(counted.count { $0.isSilent } >= 23, "seed \(seed): \(heads(\.isSilent))")
    }
  }

  @Test func namesAndRangesDiffer() {
    let reports = DiagnosisCase.all + DiagnosisCase.variants
    #expect(Set(reports.map(\.name)).count == reports.count && DiagnosisCase.all.count == 24)
    for reported in reports {
      #expect(!reported.symptom.failing.overlaps(reported.symptom.fixed), "\(reported.name)")
    }
  }
}
