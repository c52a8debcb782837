import Plotting
import RunFile

extension Chart {
  /// Heatmaps of statistics of activations, layers × steps: mean, standard deviation, fraction of zeros and fraction of saturated
  /// values. There is one row of panels per recorded statistic, and one column per variant, which shows its first seed; where a variant
  /// lacks a statistic, its panel is "not recorded".
  ///
  /// Mean and standard deviation are those of sites with weights, fractions those of sites without: neighbouring rows then compare
  /// like with like. Throws a `ChartError` where none of the statistics is recorded.
  public static func activations(of source: some RunSource, _ options: ChartOptions = ChartOptions()) throws -> Figure {
    let runs = source.runs
    let shown: [(quantity: LayerQuantity, style: HeatmapStyle, hasWeights: Bool)] = [
      (.activationMean, .symmetric, true), (.activationStd, .decades(.magma), true),
      (.zeroFraction, .fraction(.magma), false),
      (.saturatedFraction, .fraction(.magma), false),
    ]
    var panels: [Panel] = [], sentences: [String] = [], missing: [String] = []
    let variants = try RunGroup.all(of: runs)
    for (quantity, style, hasWeights) in shown {
      let map = try ifRecorded { try LayerHeatmap(of: runs, quantity, style, options) { $0.isLayer == hasWeights } }
      guard let map else {
        missing.append(quantity.label)
        continue
      }
      panels += map.row(
        headed: quantity.label, of: variants, barTitle: quantity == .zeroFraction ? "near 0.5 is normal for ReLU" : "")
      sentences += ["\(quantity.label.capitalizedFirst)."] + map.sentences
    }
    guard !panels.isEmpty else {
      throw ChartError.notRecorded(what: "statistics of activations", paths: runs.map(\.path))
    }
    let rows = panels.count / variants.count
    let columns = variants.count == 1 ? min(rows, 2) : variants.count
    let lines = (panels.count + columns - 1) / columns
    return Figure(
      title: title("Activations", runs),
      subtitle: subtitle(
        runs,
        [
          "mean and standard deviation at the outputs of layers with weights, fractions at those of the others",
          firstSeedNote(variants),
        ].filter { !$0.isEmpty }.joined(separator: "; ")),
      caption: missing.isEmpty ? "" : "Not recorded: \(missing.joined(separator: ", ")).", panels: panels,
      columns: columns, description: "Heatmaps of activations. " + sentences.joined(separator: " "),
      size: Size(width: columns > 2 ? 1200 : 900, height: max(520, 130 + 260 * Double(lines))))
  }
}
