import Plotting
import RunFile

extension Chart {
  /// A heatmap of the similarity of each layer to the trained layer, layers × steps, from 0 to 1: the measure `similarity_to_final`, such
  /// as the linear CKA of a layer's activations at a step with those at the end of training. There is one panel per variant, which
  /// shows its first seed.
  ///
  /// Throws a `ChartError` where the measure is not recorded.
  ///
  /// Source: Raghu et al., "SVCCA", 2017, arXiv:1706.05806.
  public static func convergence(of source: some RunSource, _ options: ChartOptions = ChartOptions()) throws -> Figure {
    let runs = source.runs
    return try LayerHeatmap(
      of: runs, measure: .similarityToFinal, label: "similarity to the trained layer", .fraction(.viridis),
      options
    ).figure(title: title("Layer convergence", runs), runs)
  }
}
