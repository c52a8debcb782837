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
    let seconds = String(format: "%.1f", outcome.seconds)
    return (["[\(name)](\(name)/report.md)", outcome.experiment.question] + counts + [seconds]).joined(separator: " | ")
  }
  let sections = outcomes.map { outcome in
    let name = outcome.experiment.name
    let claims = outcome.judgements.map { "- " + $0.line }.joined(separator: "\n")
    let picture = outcome.experiment.pictures.first.map { "\n\n![\($0.caption)](\(name)/\($0.name).png)" } ?? ""
    return "## [\(name)](\(name)/report.md)\n\n\(outcome.experiment.question)\n\n\(claims)\(picture)"
  }
  let page = """
    # Experiments

    Made by `\(command)`, with the settings of the \(profile.rawValue) profile.

    | experiment | question | \(verdicts.map { "\($0.sign) \($0.name)" }.joined(separator: " | ")) | seconds |
    | --- | --- | --- | --- | --- | --- | --- |
    \(rows.map { "| \($0) |" }.joined(separator: "\n"))

    \(sections.joined(separator: "\n\n"))

    """
  try Data(page.utf8).write(to: URL(filePath: "\(folder)/index.md"))
}
