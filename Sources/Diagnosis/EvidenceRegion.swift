import RunFile
import Support

/// The chart that shows a finding, and the part of it to draw.
public struct EvidenceRegion: Sendable, Hashable, CustomStringConvertible {
  /// The name of the chart, or of the measure.
  public let chart: String
  /// The steps of the finding and some around them; nil for all.
  public let steps: ClosedRange<Int>?
  /// A pattern for the layers around its sites, in which `**` is any number of components; nil for all.
  public let layers: String?

  /// The chart and its part as a phrase: "gradient-flow, steps 0 to 120, layers blocks.**".
  public var description: String {
    chart + (steps.map { ", steps \($0.lowerBound) to \($0.upperBound)" } ?? "")
      + (layers.map { ", layers \($0)" } ?? "")
  }
}

extension Finding {
  /// The charts whose rows or panels are layers.
  private static let layered = [
    "gradient-flow", "weight-gradients", "updates", "activations", "dead-and-saturated",
  ]

  /// The chart that shows the finding in its run, with the steps and the layers around it; nil where no chart does. It is the chart of the
  /// loss where the run lacks what the finding's own chart shows.
  public func evidence(in run: Run) -> EvidenceRegion? {
    guard var chart, let first = run.steps.first?.step, let last = run.steps.last?.step else { return nil }
    if !hasRecords(of: chart, in: run) { chart = "loss" }
    // A profile is drawn at the first step; curves and heatmaps show a change by what is before and after.
    let isProfile = chart == "gradient-profile", margin = max(20, steps.count, run.steps.count / 4)
    let low = isProfile ? max(first, steps.lowerBound) : max(first, steps.lowerBound - margin)
    let high = isProfile ? last : min(last, steps.upperBound + margin)
    return EvidenceRegion(
      chart: chart, steps: (low, high) == (first, last) || low > high ? nil : low...high,
      layers: Self.layered.contains(chart) ? layers(in: run) : nil)
  }

  /// Whether the run has what a chart shows, of charts whose records a run may lack.
  private func hasRecords(of chart: String, in run: Run) -> Bool {
    func has(_ quantity: LayerQuantity) -> Bool { (try? run.layers(quantity).grid.hasValues) ?? false }
    func has(_ quantity: WeightQuantity) -> Bool { (try? run.weights(quantity).grid.hasValues) ?? false }
    return switch chart {
    case "accuracy": run.steps.contains { $0.accuracy != nil }
    case "activations": has(.activationMean)
    case "dead-and-saturated": has(.zeroFraction)
    case "gradient-flow", "gradient-profile": has(.gradientRMS)
    case "updates", "update-ratio": has(.updateNorm)
    case "weight-gradients": has(.gradientNorm)
    default: true
    }
  }

  /// The innermost modules that hold all sites of the finding and at least three of the run; nil where these are all.
  private func layers(in run: Run) -> String? {
    var common = sites.commonModule
    while !common.isEmpty {
      let pattern = common.joined(separator: ".") + ".**", shown = PathPattern(pattern)
      let count = run.sites.count { shown.matches($0.path) }
      if count >= 3 { return count < run.sites.count ? pattern : nil }
      common.removeLast()
    }
    return nil
  }
}

extension Grid {
  fileprivate var hasValues: Bool { (0..<rowCount).contains { isRecorded(row: $0) } }
}
