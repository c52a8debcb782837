import Diagnosis
import Foundation
import RunFile

/// A rule with a run on which it must fire, a twin on which it must not, and one that is too short or lacks the records to tell.
struct RuleCase {
  let rule: String
  let severity: Finding.Severity
  let fault: (inout SyntheticRun) -> Void
  /// Turns the faulty run into a healthy one.
  let twin: (inout SyntheticRun) -> Void
  /// Turns the faulty run into one that can't tell.
  let unable: (inout SyntheticRun) -> Void
  /// Whether the finding stands first.
  var isFirst = true
  /// What the statement, the cause or a remedy must say.
  var says: [String] = []

  init(
    _ rule: String, _ severity: Finding.Severity = .failure, isFirst: Bool = true, says: [String] = [],
    fault: @escaping (inout SyntheticRun) -> Void, twin: @escaping (inout SyntheticRun) -> Void,
    unable: @escaping (inout SyntheticRun) -> Void = { $0 = short($0) }
  ) {
    (self.rule, self.severity, self.isFirst, self.says) = (rule, severity, isFirst, says)
    (self.fault, self.twin, self.unable) = (fault, twin, unable)
  }
}

/// Two steps of a run.
func short(_ run: SyntheticRun) -> SyntheticRun {
  var run = run
  run.steps = 2
  return run
}

func stay(_ run: inout SyntheticRun) { run.loss = SyntheticRun.stuck.loss }
func learn(_ run: inout SyntheticRun) { run.loss = SyntheticRun().loss }
func withoutFacts(_ run: inout SyntheticRun) {
  run.hasFacts = false
  run.facts = []
}
