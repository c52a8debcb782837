import Foundation
import Support

/// Writes a page that says in how many seeds each claim of several results holds, and what they came from. Throws where there are
/// no results.
///
/// Claims are those of this version, judged by the numbers that were recorded. One that is about curves or tables, which are not
/// recorded, keeps what became of it in the run.
public func writeTally(
  ofResultsIn folders: [String], of experiments: [Experiment], command: String, to path: String
) throws {
  let results = try folders.map { folder in
    let manifest = try Manifest(path: "\(folder)/manifest.json")
    return (try Summary(path: "\(folder)/summary.json").judgedAnew(manifest, by: experiments), manifest)
  }
  let claims = results.flatMap(\.0.claims).filter { $0.held != nil }
  let short = claims.filter { 20 * $0.held! < 19 * $0.perSeed.count }
  let page = """
    # In how many seeds each claim holds

    Made by `\(command)` from the `summary.json` and `manifest.json` of each run, whose numbers are judged by the claims of this \
    version. Of \(claims.count) claims that were judged \(claims.count - short.count) hold in 19 of 20 seeds or more. Behind ≠ stands \
    what the literature claims and these runs don't show.

    \(results.map { section($0, $1) }.joined(separator: "\n\n"))

    """
  do { try AtomicFile.write(Data(page.utf8), to: path) } catch {
    throw ExperimentError.notWritable(path: path, reason: error.reason)
  }
}

extension Summary {
  /// The same numbers, and what becomes of this version's claims of them; as it is where this version has no such experiment.
  fileprivate func judgedAnew(_ manifest: Manifest, by experiments: [Experiment]) -> Summary {
    guard let experiment = experiments.first(where: { $0.name == self.experiment }),
      let profile = Profile(rawValue: manifest.profile)
    else { return self }
    var now = experiment.settings(in: profile)
    guard Set(now.names) == Set(settings.keys) else { return self }
    for (name, value) in settings { now[name] = value }
    let trials = variants.flatMap { variant in (0..<now.seeds).map { Trial(variant, seed: $0) } }
    let results = Results(experiment: experiment, settings: now, trials: trials, areRecorded: true)
    let before = Dictionary((claims + (disagreements ?? [])).map { ($0.statement, $0) }) { first, _ in first }
    func claim(_ judgement: Judgement, why: String? = nil) -> Claim {
      let claim = Claim(judgement, why: why)
      return claim.held == nil ? before[claim.statement] ?? claim : claim
    }
    var summary = self
    summary.claims = results.judgements.map { claim($0) }
    summary.disagreements = results.disagreements.map { claim($0.judgement, why: $0.why) }
    return summary
  }
}

/// What became of the claims of one run, and what it was.
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

private func row(_ claim: Summary.Claim, sign: String) -> String {
  let judgement = Judgement(claim), expected = judgement.expected, digits = expected.digits
  // A bar would end the cell.
  let statement = sign + claim.statement.replacing("|", with: "\\|")
  guard let held = claim.held, let spread = judgement.spread else {
    return "| \(statement) | not judged: \(claim.reason ?? "?") | | \(expected.words) |"
  }
  let (lowest, middle, highest) = (
    significant(spread.lowest, digits: digits), significant(spread.median, digits: digits),
    significant(spread.highest, digits: digits)
  )
  let found = lowest == highest ? middle : "\(middle) (\(lowest) to \(highest))"
  let share = "\(held) of \(claim.perSeed.count)", isShort = 20 * held < 19 * claim.perSeed.count && sign.isEmpty
  return "| \(statement) | \(isShort ? "**\(share)**" : share) | \(found) | \(expected.words) |"
}
