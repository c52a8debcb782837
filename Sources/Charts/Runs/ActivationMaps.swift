import Plotting
import RunFile

extension Chart {
  /// Heatmaps of what activations are like, layers × steps: their mean, their standard deviation, and the fractions that are
  /// zero and saturated; a row a quantity that is recorded, a column a variant, of which each shows its first seed. Means and
  /// deviations are those of layers with weights, fractions those of layers without, so that what activations do to their
  /// inputs does not stripe the pictures.
  ///
  /// Throws a `ChartError` where none of them is recorded.
  public static func activations(of runs: [Run], _ options: ChartOptions = ChartOptions()) throws -> Figure {
    let shown: [(quantity: LayerQuantity, style: HeatmapStyle, hasWeights: Bool)] = [
      (.activationMean, .symmetric, true), (.activationStd, .decades(.magma), true),
      (.zeroFraction, .fraction(.magma), false),
      (.saturatedFraction, .fraction(.magma), false),
    ]
    var panels: [Panel] = [], sentences: [String] = []
    let variants = try Variant.all(of: runs)
    for (quantity, style, hasWeights) in shown {
      // A quantity that one variant lacks would leave a hole in the grid.
      let parts = try variants.map { try LayerSelection(LayerGrid($0.runs[0].layers(quantity)), options) }
      guard !parts.contains(where: { $0 == nil }) else { continue }
      let map = try LayerHeatmap(of: runs, quantity, style, options) { $0.isLayer == hasWeights }
      var row = map.panels(titled: variants.count > 1)
      for index in row.indices {
        row[index].title =
          index == 0
          ? [row[index].title, quantity.words].filter { !$0.isEmpty }.joined(separator: ": ") : row[index].title
      }
      row[row.count - 1].colorBar = map.key
      row[row.count - 1].colorBar?.title = ""
      panels += row
      sentences += ["\(quantity.words.capitalizedFirst)."] + map.sentences
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
