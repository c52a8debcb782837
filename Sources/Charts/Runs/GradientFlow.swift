import Foundation
import Plotting
import RunFile

extension Chart {
  /// A heatmap of the gradient's size: layers from input to output upwards, steps to the right, colour by decades.
  ///
  /// Colours reach over the whole decades that hold the middle 96 % of all values. Zero, NaN, infinities and what was not
  /// recorded have patterns of their own. Throws a `ChartError` where there is nothing to draw.
  public static func gradientFlow(
    of run: Run, quantity: LayerQuantity = .gradientRMS, _ options: ChartOptions = ChartOptions()
  ) throws -> Figure {
    try gradientFlow(of: [run], quantity: quantity, options)
  }

  /// The same with a panel a variant, of which each shows its first seed; all share the colours.
  public static func gradientFlow(
    of runs: [Run], quantity: LayerQuantity = .gradientRMS, _ options: ChartOptions = ChartOptions()
  ) throws -> Figure {
    let subject = quantity == .gradientRMS ? "Gradient flow" : quantity.words.capitalizedFirst
    return try LayerHeatmap(of: runs, quantity, .decades(.viridis), options).figure(title: title(subject, runs), runs)
  }

  /// A heatmap of ‖dL/dW‖₂ of each weight, drawn as `gradientFlow`. Throws a `ChartError` where there is nothing to draw.
  public static func weightGradients(of runs: [Run], _ options: ChartOptions = ChartOptions()) throws -> Figure {
    try LayerHeatmap(of: runs, WeightQuantity.gradientNorm, .decades(.viridis), options)
      .figure(title: title("Weight gradients", runs), runs)
  }

  /// A heatmap of ‖ΔW‖₂ of each weight, the change that the optimizer made, drawn as `gradientFlow`. Throws a `ChartError` where there
  /// is nothing to draw.
  public static func updates(of runs: [Run], _ options: ChartOptions = ChartOptions()) throws -> Figure {
    try LayerHeatmap(of: runs, WeightQuantity.updateNorm, .decades(.viridis), options)
      .figure(title: title("Updates", runs), runs)
  }
}
