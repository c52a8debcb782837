import Foundation
import RunFile
import Support

/// A rule that finds one kind of fault in a run. It is a pure function of the run, and finds nothing in a healthy one.
///
/// You can write your own rules, which work like the built-in ones:
///
///     struct LossTooHigh: Rule {
///       let name = "loss too high"
///       func findings(in evidence: RunEvidence) throws -> [Finding] {
///         let loss = evidence.run.finalLoss
///         guard loss > 1 else { return [] }
///         return [
///           Finding(
///             severity: .note, rule: name, statement: "the final loss is \(loss)", steps: evidence.allSteps, measured: loss,
///             limit: 1, cause: "the net is too small", remedies: ["a wider net"])
///         ]
///       }
///     }
///
///     diagnose(run, rules: .all + [LossTooHigh()])
public protocol Rule: Sendable {
  /// The rule's name in findings, such as "vanishing gradient".
  var name: String { get }
  /// What the rule examines, which decides which of several findings is the cause of the others; `.signal` by default.
  var stage: RuleStage { get }
  /// Whether its findings may follow from those of other rules; true by default.
  var mayFollow: Bool { get }
  /// What the rule compares, and why that shows the fault, in one or two sentences; empty by default.
  var principle: String { get }
  /// The limits that the rule compares with, the most important first; none by default.
  var limits: [RuleLimit] { get }
  /// The publication or the tool from which the rule comes; empty by default.
  var source: String { get }
  /// The records that the rule needs, and how to switch them on, where the run lacks them; empty, the default, where it has all.
  func missing(in evidence: RunEvidence) -> [MissingRecord]
  /// The findings in a run; empty for a run without this fault. `evidence` holds what most rules need; `evidence.run` reads the rest.
  /// Throws a `RunFileError` if the file can't be read.
  func findings(in evidence: RunEvidence) throws -> [Finding]
}

/// What a rule examines. A fault of an earlier stage is the cause of those of later stages that are not seen before it.
public enum RuleStage: Int, Sendable, Comparable {
  /// How the training is set up: data, loss, optimizer, training loop. Such a fault is certain, and there from the beginning.
  case setup
  /// What activations, gradients and weights do.
  case signal
  /// What the loss does.
  case outcome
  /// What is reported only where no other rule finds a warning or a failure.
  case unexplained

  /// Whether one is before the other.
  public static func < (a: RuleStage, b: RuleStage) -> Bool { a.rawValue < b.rawValue }
}

/// A record that a rule needs and a run lacks.
public struct MissingRecord: Sendable, Hashable {
  /// The record, as a phrase: "the validation loss".
  public let record: String
  /// How to record it, as a phrase: "recorder.record(Evaluation(of: model, on: data.test))".
  public let remedy: String

  /// A missing record.
  public init(_ record: String, remedy: String) { (self.record, self.remedy) = (record, remedy) }
}

extension Rule {
  /// `.signal`.
  public var stage: RuleStage { .signal }
  /// True.
  public var mayFollow: Bool { true }
  /// Empty.
  public var principle: String { "" }
  /// None.
  public var limits: [RuleLimit] { [] }
  /// Empty.
  public var source: String { "" }
  /// Nothing.
  public func missing(in evidence: RunEvidence) -> [MissingRecord] { [] }
}

/// The findings of all rules in a run: causes first, the most severe first, each before what follows from it. A run file that can't be
/// read gives a finding of its own, of the rule "readable run".
///
/// A finding follows from one that is at least as severe, not seen later, and of an earlier stage or of a rule before it in the list; then
/// `follows` names that one's rule. Rules of the stage `.unexplained` are applied only if the others find no warning and no failure.
public func diagnose(_ run: Run, rules: [any Rule] = .all) -> [Finding] {
  do { return try findings(in: RunEvidence(run), rules) } catch {
    return [
      Finding(
        severity: .failure, rule: "readable run", statement: "\(error)", steps: 0...0, measured: 0, limit: 0,
        cause: "the run file can't be read to its end", remedies: ["record the run again"])
    ]
  }
}

/// The findings of the rules, in the order of `Timeline`.
private func findings(in evidence: RunEvidence, _ rules: [any Rule]) throws -> [Finding] {
  func found(_ rules: [any Rule]) throws -> [(stage: RuleStage, finding: Finding)] {
    try rules.flatMap { rule in try rule.findings(in: evidence).map { (rule.stage, $0) } }
  }
  var all = try found(rules.filter { $0.stage < .unexplained })
  if !all.contains(where: { $0.finding.severity > .note }) {
    all += try found(rules.filter { $0.stage == .unexplained })
  }
  return Timeline(all, standingAlone: Set(rules.filter { !$0.mayFollow }.map(\.name))).findings
}

/// The findings of rules in a run and those that could not examine it, from one pass over the file. Throws a `RunFileError` if the file
/// can't be read.
package func examine(_ run: Run, rules: [any Rule]) throws -> (findings: [Finding], skipped: [SkippedCheck]) {
  let evidence = try RunEvidence(run)
  return (try findings(in: evidence, rules), skippedChecks(in: evidence, rules))
}

/// A rule that could not examine a run, with the records that it lacks.
public struct SkippedCheck: Sendable, Hashable {
  /// The rule's name.
  public let rule: String
  /// What the run lacks, and how to record it.
  public let missing: [MissingRecord]
}

/// The rules that could not examine a run, since it lacks records. Throws a `RunFileError` if the file can't be read.
public func skippedChecks(in run: Run, rules: [any Rule] = .all) throws -> [SkippedCheck] {
  skippedChecks(in: try RunEvidence(run), rules)
}

private func skippedChecks(in evidence: RunEvidence, _ rules: [any Rule]) -> [SkippedCheck] {
  rules.compactMap { rule in
    let missing = rule.missing(in: evidence)
    return missing.isEmpty ? nil : SkippedCheck(rule: rule.name, missing: missing)
  }
}

/// A number rounded to one significant digit, for a proposed setting: 0.004, 30, 2e-06.
func oneDigit(_ value: Double) -> String {
  formatShortest(oneDigitNumber(value))
}

/// The number with one significant digit, as text shows it.
func oneDigitNumber(_ value: Double) -> Double { Double(String(format: "%.0e", value)) ?? value }

extension Rule {
  /// One finding of this rule, in a list.
  func found(
    _ severity: Finding.Severity, _ statement: String, sites: [String] = [], steps: ClosedRange<Int>, measured: Double,
    limit: Double, unit: String = "", cause: String, remedies: [String], chart: String? = nil, trial: Remedy? = nil
  ) -> [Finding] {
    [
      Finding(
        severity: severity, rule: name, statement: statement, sites: sites, steps: steps, measured: measured,
        limit: limit, unit: unit, cause: cause, remedies: remedies, chart: chart, source: source, trial: trial)
    ]
  }
}
