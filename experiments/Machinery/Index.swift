import Foundation

/// Writes `index.md` into a folder that holds the results of several experiments: what each asked and what became of its
/// claims, with links to the reports.
public func writeIndex(of outcomes: [Outcome], _ profile: Profile, command: String, to folder: String) throws {
  let verdicts: [Verdict] = [.holds, .fails, .notShown, .notJudged("")]
  let rows = outcomes.map { outcome in
    let name = outcome.experiment.name
    let counts = verdicts.map { verdict in
      let count = outcome.judgements.count { $0.verdict.name == verdict.name }
      return count == 0 ? "" : "\(count)"
    }
    let apart = outcome.disagreements.count(where: \.isDisagreement)
    let seconds = String(format: "%.1f", outcome.seconds)
    return
      (["[\(name)](\(name)/report.md)", outcome.experiment.question] + counts + [apart == 0 ? "" : "\(apart)", seconds])
      .joined(separator: " | ")
  }
  let sections = outcomes.map { outcome in
    let name = outcome.experiment.name
    let lines = outcome.judgements.map(\.line) + outcome.disagreements.map(\.disagreementLine)
    let claims = lines.map { "- " + $0 }.joined(separator: "\n")
    let picture = outcome.experiment.pictures.first.map { "\n\n![\($0.caption)](\(name)/\($0.name).png)" } ?? ""
    return "## [\(name)](\(name)/report.md)\n\n\(outcome.experiment.question)\n\n\(claims)\(picture)"
  }
  let tally = "twenty-seeds.md"
  let tallied =
    FileManager.default.fileExists(atPath: "\(folder)/\(tally)")
    ? " In how many of twenty each does: [\(tally)](\(tally))." : ""
  let page = """
    # Experiments

    Made by `\(command)`, with the settings of the \(profile.rawValue) profile. A claim holds if it does in 19 of 20 seeds, and so in
    all of fewer.\(tallied)

    | experiment | question | \(verdicts.map { "\($0.sign) \($0.name)" }.joined(separator: " | ")) | ≠ literature | seconds |
    | --- | --- | --- | --- | --- | --- | --- | --- |
    \(rows.map { "| \($0) |" }.joined(separator: "\n"))

    \(sections.joined(separator: "\n\n"))

    """
  try Data(page.utf8).write(to: URL(filePath: "\(folder)/index.md"))
}
