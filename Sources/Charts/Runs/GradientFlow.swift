import Foundation
import Plotting
import RunFile

extension Chart {
  /// A heatmap of a statistic of sites, by default the RMS of dL/d(output): layers from input to output upwards, steps to the right,
  /// logarithmic colours. There is one panel per variant, which shows its first seed; all panels share the colours.
  ///
  /// The colour scale spans the whole decades that contain the middle 96 % of all values. Zero, NaN, infinity and "not recorded" have
  /// patterns of their own. Throws a `ChartError` where nothing of it is recorded.
  public static func gradientFlow(
    of source: some RunSource, quantity: LayerQuantity = .gradientRMS, _ options: ChartOptions = ChartOptions()
  ) throws -> Figure {
    let runs = source.runs
    let subject = quantity == .gradientRMS ? "Gradient flow" : quantity.label.capitalizedFirst
    return try LayerHeatmap(of: runs, quantity, .decades(.viridis), options).figure(title: title(subject, runs), runs)
  }

  /// A heatmap of ‖dL/dW‖₂ of each weight W, drawn like `gradientFlow`. Throws a `ChartError` where it is not recorded.
  public static func weightGradients(of source: some RunSource, _ options: ChartOptions = ChartOptions()) throws
    -> Figure
  {
    let runs = source.runs
    return try LayerHeatmap(of: runs, WeightQuantity.gradientNorm, .decades(.viridis), options)
      .figure(title: title("Weight gradients", runs), runs)
  }

  /// A heatmap of ‖ΔW‖₂ of each weight W, where ΔW is the change by the optimizer, drawn like `gradientFlow`. Throws a `ChartError`
  /// where it is not recorded.
  public static func updates(of source: some RunSource, _ options: ChartOptions = ChartOptions()) throws -> Figure {
    let runs = source.runs
    return try LayerHeatmap(of: runs, WeightQuantity.updateNorm, .decades(.viridis), options)
      .figure(title: title("Updates", runs), runs)
  }
}
