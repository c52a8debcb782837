/// How often a rule is right and its first remedy helps, as the diagnosis benchmark measured it: it trains hundreds of programs, with a
/// fault that it put in and without, counts the warnings and failures of each run, and trains faulty programs again with the remedy.
///
///     swift run -c release benchmarks diagnosis --record
///
/// The rates are those of nets and faults like the benchmark's, not of yours. Its runs are seeds of programs, so intervals, which take
/// runs as independent, are somewhat narrow.
public struct RuleRate: Sendable, Hashable {
  /// The number of runs with a fault that the rule states.
  public let faulty: Int
  /// The number of these of which it was the first finding.
  public let named: Int
  /// The number of these of which another rule that states the same fault was the first finding.
  public let namedByOther: Int
  /// The number of healthy runs in which it found a warning or a failure.
  public let falseAlarms: Int
  /// The number of runs with another fault of which it was the first finding.
  public let namedWrongly: Int
  /// The number of programs with its fault that were trained again with the first remedy of its finding.
  public let tried: Int
  /// The number of these in which the remedy closed at least half of the gap to the same training without the fault, in the outcome that the
  /// fault concerns, for two of three seeds.
  public let closed: Int

  /// What was measured of the rule of this name; nil if the benchmark has not applied it.
  public static func measured(_ rule: String) -> RuleRate? { table[rule] }

  /// The share of the runs with its fault of which it was the first finding; nil if there are none.
  public var sensitivity: Proportion? { faulty > 0 ? Proportion(named, of: faulty) : nil }

  /// The share of healthy runs in which it found a warning or a failure; nil if there are none.
  public var falseAlarmRate: Proportion? {
    Self.healthyRuns > 0 ? Proportion(falseAlarms, of: Self.healthyRuns) : nil
  }

  /// The share of the runs with its fault among those that it finds first, with all its false alarms; nil where the benchmark has no such
  /// fault, or the rule found nothing.
  public var precision: Proportion? {
    let found = named + falseAlarms + namedWrongly
    return faulty > 0 && found > 0 ? Proportion(named, of: found) : nil
  }

  /// The share of the programs tried in which its first remedy closed at least half of the gap to the same training without the fault; nil
  /// where none was tried, as where the remedy asks you to look.
  public var remedyEffect: Proportion? { tried > 0 ? Proportion(closed, of: tried) : nil }
}

extension Rule {
  /// What the diagnosis benchmark measured of this rule; nil if it has not applied it.
  public var rate: RuleRate? { RuleRate.measured(name) }
}
