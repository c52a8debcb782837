import Foundation
import Plotting
import RunFile

extension Chart {
  /// How distributions over time are drawn.
  public enum DistributionStyle: Sendable, Hashable {
    /// A column of colours a step, by the logarithm of one plus the count.
    case columns
    /// A hill a step, of up to twelve steps.
    case ridges
  }

  /// How the values of a quantity are distributed, over time: a panel a layer, from recorded histograms. What is exactly 0, NaN
  /// or infinite has no place on the axis and is said above the panel.
  ///
  /// `quantity` is the name under which histograms were recorded, such as `activation` or `gradient`. Of one variant it shows
  /// up to six layers, of several the first, the middle and the last of each; the first seed. The axis is even in asinh, so
  /// both the middle and far tails are seen. Throws a `ChartError` where there are no histograms.
  public static func distributions(
    of runs: [Run], quantity: String = "activation", style: DistributionStyle = .columns,
    _ options: ChartOptions = ChartOptions()
  ) throws -> Figure {
    let variants = try Variant.all(of: runs)
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

  /// So many members, evenly, with the first and the last.
  private static func evenly<Member>(_ count: Int, of all: [Member]) -> [Member] {
    guard all.count > count else { return all }
    return (0..<count).map { all[$0 * (all.count - 1) / (count - 1)] }
  }
}
