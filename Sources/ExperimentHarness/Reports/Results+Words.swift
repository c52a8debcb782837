extension Results {
  /// A row a variant: medians over seeds, and the interval.
  package var table: String {
    let rows = rows
    return columns(rows) + (hidden > 0 ? "\n… and \(hidden) more" : "")
  }

  /// A line a claim, and behind them a line for each of the literature's that is not so here.
  package var verdicts: String {
    (judgements.map(\.line) + disagreements.map(\.judgement.disagreementLine)).joined(separator: "\n")
  }

  /// How many variants tables show at most.
  private static let mostRows = 30
  private var hidden: Int { max(0, variants.count - Self.mostRows) }

  /// Heads and rows of the table.
  private var rows: [[String]] {
    [["variant"] + names]
      + variants.prefix(Self.mostRows).map { variant in
        [variant.name] + names.map { spread($0, of: variant)?.words ?? "–" }
      }
  }

  /// The page that a reader opens first.
  func report(_ options: RunOptions) -> String {
    var rows = rows
    rows.insert(rows[0].map { _ in "---" }, at: 1)
    let coverage =
      settings.seeds > 1 ? ", the median of \(settings.seeds) seeds; \(MedianInterval.meaning(settings.seeds))" : ""
    let claims = judgements.map { judgement in
      """
      - \(judgement.verdict.sign) **\(judgement.verdict.name)**: \(judgement.statement). Measured \(judgement.found), expected \
      \(judgement.expected.words)\(judgement.inSeeds.map { "; so \($0)" } ?? "")\
      \(judgement.verdict.reason.map { " (\($0))" } ?? ""). Source: \(judgement.source).
      """
    }
    let apart = disagreements.map { "- \($0.disagreementLine). Source: \($0.source). \($1)" }
    let asThere = disagreements.contains { !$0.judgement.isDisagreement && $0.judgement.verdict.reason == nil }
    let disagreement =
      apart.isEmpty
      ? ""
      : "## What differs from the literature\n\n\(apart.joined(separator: "\n"))\n\n"
        + (asThere
          ? "Behind = stands what these trials do show; too many with other seeds or settings do not.\n\n" : "")
    let verification =
      options.verification.isEmpty
      ? "" : "`\(options.verification)` runs it again in a temporary folder and compares what is measured. "
    let shown = experiment.pictures.map { "![\($0.caption)](\($0.name).png)" }
    return """
      # \(experiment.question)

      The experiment `\(experiment.name)`, with \(settings.sentence).

      \(variants.prefix(Self.mostRows).map { "- **\($0.name)**: \($0.title)" }.joined(separator: "\n"))

      ## What was measured

      \(rows.map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n"))

      A number is what a trial measured\(coverage).\(hidden > 0 ? " \(hidden) more variants are in `summary.json`." : "")

      ## What was claimed

      \(claims.joined(separator: "\n"))

      \(disagreement)## Pictures

      \(shown.joined(separator: "\n\n"))

      ## Again

          \(options.command)

      \(verification)Versions, processor and hashes are in `manifest.json`, all numbers in `summary.json`.

      """
  }
}

extension MedianInterval {
  /// What the intervals over so many seeds are, in words.
  fileprivate static func meaning(_ seeds: Int) -> String { MedianInterval((0..<seeds).map(Double.init))!.meaning }
}
