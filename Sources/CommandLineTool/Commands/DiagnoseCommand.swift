import ExperimentHarness
import Rheoscope

extension Command {
  static let diagnose = Command(
    name: "diagnose", operands: "RUN…", operandCount: 1...Int.max,
    summary: "Reports from run files what went wrong in training, and why.",
    flags: [Flag(name: "--json", kind: .none, help: "prints one JSON object, for programs")])
}

extension Tool {
  /// Reports on every run that can be read, then throws the last error of the others.
  func diagnose(_ arguments: Arguments, typed words: [String]) throws {
    var reports: [(path: String, run: Run, findings: [Finding])] = []
    var errors: [any Error] = []
    for path in arguments.operands {
      do {
        let run = try Run(path: path)
        // A run without steps is not healthy, but empty.
        guard !run.steps.isEmpty else { throw ChartError.noSteps(paths: [path]) }
        reports.append((path, run, Rheoscope.diagnose(run)))
        if arguments["--json"] == nil { try print(reports.removeLast()) }
      } catch { errors.append(error) }
    }
    if arguments["--json"] != nil {
      let data = Diagnoses(
        runs: reports.map { Diagnoses.RunRecord($0.run, at: $0.path) },
        findings: reports.flatMap { report in report.findings.map { Diagnoses.FindingRecord($0, of: report.path) } })
      console.printAsIs(
        try JSONFrame(command: commandLine(words), data: data, errors: errors.map { wording(of: $0) }).text)
    }
    for error in errors.dropLast() { console.note(wording(of: error)) }
    if let last = errors.last { throw last }
  }

  private func print(_ report: (path: String, run: Run, findings: [Finding])) throws {
    let gradients = try report.run.layers(.gradientRMS),
      isBlind = !gradients.sites.indices.contains { gradients.grid.isRecorded(row: $0) }
    let healthy = "nothing wrong found" + (isBlind ? " in its losses; no gradients are recorded there" : "")
    console.print(report.findings.isEmpty ? "\(report.path): \(healthy)" : "\(report.path):")
    for finding in report.findings { console.print("\(finding)") }
  }
}

/// What `diagnose` found, for programs.
private struct Diagnoses: Encodable {
  struct RunRecord: Encodable {
    let path: String
    let experiment, variant: String?
    let seed: Int?
    let steps: Int
    let isFinished: Bool
    let finalLoss: Double

    init(_ run: Run, at path: String) {
      self.path = path
      (experiment, variant, seed) = (run.experiment, run.variant, run.seed)
      (steps, isFinished, finalLoss) = (run.steps.count, run.isFinished, run.finalLoss)
    }
  }

  struct FindingRecord: Encodable {
    let run, rule, severity, statement, cause, remedy, source: String
    let sites: [String]
    let firstStep, lastStep: Int
    let measured, limit: Double

    init(_ finding: Finding, of path: String) {
      run = path
      (rule, severity, statement) = (finding.rule, finding.severity.rawValue, finding.statement)
      (cause, remedy, source) = (finding.cause, finding.remedy, finding.source)
      (sites, firstStep, lastStep) = (finding.sites, finding.steps.lowerBound, finding.steps.upperBound)
      (measured, limit) = (finding.measured, finding.limit)
    }
  }

  let runs: [RunRecord]
  let findings: [FindingRecord]
}
