import Plotting
import RunFile

extension Chart {
  /// Heatmaps of fractions, layers × steps: of units that are zero for all samples (the measure `dead_fraction`), of activations that are
  /// zero, and of activations in the flat part of their nonlinearity. There is one row of panels per recorded fraction, and one column
  /// per variant, which shows its first seed; where a variant lacks a fraction, its panel is "not recorded".
  ///
  /// It shows sites without weights only, since outputs of layers with weights are rarely exactly zero. Throws a `ChartError` where none
  /// of the fractions is recorded.
  public static func deadAndSaturated(of source: some RunSource, _ options: ChartOptions = ChartOptions()) throws
    -> Figure
  {
    let runs = source.runs
    let style = HeatmapStyle.fraction(.magma)
    let dead = try ifRecorded {
      try LayerHeatmap(of: runs, measure: .deadFraction, label: "dead units", style, options)
    }
    let zero = try activationMap(of: runs, .zeroFraction, label: "zero activations", style, options)
    let saturated = try activationMap(of: runs, .saturatedFraction, label: "saturated activations", style, options)
    let shown = [
      (dead, "fraction of units"), (zero, "fraction of activations; 0.5 is normal for ReLU"),
      (saturated, "fraction of activations"),
    ].compactMap { map, title in map.map { (map: $0, title: title) } }
    guard !shown.isEmpty else {
      throw ChartError.notRecorded(what: "fraction of dead, zero or saturated activations", paths: runs.map(\.path))
    }
    let variants = try RunGroup.all(of: runs)
    let rows = shown.map { map, title in map.row(headed: map.label, of: variants, barTitle: title) }
    return Figure(
      title: title(shown.map(\.map.label).joined(separator: ", ").capitalizedFirst, runs),
      subtitle: subtitle(runs, firstSeedNote(variants)), panels: Array(rows.joined()), columns: variants.count,
      description: "Heatmaps. "
        + shown.map { "Fraction of \($0.map.label). \($0.map.sentences.joined(separator: " "))" }
        .joined(separator: " "),
      size: Size(width: variants.count > 2 ? 1200 : 900, height: max(520, 130 + 260 * Double(rows.count))))
  }

  /// A heatmap of a fraction of activations at sites without weights; nil where no variant has it there.
  private static func activationMap(
    of runs: [Run], _ quantity: LayerQuantity, label: String, _ style: HeatmapStyle, _ options: ChartOptions
  ) throws -> LayerHeatmap? {
    let isRecorded = try RunGroup.all(of: runs).contains {
      LayerSelection(LayerGrid(try $0.runs[0].layers(quantity)), options, where: { !$0.isLayer }) != nil
    }
    guard isRecorded else { return nil }
    return try LayerHeatmap(of: runs, quantity, label: label, style, options) { !$0.isLayer }
  }
}
