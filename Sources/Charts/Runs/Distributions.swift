import Foundation
import Plotting
import RunFile
import Support

extension Chart {
  /// How `distributions` draws histograms over steps.
  public enum DistributionStyle: Sendable, Hashable {
    /// One column of cells per step; the colour is the density relative to the highest of the step, logarithmic from 10⁻³ on.
    case columns
    /// One ridge per step, of up to twelve steps.
    case ridges
  }

  /// The distribution of a quantity over steps, from recorded histograms: one panel per layer. Heights and colours are densities, the share of values per unit of the value.
  ///
  /// The axis of values is linear over the middle 99.8 % of activations and weights. For gradients, and where spreads differ by far, it is
  /// linear in asinh over all values, which its title says. Exact zeros, NaN and infinities are not part of a density; the panel's detail
  /// gives their share.
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
    guard let axis = DistributionAxis(layers.flatMap(\.histograms), isLinear: quantity != "gradient") else {
      throw ChartError.notRecorded(what: "histogram of \(quantity)s", paths: runs.map(\.path))
    }
    let panels = layers.map { layer in
      var panel = style == .columns ? layer.columnPanel(axis, quantity) : layer.ridgePanel(axis, quantity)
      panel.title = variants.count > 1 ? "\(layer.variant.name): \(layer.path)" : layer.path
      panel.detail = layer.remarks
      return panel
    }
    let key = ColorBar(
      ColorScale(Scale(.symlog(width: LayerDistribution.faintDensity), from: 0, to: 1), .magma),
      title: "density, 1: highest of the step",
      kinds: CellKind.allCases.filter { kind in layers.contains { $0.brokenKinds.contains(kind) } })
    let outside = axis.shareOutside(of: layers.flatMap(\.histograms))
    let columns = min(3, panels.count), rows = (panels.count + columns - 1) / columns
    return Figure(
      title: title("Distribution of \(quantity)s", runs),
      subtitle: subtitle(
        runs,
        ["share of values per unit, over steps", firstSeedNote(variants)].filter { !$0.isEmpty }.joined(separator: "; ")
      ),
      caption: outside > 0
        ? "\(formatSignificant(100 * outside)) % of the values lie beyond the axis." : "",
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
