import Foundation
import Support

/// In how many seeds each claim of several results holds.
///
/// Claims are those of this version, judged by the recorded numbers. Claims about curves or tables, which are not recorded, keep the
/// verdict of the run.
package struct ClaimSummary {
  private let results: [(summary: Summary, manifest: Manifest)]
  private let command: String

  /// The claims of the results in these folders. `command` is the command line that the page names as its origin. Throws an
  /// `ExperimentError` where a folder holds no results, or results that can't be read.
  package init(ofResultsIn folders: [String], of experiments: [Experiment], command: String) throws {
    results = try folders.map { folder in
      try Publication.completeAll(in: folder)
      let manifest = try Manifest(path: "\(folder)/manifest.json"), path = "\(folder)/summary.json"
      let summary = try Summary(path: path)
      try summary.check(against: manifest, at: path)
      return (try summary.judgedAgain(manifest, by: experiments, at: path), manifest)
    }
    self.command = command
  }

  /// The claims as a page in Markdown.
  package var page: String {
    let claims = results.flatMap(\.summary.claims).filter { $0.held != nil }
    let holding = claims.count { 20 * $0.held! >= 19 * $0.perSeed.count }
    return """
      # In how many seeds each claim holds

      Written by `\(command)` from the `summary.json` and `manifest.json` of each run; the recorded numbers are judged by the claims \
      of this version. Of \(counted(claims.count, "judged claim")), \(holding) hold in 19 of 20 seeds or more. ≠ marks claims of the \
      literature that these runs don't show.

      \(results.map { section($0.summary, $0.manifest) }.joined(separator: "\n\n"))

      """
  }

  /// Writes the page. Throws an `ExperimentError` where that is not possible.
  package func write(to path: String) throws {
    try ExperimentHarness.write(Data(page.utf8), to: path)
  }
}

extension Summary {
  /// The same numbers with verdicts on this version's claims; unchanged where this version has no such experiment.
  fileprivate func judgedAgain(_ manifest: Manifest, by experiments: [Experiment], at path: String) throws -> Summary {
    guard let experiment = experiments.first(where: { $0.name == self.experiment }),
      let profile = Profile(rawValue: manifest.profile),
      Set(experiment.settings.map(\.name)) == Set(settings.keys)
    else { return self }
    let current = try experiment.settings(in: profile, recorded: settings, at: path)
    let trials = variants.flatMap { variant in (0..<current.seeds).map { Trial(variant, seed: $0) } }
    let results = Results(experiment: experiment, settings: current, trials: trials, areRecorded: true)
    let before = Dictionary((claims + (disagreements ?? [])).map { ($0.statement, $0) }) { first, _ in first }
    func record(_ judgement: Judgement, why: String? = nil) -> ClaimRecord {
      let record = ClaimRecord(judgement, why: why)
      return record.held == nil ? before[record.statement] ?? record : record
    }
    var summary = self
    summary.claims = results.judgements.map { record($0) }
    summary.disagreements = results.disagreements.map { record($0.judgement, why: $0.reason) }
    return summary
  }
}

/// The claims of one run, and where its results come from.
private func section(_ summary: Summary, _ manifest: Manifest) -> String {
  let rows =
    summary.claims.map { row($0, sign: "") } + (summary.disagreements ?? []).map { row($0, sign: "≠ ") }
  return """
    ## \(summary.experiment)

    `\(manifest.command)` on \(manifest.processor), \(manifest.date ?? "date unknown"), \(Int(manifest.seconds.rounded())) seconds.

    | claim | holds in | median (lowest to highest) | expected |
    | --- | --- | --- | --- |
    \(rows.joined(separator: "\n"))
    """
}

private func row(_ claim: ClaimRecord, sign: String) -> String {
  let judgement = Judgement(claim), expected = judgement.expected, digits = expected.digits
  // A bar would end the cell.
  let statement = sign + claim.statement.replacing("|", with: "\\|")
  guard let held = claim.held, let interval = judgement.interval else {
    return "| \(statement) | not judged: \(claim.reason ?? "?") | | \(expected.text) |"
  }
  let (lowest, middle, highest) = (
    formatPlain(interval.lowest, digits: digits), formatPlain(interval.median, digits: digits),
    formatPlain(interval.highest, digits: digits)
  )
  let measured = lowest == highest ? middle : "\(middle) (\(lowest) to \(highest))"
  let share = "\(held) of \(claim.perSeed.count)", isShort = 20 * held < 19 * claim.perSeed.count && sign.isEmpty
  return "| \(statement) | \(isShort ? "**\(share)**" : share) | \(measured) | \(expected.text) |"
}
