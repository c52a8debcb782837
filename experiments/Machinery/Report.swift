import Foundation
import Rheoscope

/// An experiment's results in words.
enum Report {
  /// A row a variant: medians over seeds, the range behind them.
  static func table(_ experiment: Experiment, _ results: Results) -> [String] {
    var rows = [["variant", "final loss", "test accuracy", "gradient a layer", "theory"]]
    for variant in experiment.variants {
      let trials = results.of(variant.name)
      let factors = trials.compactMap(\.gradientFactor)
      rows.append([
        variant.name, range(trials.map(\.finalLoss)), range(trials.map { $0.testAccuracy * 100 }, digits: 3, unit: " %"),
        factors.isEmpty ? "–" : "×" + range(factors), results.prediction(variant.name).map { "×" + brief($0) } ?? "–",
      ])
    }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max()! }
    return rows.enumerated().flatMap { index, row in
      let line = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "   ")
      return [line.trimmingCharacters(in: .whitespaces)]
        + (index == 0 ? [String(repeating: "─", count: widths.reduce(0, +) + 3 * (widths.count - 1))] : [])
    }
  }

  /// A line a claim, with what was measured and what was expected.
  static func lines(_ claims: [Claim]) -> [String] {
    claims.map { claim in
      switch claim.verdict {
      case .holds: "✓ \(claim.statement): \(range(claim.measured))"
      case .fails:
        "✗ \(claim.statement): \(range(claim.measured)), expected \(brief(claim.expected.lowerBound)) to \(brief(claim.expected.upperBound))"
      case .notJudged: "– \(claim.statement): not judged, \(claim.tooSmall ?? "nothing was measured")"
      }
    }
  }

  /// The median, and the range where there is one: “1.21 (1.15–1.30)”.
  static func range(_ values: [Double], digits: Int = 3, unit: String = "") -> String {
    guard !values.isEmpty else { return "–" }
    if values.contains(where: { !$0.isFinite }) {
      return "\(values.count { !$0.isFinite }) of \(values.count) not finite"
    }
    let sorted = values.sorted(), middle = sorted.count / 2
    let median = sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    let ends = (brief(sorted[0], digits: digits), brief(sorted[sorted.count - 1], digits: digits))
    return brief(median, digits: digits) + unit + (ends.0 == ends.1 ? "" : " (\(ends.0)–\(ends.1))")
  }
}
