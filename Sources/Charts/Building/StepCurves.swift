import Foundation
import Plotting
import RunFile
import Support

/// One number per step as curves: a median per variant, and a thin line per seed.
struct StepCurves {
  private struct Curve {
    let variant: RunGroup
    let seeds: [(run: Run, steps: [Int], raw: [Double], smooth: [Double])]
    let statistics: SeedStatistics
  }

  private let curves: [Curve]
  private let weight: Double
  /// The final value that a curve's label states, by its name and a function of a run; nil where it states the last value.
  private let final: FinalValue?
  private let marked: StepLines

  /// A number that summarizes the end of a run, as in reports and verdicts.
  struct FinalValue {
    let name: String
    let of: (Run) -> Double?
  }

  /// The curves of a column of the table `step`, such as the loss; `what` is its name. Steps where it is nil are left out. Throws a
  /// `ChartError` where no step has a value.
  init(
    _ variants: [RunGroup], _ options: ChartOptions, _ what: String, final: @escaping (Run) -> Double?,
    _ value: (StepRow) -> Double?
  ) throws {
    try self.init(variants, options, what, final: FinalValue(name: "final \(what)", of: final)) { run in
      run.steps.compactMap { row in value(row).map { (row.step, $0) } }
    }
  }

  /// The curves of the values that `values` reads from each run, in order of steps. Throws a `ChartError` where there are none.
  init(
    _ variants: [RunGroup], _ options: ChartOptions, _ what: String, final: FinalValue? = nil,
    values: (Run) throws -> [(step: Int, value: Double)]
  ) throws {
    var longest = 0
    let tables = try variants.map { variant in
      try variant.runs.map { run in
        let shown = try values(run).filter { options.steps?.contains($0.step) ?? true }
        longest = max(longest, shown.count)
        return (run, shown.map(\.step), shown.map(\.value))
      }
    }
    guard longest > 0 else { throw ChartError.missing(what, in: variants.flatMap(\.runs)) }
    let weight = options.smoothing ?? suitableSmoothing(steps: longest)
    self.weight = weight
    let isCut = options.steps.map { shown in
      variants.contains { $0.runs.contains { run in run.steps.last.map { !shown.contains($0.step) } ?? false } }
    }
    // The final value of a run is that of its last steps, which are not among those shown.
    self.final = isCut == true ? nil : final
    let steps = tables.joined().flatMap { [$0.1.first, $0.1.last] }.compactMap { $0 }
    marked = StepLines(
      variants.flatMap { variant in
        StepLines(
          options.marks, of: variant.runs, named: variants.count > 1 ? variant.name : "",
          within: (steps.min() ?? 0)...(steps.max() ?? 0)
        ).lines
      })
    curves = zip(variants, tables).map { variant, table in
      let seeds = table.map { (run: $0.0, steps: $0.1, raw: $0.2, smooth: smoothed($0.2, weight: weight)) }
      return Curve(
        variant: variant, seeds: seeds, statistics: SeedStatistics(seeds.map { (steps: $0.steps, values: $0.smooth) }))
    }
  }

  /// A panel with the curves. Where `isLogarithmic` is nil, the axis is logarithmic if the values span more than a factor of 30.
  func panel(yTitle: String, isLogarithmic: Bool?, includes: [Double] = []) -> Panel {
    let shown = shown
    let isLogarithmic = isLogarithmic ?? (shown.lowest > 0 && shown.highest > 30 * shown.lowest)
    var behind: [any Mark] = [], bands: [any Mark] = [], thin: [any Mark] = [], bold: [any Mark] = []
    var panel = Panel(
      x: Axis(.integer, "step"),
      y: Axis(
        isLogarithmic ? .log : .linear, weight > 0 ? "\(yTitle), smoothed" : yTitle,
        includes: includes + [shown.lowest, shown.highest]))
    for curve in curves {
      let variant = curve.variant, color = variant.color, statistics = curve.statistics
      let isAlone = curve.seeds.count == 1
      for seed in curve.seeds {
        let x = seed.steps.map(Double.init)
        if weight > 0 {
          behind.append(LineMark(x: x, y: seed.raw, color: color.opacity(0.18), width: 0.75, dash: [], extends: false))
        }
        if !isAlone {
          thin.append(LineMark(x: x, y: seed.smooth, color: color.opacity(0.55), width: 0.9, dash: [], extends: false))
        }
      }
      let x = statistics.steps.map(Double.init)
      if !isAlone {
        bands.append(
          BandMark(x: x, lower: statistics.low, upper: statistics.high, color: color.opacity(0.16), extends: false))
      }
      let shape = DotShape.ofSeries(variant.index)
      bold.append(LineMark(x: x, y: statistics.median, color: color, width: 2.2, extends: false))
      let dots = dotIndices(of: x.count, series: variant.index)
      bold.append(
        DotMark(
          x: dots.map { x[$0] }, y: dots.map { statistics.median[$0] }, color: color, shape: shape, size: 8,
          extends: false))
      let end = statistics.median.last { $0.isFinite && (!isLogarithmic || $0 > 0) }
      panel.directLabels.append(
        DirectLabel(
          at: end, variant.name, detail: ending(of: curve), color: color, sample: .dottedLine(color.dash, shape),
          hasLeader: (statistics.median.last?.isFinite ?? false) && statistics.steps.last == lastStep))
      panel.annotations += failures(of: curve)
    }
    let peaks = curves.map { $0.seeds.flatMap(\.raw).filter(\.isFinite).max() ?? -.infinity }
    let cut = zip(curves, peaks).map { curve, peak in
      CutPoints(
        series: curve.seeds.map { ($0.steps, $0.raw) }, color: curve.variant.color, isLabelled: peak == peaks.max())
    }
    panel.marks = behind + bands + thin + bold + (weight > 0 ? cut : [])
    if !marked.lines.isEmpty {
      var marked = marked
      marked.isAtTop = beginsLow(isLogarithmic: isLogarithmic, includes: includes)
      panel.marks.append(marked)
    }
    // Labels stand outside of the frame, so curves may reach it.
    panel.x.isTight = true
    return panel
  }

