import Foundation
import MeanField
import Plotting
import RunFile
import Support

/// A quantity over depth at one step: the spread over a variant's seeds, and the factor a layer that fits it.
struct DepthProfile {
  let variant: Variant
  /// The step that is shown.
  let step: Int
  /// The layers with parameters, by depth.
  let depths: [Double]
  private let statistics: SeedStatistics
  private let fit: GeometricFit?
  /// The factor a layer that theory gives.
  private let prediction: Double?
  /// Sizes that theory gives, relative to the last layer's.
  private let theory: [Double]

  /// Nil where nothing is recorded at `step` or later at layers with parameters.
  init?(_ variant: Variant, _ quantity: LayerQuantity, step: Int, _ options: ChartOptions) throws {
    var series: [(steps: [Int], values: [Double])] = []
    var shown: Int?
    for run in variant.runs {
      guard let selection = try Self.selection(run, quantity, step, options),
        let column = selection.steps.firstIndex(where: { $0 >= step })
      else { continue }
      let width = selection.steps.count
      let rows = selection.rows.filter { !selection.isMissing($0, column) }
      // Sites that share a depth are one place on the axis: the last one that has parameters stands for it.
      let places = Dictionary(
        rows.map { (selection.matrix.sites[$0].depth, selection.values[$0 * width + column]) }, uniquingKeysWith: { $1 }
      )
      let depths = places.keys.sorted()
      series.append((depths, depths.map { places[$0]! }))
      shown = shown ?? selection.steps[column]
    }
    guard let shown, series.contains(where: { !$0.steps.isEmpty }) else { return nil }
    self.variant = variant
    self.step = shown
    statistics = SeedStatistics(series)
    depths = statistics.steps.map(Double.init)
    fit = GeometricFit(interiorOf: zip(depths, statistics.median).map { (depth: $0, value: $1) })
    let meta = variant.runs[0].meta
    prediction = meta["predicted_gradient_factor"].flatMap { Double($0) }.flatMap { $0 > 0 ? $0 : nil }
    let profile = (meta["predicted_gradient_profile"] ?? "").split(separator: " ").compactMap { Double($0) }
    if profile.count == depths.count {
      theory = profile
    } else if let prediction, let end = depths.last {
      theory = depths.map { [prediction] in pow(prediction, end - $0) }
    } else {
      theory = []
    }
  }

  /// What was recorded at a step, or else all there is.
  private static func selection(
    _ run: Run, _ quantity: LayerQuantity, _ step: Int, _ options: ChartOptions
  ) throws -> LayerSelection? {
    let isShown = options.steps?.contains(step) ?? true
    let there = isShown ? try run.layers([quantity], steps: step...step)[0] : nil
    return try there.flatMap { LayerSelection($0, options) { $0.parameters > 0 } }
      ?? LayerSelection(run.layers(quantity), options) { $0.parameters > 0 }
  }

  /// The factor in words, and what could not be drawn.
  var summary: [String] {
    var words: [String] = []
    if let fit {
      let quality = "R² \(formatFixed(fit.rSquared, decimals: 2))"
      // A level profile has no trend for R² to explain, and is no worse for it.
      words.append(
        "×\(formatSignificant(fit.factorPerLayer)) a layer, " + (fit.rSquared < 0.5 ? "no trend (\(quality))" : quality)
      )
    }
    if let prediction { words.append("theory: ×\(formatSignificant(prediction))") }
    let zeros = statistics.median.filter { $0 == 0 }.count, nonfinite = statistics.median.filter { !$0.isFinite }.count
    if zeros > 0 { words.append("zero in \(layers(zeros))") }
    if nonfinite > 0 { words.append("not finite in \(layers(nonfinite))") }
    return words
  }

  /// The median over seeds, a layer each.
  var median: [Double] { statistics.median }

  /// The mean logarithm of the median: how high the line lies.
  var level: Double {
    let logarithms = median.filter { $0 > 0 && $0.isFinite }.map { log($0) }
    return logarithms.isEmpty ? -.infinity : logarithms.reduce(0, +) / Double(logarithms.count)
  }

  /// The same as `summary`, as a sentence.
  var sentence: String { "\(variant.name): " + summary.joined(separator: "; ") + "." }

  var hasFit: Bool { fit != nil }
  /// Whether a line of theory is drawn.
  var hasTheory: Bool { fit != nil && !theory.isEmpty }

  func add(to panel: inout Panel) {
    let color = variant.color, shape = DotShape.ofSeries(variant.index)
    if variant.runs.count > 1 {
      panel.marks.append(BandMark(x: depths, lower: statistics.low, upper: statistics.high, color: color.opacity(0.18)))
    }
    panel.marks.append(LineMark(x: depths, y: statistics.median, color: color, width: 1.5))
    if depths.count <= 120 {
      panel.marks.append(DotMark(x: depths, y: statistics.median, color: color, shape: shape))
    }
    if let fit, hasTheory {
      let anchor = depths.count - 1 - GeometricFit.margin(of: depths.count)
      let scale = fit.value(at: depths[anchor]) / theory[anchor]
      panel.marks.append(LineMark(x: depths, y: theory.map { $0 * scale }, color: .text, width: 1.1, dash: [5, 5]))
    }
    panel.directLabels.append(
      DirectLabel(
        at: statistics.median.last { $0.isFinite && $0 > 0 }, variant.name, detail: summary.joined(separator: "\n"),
        color: color,
        sample: .dottedLine([], shape)))
  }

  private func layers(_ count: Int) -> String { count == 1 ? "1 layer" : "\(count) layers" }
}
