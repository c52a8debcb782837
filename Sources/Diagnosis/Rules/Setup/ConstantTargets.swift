import RunFile
import Support

/// Fires when all targets are equal, so that there is nothing to learn.
struct ConstantTargetsRule: Rule {
  let name = "constant targets"
  let stage = RuleStage.setup
  let principle =
    "Compares the targets with each other. Where all are equal, a net that ignores its inputs is right for all "
    + "samples."
  let source = "SageMaker Debugger, rule ClassImbalance"
  var limits: [RuleLimit] {
    [
      RuleLimit("targets that were seen", .atLeast, Self.shortest, "targets"),
      RuleLimit("variance of the targets", .atMost, Self.varianceLimit, "of their mean square"),
    ]
  }

  /// The number of targets that must have been seen.
  static let shortest = 20.0
  /// The variance of targets over their mean square below which they are equal up to rounding.
  static let varianceLimit = 1e-12

  func missing(in evidence: RunEvidence) -> [MissingRecord] { evidence.missingTargets }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let facts = evidence.facts
    let steps = evidence.allSteps
    var statement: String?
    var measured = 1.0
    if let counts = evidence.task.classCounts, evidence.task.kind == .classes {
      let total = counts.reduce(0, +)
      if total >= Self.shortest, let index = counts.firstIndex(of: total), evidence.task.classCount != 1 {
        statement = "all \(formatShortest(total)) targets are of class \(index)"
      }
    } else if evidence.task.kind == .numbers, evidence.run.steps.count > 1,
      let variance = facts.number(.variance, of: .target), let mean = facts.number(.mean, of: .target),
      let std = facts.number(.std, of: .target), variance <= Self.varianceLimit * (mean * mean + std * std)
    {
      statement = "all targets are \(formatPlain(mean))"
      measured = variance
    }
    guard let statement else { return [] }
    return found(
      .failure, statement, steps: steps, measured: measured,
      limit: statement.contains("class") ? 1 : Self.varianceLimit,
      cause: "a net that ignores its inputs is right for all samples, so nothing is learned from them",
      remedies: ["check how targets are read: the column, the type, and a division of whole numbers"], chart: "loss")
  }
}
