import RunFile
import Support

/// A fault that a rule found in a run, with its evidence, cause and remedies.
public struct Finding: Sendable, CustomStringConvertible {
  /// How severe a finding is.
  public enum Severity: String, Sendable, Comparable, CaseIterable {
    /// Information; training is not affected.
    case note
    /// Part of the model does not learn.
    case warning
    /// Training fails.
    case failure

    /// Whether one is less severe than the other.
    public static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }
    private var rank: Int { self == .note ? 0 : self == .warning ? 1 : 2 }
  }

  /// How severe it is.
  public let severity: Severity
  /// The name of the rule.
  public let rule: String
  /// What is wrong, in one sentence without a full stop.
  public let statement: String
  /// The paths of the sites or parameters concerned, input first.
  public let sites: [String]
  /// The steps at which it was found; the first is the one from which on the fault can be seen.
  public let steps: ClosedRange<Int>
  /// The value that was compared with `limit`.
  public let measured: Double
  /// The limit of the rule; on which side of it a value is a fault depends on the rule.
  public let limit: Double
  /// The unit of both, such as `×` for a ratio, `of units`, `steps`; empty for a plain number.
  public let unit: String
  /// The cause, as a phrase.
  public let cause: String
  /// What fixes it, as phrases, the most likely first.
  public let remedies: [String]
  /// The first of them that a program can try; nil if none can be.
  public let trial: Remedy?
  /// The chart that shows it, by its name in `./rheoscope render --chart`; nil if none does.
  public let chart: String?
  /// The publication from which the rule comes; may be empty.
  public let source: String
  /// The rule whose finding is the cause of this one; nil if it stands for itself. Set by `diagnose`.
  public internal(set) var follows: String?

  /// A finding; `rule` is the `name` of the rule, and `sites` are paths, input first.
  public init(
    severity: Severity, rule: String, statement: String, sites: [String] = [], steps: ClosedRange<Int>,
    measured: Double, limit: Double, unit: String = "", cause: String, remedies: [String], chart: String? = nil,
    source: String = "", trial: Remedy? = nil
  ) {
    self.severity = severity
    self.rule = rule
    self.statement = statement
    self.sites = sites
    self.steps = steps
    self.measured = measured
    self.limit = limit
    self.unit = unit
    self.cause = cause
    self.remedies = remedies
    self.chart = chart
    self.source = source
    self.trial = trial
  }

  /// In how many of the runs of the diagnosis benchmark in which its rule was the first finding it was right. Those are whole trainings, also
  /// where the finding is of a pass before training. Nil for a note, and for a rule whose fault is not in the benchmark; see
  /// `RuleRate.precision`.
  public var confidence: Proportion? { severity > .note ? RuleRate.measured(rule)?.precision : nil }

  /// In how many of the programs of the diagnosis benchmark that were tried the first remedy closed at least half of the gap to the same
  /// training without the fault, whichever remedy the rule proposed first there. Nil for a note, and for a rule whose remedies were not tried;
  /// see `RuleRate.remedyEffect`.
  public var remedyEffect: Proportion? {
    severity > .note && !remedies.isEmpty ? RuleRate.measured(rule)?.remedyEffect : nil
  }

  /// The remedies, the first with its measured effect.
  var remediesWithEffect: [String] {
    guard let effect = remedyEffect else { return remedies }
    return ["\(remedies[0]) (\(effect.asEffect))"] + remedies.dropFirst()
  }

  /// The finding in lines: severity and statement with rule, sites and steps; the cause; the remedies, with the measured effect of the first;
  /// the confidence. Of a finding that follows from another, all but the first line are left out. Control characters of names are
  /// shown as escapes.
  public var description: String {
    var lines = ["\(severity.rawValue): \(statement) [\(rule), \(location)]"]
    if let follows {
      lines.append("  follows from: \(follows)")
      return lines.map(\.escapedForTerminal).joined(separator: "\n")
    }
    lines.append("  why: \(cause)")
    if !remedies.isEmpty { lines.append("  try: \(remediesWithEffect.joined(separator: "; or "))") }
    if let confidence { lines.append("  confidence: \(confidence.inBenchmark)") }
    return lines.map(\.escapedForTerminal).joined(separator: "\n")
  }

  /// The first and last site, and the steps: "0 to 38, step 0".
  private var location: String {
    let when = steps.count == 1 ? "step \(steps.lowerBound)" : "steps \(steps.lowerBound)–\(steps.upperBound)"
    guard let first = sites.first, let last = sites.last else { return when }
    return "\(sites.count == 1 ? "“\(first)”" : "“\(first)” to “\(last)”"), \(when)"
  }
}
