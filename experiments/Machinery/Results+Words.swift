import Foundation

extension Results {
  /// A row a variant: medians over seeds, and from where to where they run.
  package var table: String {
    let header = ["variant", "final loss", "test accuracy", "gradient × a layer", "predicted"]
    let rows = experiment.variants.map { variant in
      [
        variant.name,
        spread(values(of: variant, \.finalLoss)) { $0.isFinite ? String(format: "%.3f", $0) : significant($0) },
        spread(values(of: variant, \.testAccuracy)) { String(format: "%.1f %%", 100 * $0) },
        spread(values(of: variant, \.gradientFactor)) { significant($0) },
        variant.predictedGradientFactor(settings).map { significant($0) } ?? "–",
      ]
    }
    let all = [header] + rows
    let widths = header.indices.map { column in all.map { $0[column].count }.max()! }
    return all.map { row in
      let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
      return cells.joined(separator: "   ").trimmingCharacters(in: .whitespaces)
    }.joined(separator: "\n")
  }

  /// A line a claim.
  package var verdicts: String { judgements.map(\.line).joined(separator: "\n") }

  private func spread(_ values: [Double]?, _ word: (Double) -> String) -> String {
    guard let values else { return "–" }
    let middle = word(median(values))
    guard let low = values.min().map(word), let high = values.max().map(word), low != high else { return middle }
    return "\(middle) (\(low) to \(high))"
  }
}

extension Judgement {
  /// The claim, what was measured, and what was expected, in a line.
  var line: String {
    let found = "measured \(measured.map(significant) ?? "nothing"), expected \(range)"
    return switch verdict {
    case .holds: "✓ \(statement) (\(found))"
    case .fails: "✗ \(statement) (\(found))"
    case .notJudged(let reason): "– \(statement) (not judged: \(reason))"
    }
  }

  private var range: String {
    highest == .infinity
      ? "\(significant(lowest)) or more"
      : lowest <= 0 ? "at most \(significant(highest))" : "\(significant(lowest)) to \(significant(highest))"
  }
}

/// A number with three significant digits, or the word for what is none.
package func significant(_ number: Double) -> String {
  guard number.isFinite else { return number.isNaN ? "NaN" : number > 0 ? "∞" : "−∞" }
  let size = abs(number)
  if size != 0, size < 1e-3 || size >= 1e4 { return String(format: "%.2e", number) }
  let decimals = size == 0 ? 0 : max(0, 2 - Int(log10(size).rounded(.down)))
  return String(format: "%.\(decimals)f", number)
}
