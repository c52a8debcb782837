import ExperimentHarness
import Experiments
import Foundation
import Rheoscope
import Support

extension Command {
  static let diagnose = Command(
    name: "diagnose", operands: "RUN…", operandCount: 0...Int.max,
    summary: "Reports from run files what went wrong in training, and why.",
    flags: [
      Flag(
        name: "--fail-on", kind: .choice(["warning", "failure"], placeholder: "SEVERITY"),
        help: "exits with 3 if a finding is a warning or worse, or a failure"),
      .json,
      Flag(name: "--markdown", kind: .none, help: "prints Markdown, for reports"),
      Flag(
        name: "--rule", kind: .choice(ruleWords, placeholder: "NAME"),
        help: "applies this rule alone, such as vanishing-gradient"),
      Flag(
        name: "--try", kind: .none,
        help: "trains runs of experiments again with a proposed remedy, and prints both losses"),
      Flag(
        name: "--explain", kind: .choice(explained.map { word(for: $0) } + ["all"], placeholder: "NAME"),
        help: "prints what a rule compares, its limits and how often it is right, or the word all for a table; "
          + "takes no RUN"),
    ])

  /// The names of the rules as words of a command line.
  private static let ruleWords = [any Rule].all.map { word(for: $0) }

  static func word(for rule: any Rule) -> String { rule.name.replacingOccurrences(of: " ", with: "-") }
}

/// `--fail-on` was given, and a finding is that severe.
struct FindingsFailed: Error {}

extension Tool {
  /// Reports on every run that can be read and, with `--try`, trains it again with a remedy; then throws the last error of the others. Throws `FindingsFailed` where `--fail-on` asks for it.
  func diagnose(_ arguments: Arguments, typed words: [String]) throws {
    if arguments["--json"] != nil, arguments["--markdown"] != nil { throw UsageError.exclusive("--json", "--markdown") }
    for format in ["--json", "--markdown"] where arguments[format] != nil && arguments["--try"] != nil {
      throw UsageError.exclusive(format, "--try")
    }
    if let word = arguments["--explain"] {
      for flag in ["--fail-on", "--markdown", "--rule", "--try"] where arguments[flag] != nil {
        throw UsageError.exclusive("--explain", flag)
      }
      if let operand = arguments.operands.first {
        throw UsageError.surplusOperand(operand, command: "diagnose --explain", operands: "NAME")
      }
      return try explain(word, asJSON: arguments["--json"] != nil, typed: words)
    }
    guard !arguments.operands.isEmpty else {
      throw UsageError.missingOperand(command: Command.diagnose.name, operands: Command.diagnose.operands)
    }
    let rules = [any Rule].all.filter { rule in
      arguments["--rule"].map { $0 == Command.word(for: rule) } ?? true
    }
    let (reports, errors) = eachRun(arguments.operands) { path in
      let run = try Run(path: path)
      // A run without steps is not healthy, but empty.
      guard !run.steps.isEmpty else { throw ChartError.noSteps(paths: [path]) }
      return try Diagnosed(run, at: path, rules: rules)
    }
    if arguments["--json"] == nil {
      for group in Diagnosed.groups(of: reports) {
        console.print(
          arguments["--markdown"] != nil
            ? Diagnosed.markdown(of: group) : group.count > 1 ? Diagnosed.text(of: group) : try group[0].text)
        if arguments["--try"] != nil { for report in group { try tryRemedies(of: report, inGroup: group.count > 1) } }
      }
    }
    if arguments["--json"] != nil {
      try answer(try DiagnosisRecord(reports), errors, typed: words)
    } else {
      for line in missingRecords(in: reports.flatMap(\.skipped)) {
        console.print(arguments["--markdown"] == nil ? line : line.escapedForMarkdown + "\n")
      }
    }
    try finish(errors)
    if let limit = arguments["--fail-on"].flatMap(Finding.Severity.init(rawValue:)),
      reports.contains(where: { $0.findings.contains { $0.severity >= limit } })
    {
      throw FindingsFailed()
    }
  }

