import RunFile
import Support

/// A fault that a rule found in a run, with its evidence, cause and remedy.
public struct Finding: Sendable, CustomStringConvertible {
  /// How severe a finding is.
  public enum Severity: String, Sendable, Comparable {
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
  /// The paths of the sites concerned, input first.
  public let sites: [String]
  /// The steps at which it was found.
  public let steps: ClosedRange<Int>
  /// The value that was compared with `limit`.
  public let measured: Double
  /// The limit of the rule; on which side of it a value is a fault depends on the rule.
  public let limit: Double
  /// The usual cause, as a phrase.
  public let cause: String
  /// What usually fixes it, as a phrase.
  public let remedy: String
  /// The publication from which the rule comes; may be empty.
  public let source: String

  /// A finding; `rule` is the `name` of the rule, and `sites` are paths, input first.
  public init(
    severity: Severity, rule: String, statement: String, sites: [String], steps: ClosedRange<Int>, measured: Double,
    limit: Double, cause: String, remedy: String, source: String
  ) {
    self.severity = severity
    self.rule = rule
    self.statement = statement
    self.sites = sites
    self.steps = steps
    self.measured = measured
    self.limit = limit
    self.cause = cause
    self.remedy = remedy
    self.source = source
  }

  /// The finding in three lines: severity and statement with rule, sites and steps; the cause; the remedy. Control characters of names are
  /// shown as escapes.
  public var description: String {
    [
      "\(severity.rawValue): \(statement) [\(rule), \(location)]", "  why: \(cause)", "  try: \(remedy)",
    ].map(\.escapedForTerminal).joined(separator: "\n")
  }

  /// The first and last site, and the steps: "0 to 38, step 0".
  private var location: String {
    let when = steps.count == 1 ? "step \(steps.lowerBound)" : "steps \(steps.lowerBound)–\(steps.upperBound)"
    guard let first = sites.first, let last = sites.last else { return when }
    return "\(sites.count == 1 ? first : "\(first) to \(last)"), \(when)"
  }
}
