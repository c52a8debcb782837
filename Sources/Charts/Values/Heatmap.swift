import Plotting
import RunFile

extension Chart {
  /// A heatmap of values in memory, layers × steps, with logarithmic colours like `gradientFlow`. Takes about 10 ns per value.
  ///
  /// Throws a `ChartError` where no value is recorded.
  public static func heatmap(of matrix: LayerMatrix, title: String = "") throws -> Figure {
    guard let selection = LayerSelection(LayerGrid(matrix), ChartOptions()) else {
      throw ChartError.notGiven(what: matrix.quantity.label)
    }
    return LayerHeatmap([.init(name: "", selection: selection)], label: matrix.quantity.label, .decades(.viridis))
      .figure(title: title, subtitle: matrix.quantity.label)
  }
}
