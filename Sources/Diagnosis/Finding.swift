import RunFile

/// Something that a rule found in a run, with its evidence.
public struct Finding: Sendable, CustomStringConvertible {
  /// How severe a finding is.
  public enum Severity: String, Sendable, Comparable {
    /// Worth knowing.
    case note
    /// Something does not learn as it should.
    case warning
    /// Training is broken.
    case failure

    /// Whether one is less severe than the other.
    public static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }
    private var rank: Int { self == .note ? 0 : self == .warning ? 1 : 2 }
  }

  /// How severe it is.
  public let severity: Severity
  /// The name of the rule.
  public let rule: String
  /// What is wrong, in a sentence.
  public let statement: String
  /// The paths of the sites concerned, input first.
  public let sites: [String]
  /// When it was so.
  public let steps: ClosedRange<Int>
  /// What was measured.
  public let measured: Double
  /// The limit that it is compared with.
  public let limit: Double
  /// Why that happens.
  public let cause: String
  /// What fixes it.
  public let remedy: String
  /// Where the rule comes from.
  public let source: String

  /// A finding with its evidence; `sites` are paths, input first.
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

  /// The finding in three lines.
  public var description: String {
    """
    \(severity.rawValue): \(statement) [\(rule), \(place)]
      why: \(cause)
      try: \(remedy)
    """
  }

  private var place: String {
    let when = steps.count == 1 ? "step \(steps.lowerBound)" : "steps \(steps.lowerBound)–\(steps.upperBound)"
    guard let first = sites.first, let last = sites.last else { return when }
    return "\(sites.count == 1 ? first : "\(first) to \(last)"), \(when)"
  }
}
