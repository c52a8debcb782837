import Rheoscope

/// What `diagnose` found, for programs.
struct DiagnosisRecord: Encodable {
  struct FindingRecord: Encodable {
    let run, rule, severity, statement, cause, source: String
    let chart, see, follows, trial: String?
    let sites, remedies: [String]
    let firstStep, lastStep: Int
    let measured, limit: Double
    let unit: String
    let confidence, remedyEffect: ShareRecord?

    init(_ finding: Finding, of report: Diagnosed) {
      run = report.path
      see = report.see(finding)
      confidence = finding.confidence.map(ShareRecord.init)
      remedyEffect = finding.remedyEffect.map(ShareRecord.init)
      (rule, severity, statement) = (finding.rule, finding.severity.rawValue, finding.statement)
      (cause, source, chart, follows) = (finding.cause, finding.source, finding.chart, finding.follows)
      trial = finding.trial.map { "\($0)" }
      (sites, remedies) = (finding.sites, finding.remedies)
      (firstStep, lastStep) = (finding.steps.lowerBound, finding.steps.upperBound)
      (measured, limit, unit) = (finding.measured, finding.limit, finding.unit)
    }
  }

  struct SkippedRecord: Encodable {
    let run, rule, record, remedy: String
  }

  let runs: [RunRecord]
  let findings: [FindingRecord]
  let notChecked: [SkippedRecord]

  /// Throws a `RunFileError` if a file can't be read.
  init(_ reports: [Diagnosed]) throws {
    runs = try reports.map { try RunRecord($0.run) }
    findings = reports.flatMap { report in report.findings.map { FindingRecord($0, of: report) } }
    notChecked = reports.flatMap { report in
      report.skipped.flatMap { check in
        check.missing.map {
          SkippedRecord(run: report.path, rule: check.rule, record: $0.record, remedy: $0.remedy)
        }
      }
    }
  }
}

/// A share with its interval, for programs.
struct ShareRecord: Encodable {
  let hits, count: Int
  let value, low, high: Double

  init(_ share: Proportion) {
    (hits, count, value) = (share.hits, share.count, share.value)
    (low, high) = (share.interval.lowerBound, share.interval.upperBound)
  }
}
