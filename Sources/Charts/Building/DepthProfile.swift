import Foundation
import Plotting
import RunFile
import Support

/// The gradient profiles of a variant's seeds: median, band and factor per layer.
struct DepthProfile {
  let variant: RunGroup
  /// The profiles of the seeds that have one.
  private let profiles: [GradientProfile]
  /// The positions along the axis.
  let depths: [Double]
  private let statistics: SeedStatistics
  /// The factor per layer that theory predicts.
  private let prediction: Double?
  /// The profile that theory predicts, relative to the last layer's value.
  private let theory: [Double]

  /// The profiles at the first recorded step from `step` on, or where it is nil at the first step that was taken; nil where no gradient
  /// is recorded.
  init?(_ variant: RunGroup, step: Int?, _ options: ChartOptions) throws {
    let start = options.steps.map { max($0.lowerBound, step ?? 0) } ?? step
    profiles = try variant.runs.compactMap { run in
      try GradientProfile.of(run, at: start, where: { options.shows(layer: $0.path) })
    }.filter { options.steps?.contains($0.step) ?? true }
    guard !profiles.isEmpty else { return nil }
    self.variant = variant
    statistics = SeedStatistics(profiles.map { (steps: $0.points.map(\.position), values: $0.points.map(\.value)) })
    depths = statistics.steps.map(Double.init)
    let meta = variant.runs[0].meta
    prediction = meta[.predictedGradientFactor].flatMap { Double($0) }.flatMap { $0 > 0 ? $0 : nil }
    let predicted = (meta[.predictedGradientProfile] ?? "").split(separator: " ").compactMap { Double($0) }
    if predicted.count == depths.count {
      theory = predicted
    } else if let prediction, let end = depths.last {
      theory = depths.map { [prediction] in pow(prediction, end - $0) }
    } else {
      theory = []
    }
  }

  /// The step that is shown.
  var step: Int { profiles[0].step }
  /// What the profile goes along.
  var axis: GradientProfile.Axis { profiles[0].axis }
  /// The title of the horizontal axis: what a point is.
  var axisTitle: String {
    switch axis {
    case .depth: "layer"
    case .calls(let module): "call of \(module.isEmpty ? "the model" : module)"
    }
  }
  /// The median over seeds of the factor per layer or per call; nil where no seed has one.
  var factor: Double? { median(\.factor) }

  private func median(_ value: (GradientProfile) -> Double?) -> Double? {
    let values = profiles.compactMap(value).sorted()
    return values.isEmpty ? nil : quantile(0.5, ofSorted: values)
  }

  /// The factor, and the number of points without a position on the axis.
  var summary: [String] {
    var parts: [String] = []
    if let factor, let rSquared = median({ $0.fit?.rSquared }) {
      let quality = "R² \(formatFixed(rSquared, decimals: 2))"
      // A constant profile has an R² near 0, since there is no trend to explain.
      parts.append(
        "×\(formatSignificant(factor)) per \(axis.unit), " + (rSquared < 0.5 ? "no trend (\(quality))" : quality))
    }
    if let prediction { parts.append("theory: ×\(formatSignificant(prediction))") }
    let zeros = statistics.median.filter { $0 == 0 }.count, nonfinite = statistics.median.filter { !$0.isFinite }.count
    if zeros > 0 { parts.append("zero in \(counted(zeros, axis.unit))") }
    if nonfinite > 0 { parts.append("not finite in \(counted(nonfinite, axis.unit))") }
    return parts
  }

  /// The median over seeds at each position.
  var median: [Double] { statistics.median }

  /// The mean logarithm of the median, by which lines are ordered.
  var level: Double {
    let logarithms = median.filter { $0 > 0 && $0.isFinite }.map { log($0) }
    return logarithms.isEmpty ? -.infinity : logarithms.reduce(0, +) / Double(logarithms.count)
  }

  /// The same as `summary`, as a sentence.
  var sentence: String { "\(variant.name): " + summary.joined(separator: "; ") + "." }

  var hasFit: Bool { factor != nil }
  /// Whether a line of theory is drawn.
  var hasTheory: Bool { anchor != nil }

  /// Where theory meets the median: the interior point nearest the output.
  private var anchor: Int? {
    let index = depths.count - 1 - GeometricFit.margin(of: depths.count)
    return !theory.isEmpty && median[index] > 0 && median[index].isFinite ? index : nil
  }

  func add(to panel: inout Panel) {
    let color = variant.color, shape = DotShape.ofSeries(variant.index)
    if variant.runs.count > 1 {
      panel.marks.append(BandMark(x: depths, lower: statistics.low, upper: statistics.high, color: color.opacity(0.18)))
    }
    panel.marks.append(LineMark(x: depths, y: statistics.median, color: color, width: 1.5))
    if depths.count <= 120 {
      panel.marks.append(DotMark(x: depths, y: statistics.median, color: color, shape: shape))
    }
    if let anchor {
      let scale = median[anchor] / theory[anchor]
      panel.marks.append(LineMark(x: depths, y: theory.map { $0 * scale }, color: .text, width: 1.1, dash: [5, 5]))
    }
    panel.directLabels.append(
      DirectLabel(
        at: statistics.median.last { $0.isFinite && $0 > 0 }, variant.name, detail: summary.joined(separator: "\n"),
        color: color,
        sample: .dottedLine(color.dash, shape)))
  }
}

extension DepthProfile {
  /// The profiles of all variants of the runs, the largest number of seeds of one, and the steps in words. Throws a `ChartError` where no
  /// gradient is recorded.
  static func all(
    of runs: [Run], step: Int?, _ options: ChartOptions
  ) throws -> (profiles: [DepthProfile], seeds: Int, steps: String) {
    let profiles = try RunGroup.all(of: runs).compactMap { try DepthProfile($0, step: step, options) }
    guard !profiles.isEmpty else { throw ChartError.missing(LayerQuantity.gradientRMS.label, in: runs) }
    return (
      profiles, profiles.map(\.variant.runs.count).max()!,
      Set(profiles.map(\.step)).sorted().map { "\($0)" }.joined(separator: " and ")
    )
  }
}
