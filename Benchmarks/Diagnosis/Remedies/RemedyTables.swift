import Rheoscope

/// The tables of remedies that were tried, in Markdown.
struct RemedyTables {
  let tries: [RemedyTry]

  /// How often the first finding's remedy closes half of the gap.
  func summary() -> String {
    func row(_ name: String, _ tries: [RemedyTry], _ goal: String) -> [String] {
      [name, "\(Share(hits: tries.count(where: \.closes), count: tries.count))", goal]
    }
    let tried = tries.filter { $0.means != .untried }
    return Tables.table(
      ["remedy of the first finding", "closes half of the gap to the healthy twin", "goal"],
      [
        row(RemedyTry.Means.applied.rawValue, tries.filter { $0.means == .applied }, ""),
        row(RemedyTry.Means.byHand.rawValue, tries.filter { $0.means == .byHand }, ""),
        row("both", tried, "≥ 80 %"),
        row("all programs whose fault is named, tried or not", tries, ""),
      ]) + "\n\nNot tried: " + untried()
  }

  /// The number of programs that were trained again with a remedy of this rule, and of those in which it closes half of the gap.
  func counts(of rule: String) -> (tried: Int, closed: Int) {
    let own = tries.map { tried in tried.attempts.filter { $0.rule == rule && $0.means != .untried } }
    return (own.count { !$0.isEmpty }, own.count { !$0.isEmpty && RemedyTry.most(of: $0) })
  }

  /// The rules whose first remedy a program can't try.
  private func untried() -> String {
    let rules = tries.filter { $0.means == .untried }.flatMap { Set($0.attempts.map(\.rule)) }
    return rules.isEmpty
      ? "none."
      : Set(rules).sorted().map { rule in "\(rule) \(rules.count { $0 == rule })" }.joined(separator: ", ") + "."
  }

  /// The same by fault, with what was tried.
  func perFault() -> String {
    Tables.table(
      ["fault", "applied", "closes", "by hand", "closes", "not tried", "remedies"],
      Fault.all.compactMap { fault in
        let all = tries.filter { $0.program.fault!.id == fault.id }
        guard !all.isEmpty else { return nil }
        func counts(_ means: RemedyTry.Means) -> [String] {
          let tried = all.filter { $0.means == means }
          return tried.isEmpty ? ["", ""] : ["\(tried.count)", "\(tried.count(where: \.closes))"]
        }
        let kinds = Set(all.flatMap(\.attempts).map { "\($0.rule): \($0.remedy)" }).sorted()
        return [fault.id] + counts(.applied) + counts(.byHand) + [counts(.untried)[0]]
          + [kinds.prefix(2).joined(separator: "; ") + (kinds.count > 2 ? "; …" : "")]
      })
  }

  /// The programs whose remedy does not close half of the gap.
  func misses() -> String {
    let missed = tries.filter { $0.means != .untried && !$0.closes }
    return "### Remedies that don't close half of the gap: \(missed.count)\n\n"
      + missed.map { tried in
        "- \(tried.program.name): "
          + tried.attempts.map { attempt in
            "\(attempt.rule), \(attempt.remedy): \(formatPlain(attempt.before)) → \(attempt.after.map { formatPlain($0) } ?? "not tried")"
              + ", twin \(formatPlain(attempt.twin))"
          }.joined(separator: "; ")
      }.joined(separator: "\n") + "\n"
  }
}
