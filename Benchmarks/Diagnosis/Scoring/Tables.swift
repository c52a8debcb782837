import Foundation
import Rheoscope

/// The tables of the benchmark, in Markdown.
struct Tables {
  let judged: [Judged]

  var faulty: [Judged] { judged.filter { $0.label == .faulty } }
  var healthy: [Judged] { judged.filter { $0.label == .healthy } }

  /// The faults with what they concern, stated before any run.
  static func faults() -> String {
    table(
      ["fault", "rules that name it", "injected", "outcome", "margin", "strengths"],
      Fault.all.map { fault in
        [
          fault.id, fault.names.joined(separator: ", "), fault.about, fault.outcome.rawValue,
          formatShortest(fault.margin),
          fault.strengths.map { formatShortest($0) }.joined(separator: " "),
        ]
      })
  }

  /// Detection, naming and false alarms.
  func summary() -> String {
    let faulty = faulty, healthy = healthy
    let sited = faulty.compactMap(\.hasRightSite), named = faulty.filter(\.isNamed).compactMap(\.hasRightSite)
    let runs = healthy.flatMap(\.trials)
    return Self.table(
      ["", "measured", "goal"],
      [
        ["fault detected", "\(Share(hits: faulty.count(where: \.isFlagged), count: faulty.count))", "≥ 97 %"],
        [
          "named right as the first finding", "\(Share(hits: faulty.count(where: \.isNamed), count: faulty.count))",
          "≥ 92 %",
        ],
        [
          "layer right as well, where the fault has one", "\(Share(hits: sited.count { $0 }, count: sited.count))",
          "≥ 92 %",
        ],
        ["the same where it is named", "\(Share(hits: named.count { $0 }, count: named.count))", ""],
        [
          "healthy programs with a warning or failure",
          "\(Share(hits: healthy.count(where: \.isFlagged), count: healthy.count))", "≤ 2 %",
        ],
        [
          "healthy runs with a warning or failure",
          "\(Share(hits: runs.count { !$0.verdict.statements.isEmpty }, count: runs.count))", "",
        ],
      ])
  }

  /// The tools in one table.
  func comparison() -> String {
    func row(_ name: String, _ verdict: (Trial) -> Trial.Verdict) -> [String] {
      func isFlagged(_ judged: Judged) -> Bool { judged.most { !verdict($0).statements.isEmpty } }
      let detected = Share(hits: faulty.count(where: isFlagged), count: faulty.count)
      let alarms = Share(hits: healthy.count(where: isFlagged), count: healthy.count)
      let named = faulty.count { judged in
        judged.most { trial in verdict(trial).statements.contains { judged.program.fault!.names.contains($0.rule) } }
      }
      return [name, "\(detected)", "\(Share(hits: named, count: faulty.count))", "\(alarms)", detected.minus(alarms)]
    }
    return Self.table(
      ["rules", "detected", "named in any finding", "false alarms", "recall − false alarms, % (95 %)"],
      [row("Rheoscope") { $0.verdict }]
        + Baseline.all.indices.map { index in row(Baseline.all[index].name) { $0.baselines[index] } })
  }

  /// Recall per fault, and what else was said first.
  func perFault() -> String {
    Self.table(
      ["fault", "faulty", "detected", "named", "layer", "first findings", "counted as healthy", "of these flagged"],
      Fault.all.compactMap { fault in
        let all = judged.filter { $0.program.fault?.id == fault.id }, faulty = all.filter { $0.label == .faulty }
        guard !all.isEmpty else { return nil }
        let sited = faulty.compactMap(\.hasRightSite), weak = all.filter { $0.label == .healthy }
        let rules = Dictionary(grouping: faulty, by: \.firstRule).map { ($0.key, $0.value.count) }.sorted {
          ($1.1, $0.0) < ($0.1, $1.0)
        }
        return [
          fault.id, "\(faulty.count)", "\(faulty.count(where: \.isFlagged))", "\(faulty.count(where: \.isNamed))",
          sited.isEmpty ? "–" : "\(sited.count { $0 })",
          rules.map { "\($0.0) \($0.1)" }.joined(separator: ", "),
          "\(weak.count)", weak.isEmpty ? "" : "\(weak.count(where: \.isFlagged))",
        ]
      })
  }

  /// Precision per rule: how often a first finding is right.
  func perRule() -> String {
    let labelled = faulty + healthy
    let rules = Set(labelled.filter(\.isFlagged).map(\.firstRule)).subtracting(["nothing"]).sorted()
    return Self.table(
      ["rule as first finding", "right", "faulty, other cause", "its own fault, but harmless", "healthy", "precision"],
      rules.map { rule in
        let found = labelled.filter { $0.isFlagged && $0.firstRule == rule }
        let right = found.count { $0.label == .faulty && $0.isNamed }
        let harmless = found.count { $0.label == .healthy && $0.program.fault?.names.contains(rule) ?? false }
        let faulty = found.count { $0.label == .faulty } - right
        return [
          rule, "\(right)", "\(faulty)", "\(harmless)", "\(found.count - right - faulty - harmless)",
          "\(Share(hits: right, count: found.count))",
        ]
      })
  }

  /// What was missed, named wrong or put at the wrong layer, and what was said of healthy programs.
  func misses() -> String {
    func list(_ title: String, _ found: [Judged], _ text: (Judged) -> String) -> String {
      "### \(title): \(found.count)\n\n"
        + found.map { "- \($0.program.name): \(text($0))" }.joined(separator: "\n") + "\n"
    }
    func outcomes(_ judged: Judged) -> String {
      "\(judged.program.fault?.outcome.rawValue ?? "training loss") \(formatPlain(judged.outcome))"
        + (judged.twinOutcome.isNaN ? "" : ", twin \(formatPlain(judged.twinOutcome))")
    }
    func words(_ judged: Judged) -> String {
      let said = judged.counted.map(\.verdict.statements)
      guard
        let statements = said.first(where: { $0.first?.rule == judged.firstRule })
          ?? said.first(where: { !$0.isEmpty }),
        let first = statements.first
      else { return "nothing" }
      let others = statements.dropFirst().map(\.rule)
      return "\(judged.said); “\(first.text)”" + (first.sites.first.map { " at \($0)" } ?? "")
        + (others.isEmpty ? "" : "; then \(others.joined(separator: ", "))")
    }
    return [
      list("Not detected", faulty.filter { !$0.isFlagged }) { outcomes($0) },
      list("Named wrong", faulty.filter { $0.isFlagged && !$0.isNamed }) { "\(words($0)); \(outcomes($0))" },
      list("Wrong layer", faulty.filter { $0.isNamed && $0.hasRightSite == false }) {
        "\(words($0)); at fault \(Array(Set($0.counted.flatMap(\.sites))).sorted().prefix(3))"
      },
      list("False alarms", healthy.filter(\.isFlagged)) { "\(words($0)); \(outcomes($0))" },
      list(
        "Without a label, since the twin or the program itself does not learn",
        judged.filter { $0.label == .unlabelled }
      ) { outcomes($0) + "; \($0.said)" },
    ].joined(separator: "\n")
  }

  static func table(_ head: [String], _ rows: [[String]]) -> String {
    let lines = [head, head.map { _ in "---" }] + rows
    return lines.map { "| " + $0.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |" }.joined(
      separator: "\n")
  }
}
