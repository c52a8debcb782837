import RunFile
import Support

extension Finding {
  /// The finding as an item of a Markdown list. With its run it names the chart that shows it; `count` and `total` are the numbers of seeds
  /// that have it and of all, where there are several.
  package func markdown(in run: Run?, count: Int = 1, total: Int = 1) -> String {
    func item(_ name: String, _ text: String) -> String { "  \(name): \(text.escapedForMarkdown)  " }
    var lines = ["- **\("\(rule), \(severity.rawValue)".escapedForMarkdown)**: \(statement.escapedForMarkdown)  "]
    if total > 1 { lines.append("  In \(count) of \(total) seeds  ") }
    if let follows { lines.append(item("Follows from", follows)) }
    if !sites.isEmpty { lines.append(item("Where", listed(sites, first: 5))) }
    lines.append("  Since: step \(steps.lowerBound)  ")
    lines.append(
      "  Measured: \(formatPlain(measured)) (limit \(formatPlain(limit)))"
        + (unit.isEmpty ? "" : " \(unit.escapedForMarkdown)") + "  ")
    lines.append(item("Why", cause))
    if let confidence { lines.append(item("Confidence", confidence.inBenchmark)) }
    if let region = run.flatMap({ evidence(in: $0) }) { lines.append(item("Chart", "\(region)")) }
    if !source.isEmpty { lines.append(item("Source", source)) }
    for remedy in remediesWithEffect { lines.append("  - \(remedy.escapedForMarkdown)") }
    return lines.joined(separator: "\n")
  }
}

/// The findings in runs that differ in their seed alone as a Markdown list, each rule once; those of a single run all.
package func markdownList(of findings: [[Finding]], in runs: [Run]) -> String {
  if findings.allSatisfy(\.isEmpty) { return "Nothing wrong found.\n" }
  let items =
    runs.count == 1
    ? findings[0].map { $0.markdown(in: runs[0]) }
    : joint(findings).map { $0.finding.markdown(in: runs[$0.run], count: $0.count, total: $0.total) }
  return items.joined(separator: "\n") + "\n"
}
