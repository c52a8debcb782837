import Foundation

/// Writes a page that says in how many seeds each claim of several results holds, and what they came from. Throws where there are
/// no results.
public func writeTally(ofResultsIn folders: [String], command: String, to path: String) throws {
  let results = try folders.map { folder in
    (try Summary(path: "\(folder)/summary.json"), try Manifest(path: "\(folder)/manifest.json"))
  }
  let claims = results.flatMap(\.0.claims).filter { $0.held != nil }
  let short = claims.filter { 20 * $0.held! < 19 * $0.perSeed.count }
  let page = """
    # In how many seeds each claim holds

    Made by `\(command)` from the `summary.json` and `manifest.json` of each run. Of \(claims.count) claims that were judged \
    \(claims.count - short.count) hold in 19 of 20 seeds or more. Behind ≠ stands what the literature claims and these runs don't \
    show.

    \(results.map { section($0, $1) }.joined(separator: "\n\n"))

    """
  do { try Data(page.utf8).write(to: URL(filePath: path)) } catch {
    throw ExperimentError.notWritable(path: path, reason: error.localizedDescription)
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
  let expected = Expectation(lowest: claim.expectedLowest, highest: claim.expectedHighest), digits = expected.digits
  // A bar would end the cell.
  let statement = sign + claim.statement.replacing("|", with: "\\|")
  guard let held = claim.held, let spread = Spread(claim.perSeed) else {
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
