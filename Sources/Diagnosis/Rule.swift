import RunFile

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
///             severity: .note, rule: name, statement: "the final loss is \(loss)", sites: [],
///             steps: 0...(evidence.run.steps.last?.step ?? 0), measured: loss, limit: 1, cause: "the net is too small",
///             remedy: "a wider net", source: "")
///         ]
///       }
///     }
///
///     diagnose(run, rules: .all + [LossTooHigh()])
public protocol Rule: Sendable {
  /// The rule's name in findings, such as "vanishing gradient".
  var name: String { get }
  /// The findings in a run; empty for a run without this fault. `evidence` holds what most rules need; `evidence.run` reads the rest.
  /// Throws a `RunFileError` if the file can't be read.
  func findings(in evidence: RunEvidence) throws -> [Finding]
}

extension [any Rule] {
  /// The rules of this package, in the order in which they are applied.
  public static var all: [any Rule] {
    [
      NonfiniteValuesRule(), SkippedStepsRule(), VanishingGradientRule(), ExplodingGradientRule(), DeadReLURule(),
    ]
  }
}

/// The findings of all rules in a run, the most severe first. A run file that can't be read gives a finding of its own, of the rule
/// "readable run".
public func diagnose(_ run: Run, rules: [any Rule] = .all) -> [Finding] {
  do {
    let evidence = try RunEvidence(run)
    return try rules.flatMap { try $0.findings(in: evidence) }.sorted { $0.severity > $1.severity }
  } catch {
    return [
      Finding(
        severity: .failure, rule: "readable run", statement: "\(error)", sites: [], steps: 0...0, measured: 0, limit: 0,
        cause: "the run file can't be read to its end", remedy: "record the run again", source: "")
    ]
  }
}
