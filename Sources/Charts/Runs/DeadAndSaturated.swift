import Plotting
import RunFile

extension Chart {
  /// Heatmaps of fractions of a layer's units, layers × steps: units that are zero for all samples (the measure `dead_fraction`),
  /// activations that are zero, and activations in the flat part of their nonlinearity. There is one row of panels per recorded
  /// fraction, and one column per variant, which shows its first seed.
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
    let zero = try quantityMap(of: runs, .zeroFraction, label: "zero activations", style, options)
    let saturated = try quantityMap(of: runs, .saturatedFraction, label: "saturated activations", style, options)
    let maps = [dead, zero, saturated].compactMap { $0 }
    let variants = try RunGroup.all(of: runs)
    var rows: [[Panel]] = [], sentences: [String] = []
    for map in maps {
      var row = map.panels(titled: variants.count > 1)
      // The grid of panels has no gaps, so a fraction is left out unless each variant has it.
      guard row.count == variants.count else { continue }
      row[0].title = [row[0].title, map.label].filter { !$0.isEmpty }.joined(separator: ": ")
      rows.append(row)
      sentences += ["Fraction of \(map.label)."] + map.sentences
    }
    guard !rows.isEmpty, let map = maps.first else {
      throw ChartError.notRecorded(what: "fraction of dead, zero or saturated activations", paths: runs.map(\.path))
    }
    return Figure(
      title: title("Dead and saturated units", runs),
      subtitle: subtitle(runs, "fractions of the units of a layer; first seed"),
      panels: Array(rows.joined()), columns: variants.count, colorBar: key(of: maps, map),
      description: "Heatmaps of fractions of units. " + sentences.joined(separator: " "),
      size: Size(width: variants.count > 2 ? 1200 : 900, height: max(520, 130 + 260 * Double(rows.count))))
  }

  /// A heatmap of a quantity; nil unless each variant has it.
  private static func quantityMap(
    of runs: [Run], _ quantity: LayerQuantity, label: String, _ style: HeatmapStyle, _ options: ChartOptions
  ) throws -> LayerHeatmap? {
    let matrices = try RunGroup.all(of: runs).map { LayerGrid(try $0.runs[0].layers(quantity)) }
    guard matrices.allSatisfy({ LayerSelection($0, options, where: { !$0.isLayer }) != nil }) else { return nil }
    return try LayerHeatmap(of: runs, quantity, label: label, style, options) { !$0.isLayer }
  }

  /// One colour bar for all fractions.
  private static func key(of maps: [LayerHeatmap], _ first: LayerHeatmap) -> ColorBar {
    var key = first.key
    key.title = "fraction"
    key.kinds = CellKind.allCases.filter { kind in maps.contains { $0.key.kinds.contains(kind) } }
    return key
  }
}