  /// Whether the first third of the curves lies in the lower half of the axis, on average.
  private func beginsLow(isLogarithmic: Bool, includes: [Double]) -> Bool {
    func level(_ value: Double) -> Double { isLogarithmic ? log(value) : value }
    let ends = (includes + [shown.lowest, shown.highest]).map(level)
    let beginnings = curves.flatMap { curve in
      curve.statistics.median.prefix(max(1, curve.statistics.median.count / 3))
    }
    let levels = beginnings.map(level).filter(\.isFinite)
    guard let low = ends.min(), let high = ends.max(), !levels.isEmpty else { return false }
    return levels.reduce(0, +) / Double(levels.count) < (low + high) / 2
  }

  /// The last step of the longest curve.
  private var lastStep: Int { curves.compactMap(\.statistics.steps.last).max() ?? 0 }

  /// How to read the curves.
  var meaning: String {
    let counts = curves.map(\.seeds.count), most = counts.max() ?? 1
    guard most > 1 else { return "one seed each" }
    return
      "median of \(seedCount(curves.map(\.variant))); \(SeedStatistics.bandMeaning(seeds: most)); thin lines: seeds"
  }

  /// How the curves are smoothed; empty if they are not.
  var caption: String {
    let smoothing =
      "Smoothed seed by seed: debiased exponential moving average, weight \(formatFixed(weight, decimals: 3)); raw values faint"
      + (isCut ? ", a triangle where they leave the frame." : ".")
    return [
      weight > 0 ? smoothing : "", final.map { "\($0.name.capitalizedFirst): mean of a run's last 20 steps." } ?? "",
    ]
    .filter { !$0.isEmpty }.joined(separator: " ")
  }

  /// Whether a raw value may lie outside of the frame, which holds the smoothed ones.
  private var isCut: Bool {
    let shown = shown
    return curves.contains { curve in
      curve.seeds.contains { seed in
        seed.raw.contains { $0.isFinite && ($0 > shown.highest || $0 < shown.lowest) }
      }
    }
  }

  /// What the curves show, for the alternative text.
  var sentences: String {
    curves.map { curve in
      guard let first = curve.statistics.median.first(where: \.isFinite) else {
        return "\(curve.variant.name): never finite."
      }
      return "\(curve.variant.name): at first \(formatSignificant(first)); \(ending(of: curve))."
    }.joined(separator: " ") + marked.sentence
  }

  /// The range of the axis: that of the seeds that stay finite, since those that diverge would leave no room for them; of all seeds where
  /// none stays finite.
  private var shown: ValueRange {
    let seeds = curves.flatMap { $0.seeds.map(\.smooth) }
    let lasting = seeds.filter { values in values.allSatisfy(\.isFinite) }
    var span = ValueRange()
    for values in lasting.isEmpty ? seeds : lasting { span.include(values) }
    return span
  }

  /// The indices of points that are drawn as dots, by whose shape curves differ without colour. Different series have different indices.
  private func dotIndices(of count: Int, series: Int) -> [Int] {
    guard count > 16 else { return Array(0..<count) }
    let spacing = count / 8
    return Array(stride(from: spacing / 2 + series % 4 * spacing / 5, to: count, by: spacing))
  }

  /// The second line of a curve's label: the final value, or that it diverges.
  private func ending(of curve: Curve) -> String {
    let failed = divergence(of: curve, before: "")
    if !failed.isEmpty { return failed }
    let end = curve.statistics.steps.last ?? 0, suffix = end == lastStep ? "" : ", step \(end)"
    if let final {
      let values = curve.seeds.filter { !$0.raw.isEmpty }.compactMap { final.of($0.run) }.sorted()
      if !values.isEmpty { return "\(final.name) \(formatSignificant(quantile(0.5, ofSorted: values)))" + suffix }
    }
    guard let last = curve.statistics.median.last, last.isFinite else { return "" }
    return "last\(weight > 0 ? ", smoothed" : ""): \(formatSignificant(last))" + suffix
  }

  /// "2 of 3 seeds diverge", or nothing.
  private func divergence(of curve: Curve, before: String) -> String {
    let failed = curve.seeds.filter { seed in seed.raw.contains { !$0.isFinite } }.count
    guard failed > 0 else { return "" }
    if curve.seeds.count == 1 { return before + "diverges" }
    return before + "\(failed) of \(curve.seeds.count) seeds diverge\(failed == 1 ? "s" : "")"
  }

  /// A × at the last finite value of each seed that diverges; at the top for a seed that is never finite.
  private func failures(of curve: Curve) -> [Annotation] {
    let top = shown.highest.isFinite ? shown.highest : 1
    return
      curve.seeds.compactMap { seed in
        guard let index = seed.raw.firstIndex(where: { !$0.isFinite }) else { return nil }
        let value = index > 0 ? seed.smooth[index - 1] : top
        return Annotation(
          x: Double(seed.steps[max(index - 1, 0)]), y: value,
          text: "\(formatSignificant(seed.raw[index])), step \(seed.steps[index])",
          color: curve.variant.color)
      }
  }
}
