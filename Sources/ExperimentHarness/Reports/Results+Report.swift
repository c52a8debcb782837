import Foundation
import Support

extension Results {
  /// One row per variant: medians over seeds with their intervals.
  package var table: String {
    let rows = rows
    return columns(rows) + (hidden > 0 ? "\n… and \(hidden) more" : "")
  }

  /// One line per claim, and behind them one line per claim of the literature that these trials don't show.
  package var verdicts: String {
    (judgements.inOrderOfKinds.map(\.line) + disagreements.map(\.judgement.disagreementLine)).joined(separator: "\n")
  }

  /// The largest number of variants that tables show.
  static let maximalRows = 30
  private var hidden: Int { max(0, variants.count - Self.maximalRows) }

  /// Headings and rows of the table.
  private var rows: [[String]] {
    [["variant"] + names]
      + variants.prefix(Self.maximalRows).map { variant in
        [variant.name] + names.map { interval($0, of: variant)?.text ?? "–" }
      }
  }

  /// The report, `report.md`. Throws a `RunFileError` where a run file can't be read.
  package func report(_ options: RunOptions) throws -> String {
    var rows = rows
    rows.insert(rows[0].map { _ in "---" }, at: 1)
    let seeds = settings.seeds
    let coverage = seeds > 1 ? ", the median of \(seeds) seeds; \(MedianInterval.meaning(seeds: seeds))" : ""
    let verification = options.verifyCommand.map {
      "`\($0)` runs the experiment again in a temporary folder and compares the measured numbers. "
    }
    return """
      # \(experiment.question)

      Experiment `\(experiment.name)` with \(settings.summary).

      \(variants.prefix(Self.maximalRows).map { "- **\($0.name)**: \($0.title)" }.joined(separator: "\n"))

      ## Measurements

      \(rows.map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n"))

      Each number is what a trial measured\(coverage).\(hidden > 0 ? " \(hidden) more variants are in `summary.json`." : "")

      ## Claims

      \(claims)

      \(literature)\(try diagnosis)## Figures

      \(experiment.figures.map { "![\($0.caption)](\($0.name).png)" }.joined(separator: "\n\n"))

      ## Reproduce

          \(options.command)

      \(verification ?? "")Version, processor and hashes are in `manifest.json`, all numbers in `summary.json`.

      """
  }

  /// The claims with what was measured, by kind.
  private var claims: String {
    let judgements = judgements
    let sections = Claim.Kind.allCases.map { kind in
      let lines = judgements.filter { $0.kind == kind }.map { judgement in
        """
        - \(judgement.verdict.sign) **\(judgement.verdict.name)**: \(judgement.statement). Measured \(judgement.measured), expected \
        \(judgement.expected.text)\(judgement.shareOfSeeds.map { "; \($0)" } ?? "")\
        \(judgement.verdict.reason.map { " (\($0))" } ?? "").\
        \(judgement.power.map { " Under a null that it must reject: \($0)." } ?? "")\
        \(judgement.otherSeeds.map { " \($0)." } ?? "") Source: \(judgement.source).
        """
      }
      return lines.isEmpty ? "" : "\(kind.meaning)\n\n\(lines.joined(separator: "\n"))"
    }
    return sections.filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  /// The section about claims of the literature; empty where there are none.
  private var literature: String {
    guard !disagreements.isEmpty else { return "" }
    let lines = disagreements.map { "- \($0.disagreementLine). Source: \($0.source). \($1)" }
    let agree = disagreements.contains { !$0.judgement.isDisagreement && $0.judgement.verdict.reason == nil }
    return "## Differences from the literature\n\n\(lines.joined(separator: "\n"))\n\n"
      + (agree ? "= marks claims that hold here, but not with many other seeds or settings.\n\n" : "")
  }
}

/// Rows as text in columns of equal width; the first row holds the headings.
package func columns(_ rows: [[String]]) -> String {
  let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max()! }
  return rows.map { row in
    let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
    return cells.joined(separator: "   ").trimmingCharacters(in: .whitespaces)
  }.joined(separator: "\n")
}