  /// Trains a run again with the first remedy of its findings that the training takes, and prints what it did, and why it does not take
  /// those before.
  private func tryRemedies(of report: Diagnosed, inGroup: Bool) throws {
    let label = inGroup ? "  tried in \(report.path): " : "  tried: "
    let faults = report.findings.filter { $0.severity > .note }
    guard !faults.isEmpty else { return }
    let findings = faults.filter { $0.follows == nil && $0.trial != nil }
    guard !findings.isEmpty else {
      return console.print(label + "nothing, since no remedy of its findings can be tried")
    }
    for finding in findings {
      let remedy = finding.trial!, what = label + "\(remedy), against \(finding.rule)"
      do {
        let trial = try RemedyTrial(remedy, on: report.run, of: Experiment.all)
        let losses = "final loss \(formatPlain(trial.before)) before, \(formatPlain(trial.after)) with it"
        return console.print(
          what + ", for \(counted(trial.steps, "step")): \(losses); it \(trial.helps ? "helps" : "does not help")")
      } catch let refusal as InapplicableRemedy {
        console.print(what + ": it can't be applied to this training, since \(refusal.reason)")
      }
    }
  }
}

/// What was not checked, since runs lack a record: a line per record.
func missingRecords(in skipped: [SkippedCheck]) -> [String] {
  var rules: [MissingRecord: [String]] = [:], order: [MissingRecord] = []
  for check in skipped {
    for record in check.missing {
      if rules[record] == nil { order.append(record) }
      if rules[record]?.contains(check.rule) != true { rules[record, default: []].append(check.rule) }
    }
  }
  return order.map { record in
    "not checked: \(listed(rules[record]!)), which \(rules[record]!.count == 1 ? "needs" : "need") \(record.record); "
      + "to record that: \(record.remedy)"
  }
}

/// What was found in a run.
struct Diagnosed {
  let path: String
  let run: Run
  let findings: [Finding]
  /// The checks that the run's records do not allow.
  let skipped: [SkippedCheck]

  /// Throws a `RunFileError` if the file can't be read.
  init(_ run: Run, at path: String, rules: [any Rule]) throws {
    (self.path, self.run) = (path, run)
    (findings, skipped) = try examine(run, rules: rules)
  }

  /// The findings as `diagnose` prints them.
  var text: String {
    get throws {
      guard findings.isEmpty else { return (["\(path):"] + findings.map { lines(of: $0) }).joined(separator: "\n") }
      return "\(path): \(try nothingFound)"
    }
  }

  /// Runs of one variant together, which differ in their seed; all others alone. In the order of their first runs.
  static func groups(of reports: [Diagnosed]) -> [[Diagnosed]] {
    VariantRuns.all(reports, run: \.run).map(\.items)
  }

  /// The findings in runs of one variant.
  static func text(of group: [Diagnosed]) -> String {
    let run = group[0].run, seeds = group.map { $0.run.seed.map(String.init) ?? "?" }.joined(separator: ", ")
    let name = "\(run.experiment!) · \(run.variant!), seeds \(seeds):".escapedForTerminal
    let findings = joint(group.map(\.findings))
    return findings.isEmpty
      ? "\(name) nothing wrong found"
      : ([name] + findings.map { group[$0.run].lines(of: $0.finding, as: "\($0)") }).joined(separator: "\n")
  }

  /// A finding in lines, with the command that draws what it saw.
  private func lines(of finding: Finding, as text: String? = nil) -> String {
    (text ?? "\(finding)") + (see(finding).map { "\n  see: " + $0.escapedForTerminal } ?? "")
  }

  /// The command that draws what a finding saw; nil for a note, for what follows from another finding, and where no chart shows it.
  func see(_ finding: Finding) -> String? {
    guard finding.severity > .note, finding.follows == nil, let region = finding.evidence(in: run) else { return nil }
    let kind = ChartKind.all.first { $0.name == region.chart }
    var words = ["render", path, kind == nil ? "--measure" : "--chart", region.chart]
    if let steps = region.steps { words += ["--steps", "\(steps.lowerBound):\(steps.upperBound)"] }
    if let layers = region.layers { words += ["--layers", layers] }
    if kind?.showsMarks ?? true { words.append("--findings") }
    return commandLine(words)
  }

  private var nothingFound: String {
    get throws {
      let gradients = try run.layers(.gradientRMS),
        isBlind = !gradients.sites.indices.contains { gradients.grid.isRecorded(row: $0) }
      return "nothing wrong found" + (isBlind ? " in its losses; no gradients are recorded there" : "")
    }
  }

  /// The findings in a run, or in runs of one variant, as Markdown: a heading, and a list.
  static func markdown(of group: [Diagnosed]) -> String {
    let run = group[0].run, seeds = group.map { $0.run.seed.map(String.init) ?? "?" }.joined(separator: ", ")
    let title = group.count == 1 ? group[0].path : "\(run.experiment!) · \(run.variant!), seeds \(seeds)"
    return "## \(title.escapedForMarkdown)\n\n" + markdownList(of: group.map(\.findings), in: group.map(\.run))
  }
}
