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
    // An experiment may be among the results twice.
    let all = results.flatMap { result in result.summary.claims.map { (result.summary.experiment, $0) } }
    var known = Set<[String]>()
    let claims = all.filter { known.insert([$0, $1.statement]).inserted }.map { Judgement($1) }
      .filter { $0.interval != nil }
    let rows = Claim.Kind.allCases.map { kind in
      let ofKind = claims.filter { $0.kind == kind }
      let counts = Verdict.kinds.map { verdict in ofKind.count { $0.verdict.name == verdict.name } }
      return "| \(kind.plural) | \(ofKind.count) | \(counts.map(String.init).joined(separator: " | ")) |"
    }
    return """
      # In how many seeds each claim holds

      Written by `\(command)` from the `summary.json` and `manifest.json` of each run; the recorded numbers are judged by the claims \
      of this version. Each claim is counted once. ≠ marks claims of the literature that these runs don't show.

      | | claims | \(Verdict.kinds.map { "\($0.sign) \($0.name)" }.joined(separator: " | ")) |
      | --- | --- | --- | --- | --- |
      \(rows.joined(separator: "\n"))

      \(Claim.Kind.explanation) A finding that holds in 3 of 3 seeds holds in more than \(formatPlain(100 * SeedShare.lowerBound(held: 3, of: 3))) % of all seeds, in 20 of 20 in more than \
      \(formatPlain(100 * SeedShare.lowerBound(held: 20, of: 20))) % (95 % confidence).

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
      let profile = Profile(rawValue: manifest.profile), experiment.declares(settings)
    else { return self }
    let current = try experiment.settings(in: profile, recorded: settings, at: path)
    let trials = variants.flatMap { variant in
      current.seedNumbers.enumerated().map { Trial(variant, seed: $1, index: $0) }
    }
    let results = Results(experiment: experiment, settings: current, trials: trials, areRecorded: true)
    let before = Dictionary((claims + (disagreements ?? [])).map { ($0.statement, $0) }) { first, _ in first }
    func record(_ judgement: Judgement, why: String? = nil) -> ClaimRecord {
      let record = ClaimRecord(judgement, why: why)
      // Numbers made of curves and tables are not recorded.
      return record.held == nil || judgement.rejections.contains { $0.isRejected == nil }
        ? before[record.statement] ?? record
        : record
    }
    var summary = self
    summary.claims = results.judgements.map { record($0) }
    summary.disagreements = results.disagreements.map { record($0.judgement, why: $0.reason) }
    return summary
  }
}

/// The claims of one run, and where its results come from.
private func section(_ summary: Summary, _ manifest: Manifest) -> String {
  let kinds = Claim.Kind.allCases.map { kind in
    summary.claims.filter { Judgement($0).kind == kind }.map { row($0, sign: "") }
  }
  let rows = kinds.joined() + (summary.disagreements ?? []).map { row($0, sign: "≠ ") }
  return """
    ## \(summary.experiment)

    `\(manifest.command)` on \(manifest.processor), \(manifest.date ?? "date unknown"), \(Int(manifest.seconds.rounded())) seconds.

    | claim | kind | holds in | median (lowest to highest) | expected | under its nulls |
    | --- | --- | --- | --- | --- | --- |
    \(rows.joined(separator: "\n"))
    """
}

private func row(_ claim: ClaimRecord, sign: String) -> String {
  let judgement = Judgement(claim), expected = judgement.expected, digits = expected.digits
  // A bar would end the cell.
  func cell(_ text: String) -> String { text.replacing("|", with: "\\|") }
  let statement = "\(sign)\(cell(claim.statement)) | \(judgement.kind.rawValue)"
  guard let held = claim.held, let interval = judgement.interval else {
    return "| \(statement) | not judged: \(claim.reason ?? "?") | | \(expected.text) | |"
  }
  let (lowest, middle, highest) = (
    formatPlain(interval.lowest, digits: digits), formatPlain(interval.median, digits: digits),
    formatPlain(interval.highest, digits: digits)
  )
  let measured = lowest == highest ? middle : "\(middle) (\(lowest) to \(highest))"
  let share =
    switch judgement.judging {
    case .eachSeed: "\(held) of \(claim.perSeed.count)"
    case .interval:
      "\(held) of \(claim.perSeed.count), interval \(formatPlain(interval.low, digits: digits)) to \(formatPlain(interval.high, digits: digits))"
    case .allSeeds: "one number of all seeds"
    }
  let isMarked = judgement.verdict != .holds && sign.isEmpty
  let power = cell(judgement.power ?? "")
  return "| \(statement) | \(isMarked ? "**\(share)**" : share) | \(measured) | \(expected.text) | \(power) |"
}
