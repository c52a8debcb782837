import Plotting
import RunFile

extension Chart {
  /// Heatmaps of statistics of activations, layers × steps: mean, standard deviation, fraction of zeros and fraction of saturated
  /// values. There is one row of panels per recorded statistic, and one column per variant, which shows its first seed.
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
    var panels: [Panel] = [], sentences: [String] = []
    let variants = try RunGroup.all(of: runs)
    for (quantity, style, hasWeights) in shown {
      // The grid of panels has no gaps, so a quantity is left out unless each variant has it.
      let parts = try variants.map { try LayerSelection(LayerGrid($0.runs[0].layers(quantity)), options) }
      guard !parts.contains(where: { $0 == nil }) else { continue }
      let map = try LayerHeatmap(of: runs, quantity, style, options) { $0.isLayer == hasWeights }
      var row = map.panels(titled: variants.count > 1)
      for index in row.indices {
        row[index].title =
          index == 0
          ? [row[index].title, quantity.label].filter { !$0.isEmpty }.joined(separator: ": ") : row[index].title
      }
      row[row.count - 1].colorBar = map.key
      row[row.count - 1].colorBar?.title = ""
      panels += row
      sentences += ["\(quantity.label.capitalizedFirst)."] + map.sentences
    }
    guard !panels.isEmpty else {
      throw ChartError.notRecorded(what: "statistics of activations", paths: runs.map(\.path))
    }
    let nets = variants.map { $0.runs[0].sites.map(\.path) }
    let hasOneNet = nets.allSatisfy { $0 == nets[0] }
    let rows = panels.count / variants.count
    let columns = variants.count == 1 ? min(rows, 2) : variants.count
    let lines = (panels.count + columns - 1) / columns
    return Figure(
      title: title("Activations", runs),
      subtitle: subtitle(
        runs,
        "mean and standard deviation at the outputs of layers with weights, fractions at those of the others; first seed"
      ), panels: panels,
      columns: columns, sharesAxes: hasOneNet,
      description: "Heatmaps of activations. " + sentences.joined(separator: " "),
      size: Size(width: columns > 2 ? 1200 : 900, height: max(520, 130 + 260 * Double(lines))))
  }
}
