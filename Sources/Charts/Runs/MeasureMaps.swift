import Plotting
import RunFile

extension Chart {
  /// When each layer becomes what it ends as: a heatmap of the measure `similarity_to_final`, layers × steps, from 0 to 1; a
  /// panel a variant, of which each shows its first seed.
  ///
  /// The measure is a similarity of a layer's activations at a step to those at the end of training, such as linear CKA. Throws
  /// a `ChartError` where it is not recorded.
  ///
  /// Source: Raghu et al., "SVCCA", 2017, arXiv:1706.05806.
  public static func layerConvergence(of runs: [Run], _ options: ChartOptions = ChartOptions()) throws -> Figure {
    try LayerHeatmap(
      of: runs, measure: .similarityToFinal, words: "similarity to the trained layer", .fraction(.viridis),
      options
    ).figure(title: title("Layer convergence", runs), runs)
  }

  /// Heatmaps of the fractions of units that do nothing, layers × steps: those that are zero for every input (the measure
  /// `dead_fraction`), activations that are zero, and activations in a flat part of their nonlinearity; a row a fraction that
  /// is recorded, a column a variant, of which each shows its first seed.
  ///
  /// Only layers without weights are shown, since layers with weights are hardly ever exactly zero. Throws a `ChartError` where
  /// none of the fractions is recorded.
  public static func deadAndSaturated(of runs: [Run], _ options: ChartOptions = ChartOptions()) throws -> Figure {
    let style = HeatmapStyle.fraction(.magma)
    let dead = try ifRecorded {
      try LayerHeatmap(of: runs, measure: .deadFraction, words: "dead units", style, options)
    }
    let zero = try quantityMap(of: runs, .zeroFraction, words: "zero activations", style, options)
    let saturated = try quantityMap(of: runs, .saturatedFraction, words: "saturated activations", style, options)
    let maps = [dead, zero, saturated].compactMap { $0 }
    let variants = try Variant.all(of: runs)
    var rows: [[Panel]] = [], sentences: [String] = []
    for map in maps {
      var row = map.panels(titled: variants.count > 1)
      // A fraction that one variant lacks would leave a hole in the grid.
      guard row.count == variants.count else { continue }
      row[0].title = [row[0].title, map.words].filter { !$0.isEmpty }.joined(separator: ": ")
      rows.append(row)
      sentences += ["Fraction of \(map.words)."] + map.sentences
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

  /// Nil where no variant, or not each, has the quantity.
  private static func quantityMap(
    of runs: [Run], _ quantity: LayerQuantity, words: String, _ style: HeatmapStyle, _ options: ChartOptions
  ) throws -> LayerHeatmap? {
    let matrices = try Variant.all(of: runs).map { LayerGrid(try $0.runs[0].layers(quantity)) }
    guard matrices.allSatisfy({ LayerSelection($0, options, where: { !$0.isLayer }) != nil }) else { return nil }
    return try LayerHeatmap(of: runs, quantity, words: words, style, options) { !$0.isLayer }
  }

  /// One key for fractions of several kinds.
  private static func key(of maps: [LayerHeatmap], _ first: LayerHeatmap) -> ColorBar {
    var key = first.key
    key.title = "fraction"
    key.kinds = CellKind.allCases.filter { kind in maps.contains { $0.key.kinds.contains(kind) } }
    return key
  }
}
