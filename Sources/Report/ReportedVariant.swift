import Diagnosis
import RunFile
import Support

/// The runs of one variant, and what a report says of them.
struct ReportedVariant {
  let name: String
  let runs: [Run]
  /// What was found, with the share of seeds where there are several.
  let findings: [(finding: Finding, share: String?)]
  /// Rows of the run files' table `meta`.
  let settings: [String: String]
  /// The final loss, the test accuracy and the gradient's factor per layer, over seeds, and what theory predicts for that.
  let finalLoss, accuracy, factor, predictedFactor: String
  /// The numbers of layers in the first run; nil if none are recorded.
  let layers: ReportedLayers?

  init(_ runs: [Run], name: String) throws {
    (self.runs, self.name) = (runs, name)
    findings = diagnose(runs.filter { !$0.steps.isEmpty }).map { found in
      (found.finding, runs.count > 1 ? "in \(found.count) of \(found.total) seeds" : nil)
    }
    // Those that the page shows elsewhere, or that say nothing of the variant.
    let left: Set<MetaKey> = [
      .format, .started, .finished, .experiment, .variant, .seed, .model, .command, .testAccuracy,
      .predictedGradientFactor,
      .predictedGradientProfile, "steps",
    ]
    settings = Dictionary(
      uniqueKeysWithValues: runs[0].meta.filter { !left.contains($0.key) }.map { ($0.key.rawValue, $0.value) })
    finalLoss = inWords(runs.filter { !$0.steps.isEmpty }.map(\.finalLoss))
    accuracy = inWords(runs.compactMap { $0.meta[.testAccuracy].flatMap(Double.init) })
    predictedFactor = inWords(runs.prefix(1).compactMap { $0.meta[.predictedGradientFactor].flatMap(Double.init) })
    factor = inWords(try runs.compactMap { try $0.summary().gradientFactor })
    layers = try ReportedLayers(runs[0], name: runs.count > 1 ? "\(name), seed \(runs[0].seed ?? 0)" : name)
  }
}

/// The median of numbers, with its interval.
private func inWords(_ values: [Double]) -> String { MedianInterval(values)?.text ?? "–" }
