import Plotting
import RunFile

extension Chart {
  /// A heatmap of any quantity that comes in decades, layers × steps, from values in memory, drawn as `gradientFlow` draws those
  /// of a run. Takes about 10 ns a value. Throws a `ChartError` where there is none.
  public static func heatmap(of matrix: LayerMatrix, title: String = "") throws -> Figure {
    guard let selection = LayerSelection(LayerGrid(matrix), ChartOptions()) else {
      throw ChartError.notGiven(what: matrix.quantity.words)
    }
    return LayerHeatmap([.init(name: "", selection: selection)], words: matrix.quantity.words, .decades(.viridis))
      .figure(title: title, subtitle: matrix.quantity.words)
  }
}
