import Foundation
import Plotting
import RunFile

extension Chart {
  /// How `distributions` draws histograms over steps.
  public enum DistributionStyle: Sendable, Hashable {
    /// One column of cells per step; the colour is asinh of the count, which is logarithmic for large counts.
    case columns
    /// One ridge per step, of up to twelve steps.
    case ridges
  }

  /// The distribution of a quantity over steps, from recorded histograms: one panel per layer. The axis of values is linear in asinh, so
  /// that it shows small values and far tails. Zeros, NaN and infinities have no position on it; the panel's detail gives their share.
  ///
  /// `quantity` is the name under which the histograms were recorded, such as `activation`, `gradient` or `weight`. Of one variant it
  /// shows up to six layers, of several three layers each (first, middle and last); always the first seed. Throws a `ChartError` where
  /// there are no histograms of this name.
  public static func distributions(
    of source: some RunSource, quantity: String = "activation", style: DistributionStyle = .columns,
    _ options: ChartOptions = ChartOptions()
  ) throws -> Figure {
    let runs = source.runs
    let variants = try RunGroup.all(of: runs)
    let layers = try variants.flatMap { variant in
      let found = try LayerDistribution.all(of: variant, quantity, options)
      return evenly(variants.count == 1 ? 6 : 3, of: found)
    }
    guard let axis = DistributionAxis(layers.flatMap(\.histograms)) else {
      throw ChartError.notRecorded(what: "histogram of \(quantity)s", paths: runs.map(\.path))
    }
    let most = layers.flatMap { $0.columns(axis) }.filter(\.isFinite).max() ?? 1
    let panels = layers.map { layer in
      var panel = style == .columns ? layer.columnPanel(axis, most: most, quantity) : layer.ridgePanel(axis, quantity)
      panel.title = variants.count > 1 ? "\(layer.variant.name): \(layer.path)" : layer.path
      panel.detail = layer.remarks
      return panel
    }
    let key = ColorBar(
      ColorScale(Scale(.symlog(width: 1), from: 0, to: sinh(most)), .magma), title: "values in a bin",
      kinds: CellKind.allCases.filter { kind in layers.contains { $0.brokenKinds.contains(kind) } })
    let columns = min(3, panels.count), rows = (panels.count + columns - 1) / columns
    return Figure(
      title: title("Distribution of \(quantity)s", runs),
      subtitle: subtitle(
        runs, "histograms over steps" + (variants.contains { $0.runs.count > 1 } ? "; first seed" : "")),
      panels: panels, columns: columns, colorBar: style == .columns ? key : nil,
      description: "The distribution of \(quantity)s over steps. " + layers.map(\.sentence).joined(separator: " "),
      size: Size(width: 900, height: max(520, 130 + 260 * Double(rows))))
  }

  /// Ridges of the distribution of activations, one per step. Throws a `ChartError` where no histogram of activations is recorded.
  public static func distributionRidges(
    of source: some RunSource, _ options: ChartOptions = ChartOptions()
  ) throws -> Figure {
    try distributions(of: source, style: .ridges, options)
  }

  /// The distribution of gradients dL/d(output) over steps, drawn like `distributions`. Throws a `ChartError` where no histogram of
  /// gradients is recorded.
  public static func gradientDistributions(
    of source: some RunSource, _ options: ChartOptions = ChartOptions()
  ) throws -> Figure {
    try distributions(of: source, quantity: "gradient", options)
  }

  /// The distribution of weights over steps, drawn like `distributions`. Throws a `ChartError` where no histogram of weights is
  /// recorded.
  public static func weightDistributions(
    of source: some RunSource, _ options: ChartOptions = ChartOptions()
  ) throws -> Figure {
    try distributions(of: source, quantity: "weight", options)
  }

  /// `count` members at equal distances, with the first and the last; all where there are fewer.
  private static func evenly<Member>(_ count: Int, of all: [Member]) -> [Member] {
    guard all.count > count else { return all }
    return (0..<count).map { all[$0 * (all.count - 1) / (count - 1)] }
  }
}
