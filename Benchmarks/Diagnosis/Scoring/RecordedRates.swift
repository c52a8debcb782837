import Rheoscope

extension Tables {
  /// Where `rateFile` belongs.
  static let ratePath = "Sources/Diagnosis/RuleRates.swift"

  /// The table of `RuleRate` as a Swift file, with a line per rule.
  func rateFile(_ remedies: RemedyTables, of half: Half, perFault: Int, seeds: Int) -> String {
    let runs = healthy.flatMap(\.trials)
    let faults = faulty.flatMap { judged in judged.counted.map { (names: judged.program.fault!.names, trial: $0) } }
    func first(_ trial: Trial) -> String { trial.verdict.statements.first?.rule ?? "" }
    let lines = [any Rule].all.map(\.name).map { rule in
      let own = faults.filter { $0.names.contains(rule) }
      let named = own.count { first($0.trial) == rule }
      let byOther = own.count { first($0.trial) != rule && $0.names.contains(first($0.trial)) }
      let alarms = runs.count { $0.verdict.statements.contains { $0.rule == rule } }
      let wrong = faults.count { !$0.names.contains(rule) && first($0.trial) == rule }
      let (tried, closed) = remedies.counts(of: rule)
      return
        "    \"\(rule)\": rate(\(own.count), named: \(named), byOther: \(byOther), alarms: \(alarms), wrong: \(wrong), "
        + "tried: \(tried), closed: \(closed)),\n"
    }
    return """
      // Written by `swift run -c release benchmarks diagnosis --half \(half.rawValue) --per-fault \(perFault) --record`. Don't edit it.

      extension RuleRate {
        /// The number of healthy runs of the benchmark.
        public static let healthyRuns = \(runs.count)
        /// The number of programs of the benchmark with a fault, of those without one, and of the seeds of each.
        public static let faultyPrograms = \(faulty.count), healthyPrograms = \(healthy.count), seeds = \(seeds)
        /// The half of its programs that was judged: `development`, by which limits are set, or `test`.
        public static let half = "\(half.rawValue)"

        static let table: [String: RuleRate] = [
      \(lines.joined())  ]

        private static func rate(
          _ faulty: Int, named: Int, byOther: Int, alarms: Int, wrong: Int, tried: Int, closed: Int
        ) -> RuleRate {
          RuleRate(
            faulty: faulty, named: named, namedByOther: byOther, falseAlarms: alarms, namedWrongly: wrong, tried: tried,
            closed: closed)
        }
      }

      """
  }
}
