import RunFile

/// Something that a rule found in a run, with its evidence.
public struct Finding: Sendable, CustomStringConvertible {
  /// How grave a finding is.
  public enum Severity: String, Sendable, Comparable {
    /// Worth knowing.
    case note
    /// Something does not learn as it should.
    case warning
    /// Training is broken.
    case failure

    /// Whether one is less grave than the other.
    public static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }
    private var rank: Int { self == .note ? 0 : self == .warning ? 1 : 2 }
  }

  /// How grave it is.
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
  /// What it is held against.
  public let limit: Double
  /// Why that happens.
  public let cause: String
  /// What mends it.
  public let remedy: String
  /// Where the rule comes from.
  public let source: String

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

/// A pure function of a run: silent on a healthy one.
public protocol Rule: Sendable {
  /// As it is known in findings.
  var name: String { get }
  /// What the rule finds; throws where the run file can't be read.
  func findings(in run: RunEvidence) throws -> [Finding]
}

/// All rules, in the order in which they look.
public let rules: [any Rule] = [
  NonfiniteValues(), SkippedSteps(), VanishingGradient(), ExplodingGradient(), DeadUnits(),
]

/// What the rules find in a run, the gravest first. A run file that can't be read is a finding itself.
public func diagnose(_ run: Run) -> [Finding] {
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
