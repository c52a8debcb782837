import Foundation
import Support

/// Writes `index.md` into a folder that holds the results of some of these experiments, each in a folder of its name: question,
/// verdicts and first figure of each, with links to the reports. Throws an `ExperimentError` where results can't be read or the page
/// can't be written.
package func writeIndex(of experiments: [Experiment], in folder: String) throws {
  let entries = try experiments.compactMap { try IndexEntry($0, in: folder) }
  let page = "twenty-seeds.md"
  let link =
    FileManager.default.fileExists(atPath: "\(folder)/\(page)")
    ? " In how many of twenty seeds each claim holds: [\(page)](\(page))." : ""
  let kinds = Claim.Kind.allCases.map(\.plural).joined(separator: " | ")
  let signs = IndexEntry.shortfalls.map { "\($0.sign) \($0.name)" }.joined(separator: " | ")
  let index = """
    # Experiments

    Each report names the command that reproduces it. A claim holds if it holds in 19 of 20 seeds, and so in all seeds if there are
    fewer. \(Claim.Kind.explanation)\(link)

    | experiment | question | \(kinds) | \(signs) | ≠ literature | seconds |
    | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
    \(entries.map { "| \($0.row) |" }.joined(separator: "\n"))

    \(entries.map(\.section).joined(separator: "\n\n"))

    """
  try write(Data(index.utf8), to: "\(folder)/index.md")
}

/// One experiment in the index, from the results of its run.
private struct IndexEntry {
  /// The verdicts of claims that do not hold.
  static let shortfalls: [Verdict] = [.fails, .notShown(""), .notJudged("")]

  private let experiment: Experiment
  private let judgements, disagreements: [Judgement]
  private let seconds: Double

  /// Nil where the folder has no results of the experiment.
  init?(_ experiment: Experiment, in folder: String) throws {
    let path = "\(folder)/\(experiment.name)"
    guard FileManager.default.fileExists(atPath: "\(path)/summary.json") else { return nil }
    let summary = try Summary(path: "\(path)/summary.json")
    self.experiment = experiment
    judgements = summary.claims.map { Judgement($0) }
    disagreements = (summary.disagreements ?? []).map { Judgement($0) }
    seconds = try Manifest(path: "\(path)/manifest.json").seconds
  }

  private var link: String { "[\(experiment.name)](\(experiment.name)/report.md)" }

  var row: String {
    let kinds = Claim.Kind.allCases.map { kind in
      let judged = judgements.filter { $0.kind == kind && $0.interval != nil }
      return judged.isEmpty ? "" : "\(judged.count { $0.verdict == .holds }) of \(judged.count)"
    }
    let counts =
      Self.shortfalls.map { verdict in judgements.count { $0.verdict.name == verdict.name } }
      + [disagreements.count(where: \.isDisagreement)]
    let cells = [link, experiment.question] + kinds + counts.map { $0 == 0 ? "" : "\($0)" }
    return (cells + [String(format: "%.1f", seconds)]).joined(separator: " | ")
  }

  var section: String {
    let lines = judgements.inOrderOfKinds.map(\.line) + disagreements.map(\.disagreementLine)
    let claims = lines.map { "- " + $0 }.joined(separator: "\n")
    let figure = experiment.figures.first.map { "\n\n![\($0.caption)](\(experiment.name)/\($0.name).png)" } ?? ""
    return "## \(link)\n\n\(experiment.question)\n\n\(claims)\(figure)"
  }
}
