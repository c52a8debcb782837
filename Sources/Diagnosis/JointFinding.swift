import RunFile

/// A finding in runs of one variant, which differ in their seed.
public struct JointFinding: Sendable, CustomStringConvertible {
  /// The finding of the first run that has it, of those that have it in its most severe form.
  public let finding: Finding
  /// The number of runs that have it, and the number of all runs.
  public let count, total: Int
  /// The index of the run that `finding` is from.
  public let run: Int

  /// The finding, with the number of seeds in its first line: "in 2 of 3 seeds".
  public var description: String {
    var lines = "\(finding)".split(separator: "\n", omittingEmptySubsequences: false)
    lines[0] += " in \(count) of \(total) seeds"
    return lines.joined(separator: "\n")
  }
}

/// The findings in several runs of one variant: each rule once, with the number of runs in which it is found. Causes come first; a rule that
/// more runs have comes before others of its severity.
public func diagnose(_ runs: [Run], rules: [any Rule] = .all) -> [JointFinding] {
  joint(runs.map { diagnose($0, rules: rules) })
}

/// As `diagnose` of several runs, from the findings of each.
package func joint(_ findings: [[Finding]]) -> [JointFinding] {
  var order: [String] = [], byRule: [String: (worst: Finding, run: Int, count: Int)] = [:]
  for (run, list) in findings.enumerated() {
    var seen: Set<String> = []
    for finding in list where seen.insert(finding.rule).inserted {
      if let known = byRule[finding.rule] {
        byRule[finding.rule] =
          finding.severity > known.worst.severity
          ? (finding, run, known.count + 1) : (known.worst, known.run, known.count + 1)
      } else {
        order.append(finding.rule)
        byRule[finding.rule] = (finding, run, 1)
      }
    }
  }
  let found = order.map { rule in
    let (worst, run, count) = byRule[rule]!
    return JointFinding(finding: worst, count: count, total: findings.count, run: run)
  }
  func rank(_ joint: JointFinding) -> (Int, Finding.Severity, Int) {
    // What follows from another finding stands behind all causes.
    (joint.finding.follows == nil ? 1 : 0, joint.finding.severity, joint.count)
  }
  return found.enumerated().sorted { a, b in
    let (left, right) = (rank(a.element), rank(b.element))
    return left == right ? a.offset < b.offset : left > right
  }.map(\.element)
}
