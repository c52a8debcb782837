import ExperimentHarness
import Foundation
import Rheoscope
import Support

extension Tool {
  /// Prints what rules compare, their limits and sources, and how often the benchmark found them right: of the rule of this word, or a
  /// table of all for the word `all`.
  func explain(_ word: String, asJSON: Bool, typed words: [String]) throws {
    let rules = Command.explained.filter { word == "all" || Command.word(for: $0) == word }
    if asJSON {
      try answer(ExplanationRecord(rules), typed: words)
    } else {
      console.print(word == "all" ? Explanation.table(of: rules) : rules.map { Explanation(rule: $0).text }.joined())
    }
  }
}

extension Command {
  /// All rules, with those that are applied before training alone.
  static var explained: [any Rule] {
    let all = [any Rule].all, names = Set(all.map(\.name))
    return all + [any Rule].beforeTraining.filter { !names.contains($0.name) }
  }
}

/// What a rule compares, and what the benchmark measured of it.
private struct Explanation {
  let rule: any Rule

  var text: String {
    let limits = rule.limits.enumerated().map { ($0 == 0 ? "  limits: " : "          ") + $1.description }
    return
      (["\(rule.name)", "  \(rule.principle)"] + (limits.isEmpty ? ["  limits: none"] : limits)
      + (rule.source.isEmpty ? [] : ["  source: \(rule.source)"]) + rates.map { "  " + $0 }).joined(separator: "\n")
  }

  private var rates: [String] {
    guard let rate = rule.rate else {
      return ["not measured: the benchmark judges trainings, and this rule one pass before training"]
    }
    var lines: [String] = []
    if let sensitivity = rate.sensitivity {
      lines.append(
        "named in \(sensitivity.hits) of \(counted(sensitivity.count, "faulty run")): \(sensitivity)"
          + (rate.namedByOther > 0 ? "; in \(rate.namedByOther) more by another rule that states the same fault" : ""))
    } else {
      lines.append("not measured on faulty runs: no fault of the benchmark is this rule's")
    }
    if let alarms = rate.falseAlarmRate {
      lines.append("\(counted(alarms.hits, "false alarm")) in \(counted(alarms.count, "healthy run")): \(alarms)")
    }
    if let precision = rate.precision {
      lines.append(
        "right in \(precision.hits) of \(counted(precision.count, "run")) in which it was the first finding: \(precision)"
      )
    } else if rate.namedWrongly > 0 {
      lines.append("the first finding in \(counted(rate.namedWrongly, "run")) with a fault of other rules")
    }
    lines.append(
      rate.remedyEffect.map { "first remedy \($0.asEffect): \($0)" } ?? "first remedy not tried in the benchmark")
    return lines + [Self.benchmark]
  }

  /// What the rates come from.
  static let benchmark =
    "measured on \(RuleRate.faultyPrograms) programs with a fault and \(RuleRate.healthyPrograms) healthy ones, \(RuleRate.seeds) seeds each "
    + "(the benchmark's \(RuleRate.half) half); in parentheses 95 % intervals"

  static func table(of rules: [any Rule]) -> String {
    var rows = [
      [
        "rule", "named in faulty runs", "by another rule", "false alarms in healthy runs",
        "right where it is the first finding", "first remedy closes half of the gap",
      ]
    ]
    for rule in rules {
      func cell(_ share: Proportion?) -> String { share.map { "\($0.hits) of \($0.count): \($0)" } ?? "–" }
      let byOther = rule.rate.flatMap { $0.faulty > 0 ? "\($0.namedByOther)" : nil } ?? "–"
      rows.append([
        Command.word(for: rule), cell(rule.rate?.sensitivity), byOther, cell(rule.rate?.falseAlarmRate),
        cell(rule.rate?.precision), cell(rule.rate?.remedyEffect),
      ])
    }
    return columns(rows) + "\n\n" + benchmark
      + ";\nby another rule: the faulty runs of which another rule that states the same fault was the first finding"
      + ";\ngap: of the faulty program's loss, or what else the fault concerns, to that of the same program without the fault"
  }
}

/// What `diagnose --explain` tells, for programs.
private struct ExplanationRecord: Encodable {
  struct LimitRecord: Encodable {
    let name, side, unit: String
    let value: Double
  }

  struct RuleRecord: Encodable {
    let name, principle, source: String
    let limits: [LimitRecord]
    let sensitivity, falseAlarmRate, precision, remedyEffect: ShareRecord?
    let namedByOther: Int?

    init(_ rule: any Rule) {
      (name, principle, source) = (rule.name, rule.principle, rule.source)
      limits = rule.limits.map { LimitRecord(name: $0.name, side: $0.side.rawValue, unit: $0.unit, value: $0.value) }
      sensitivity = rule.rate?.sensitivity.map(ShareRecord.init)
      falseAlarmRate = rule.rate?.falseAlarmRate.map(ShareRecord.init)
      precision = rule.rate?.precision.map(ShareRecord.init)
      remedyEffect = rule.rate?.remedyEffect.map(ShareRecord.init)
      namedByOther = rule.rate?.namedByOther
    }
  }

  let half = RuleRate.half
  let faultyPrograms = RuleRate.faultyPrograms, healthyPrograms = RuleRate.healthyPrograms, seeds = RuleRate.seeds
  let rules: [RuleRecord]

  init(_ rules: [any Rule]) { self.rules = rules.map(RuleRecord.init) }
}
