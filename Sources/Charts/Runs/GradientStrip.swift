import Plotting
import RunFile

extension Chart {
  /// Gradient flow at a glance: the whole net in one row a variant, input left and output right, each layer's cell coloured by
  /// the gradient's size at a step (the median over seeds), by decades.
  ///
  /// It shows the first recorded step from `step` on, or where that is nil the first step that was taken. Throws a `ChartError` where there is nothing to draw.
  public static func gradientStrip(
    of runs: [Run], step: Int? = nil, _ options: ChartOptions = ChartOptions()
  ) throws -> Figure {
    let profiles = try Variant.all(of: runs).compactMap { try DepthProfile($0, step: step, options) }
    guard !profiles.isEmpty else {
      throw ChartError.missing(LayerQuantity.gradientRMS.words, in: runs)
    }
    let steps = Set(profiles.map(\.step)).sorted().map { "\($0)" }.joined(separator: " and ")
    let most = profiles.map(\.variant.runs.count).max() ?? 1
    let (panel, key) = strip(profiles)
    return Figure(
      title: title("Gradient flow at a glance", runs),
      subtitle: subtitle(
        runs,
        "\(LayerQuantity.gradientRMS.words) at step \(steps)"
          + (most > 1 ? "; median of \(seedCount(profiles.map(\.variant)))" : "")),
      panels: [panel], colorBar: key,
      description: "The size of the gradient in each layer at step \(steps). "
        + profiles.map(\.sentence).joined(separator: " "),
      size: Size(width: 900, height: 190 + 44 * Double(profiles.count)))
  }

  static func strip(_ profiles: [DepthProfile]) -> (Panel, ColorBar) {
    let depths = Set(profiles.flatMap(\.depths)).sorted()
    // The first variant stands at the top, where reading begins.
    let rows = profiles.reversed().map { profile in
      let values = Dictionary(zip(profile.depths, profile.median), uniquingKeysWith: { $1 })
      return depths.map { values[$0] }
    }
    let selection = LayerSelection(
      LayerGrid(
        rows: profiles.reversed().map { LayerGrid.Row(path: $0.variant.name) }, steps: depths.map { Int($0) },
        grid: Grid(rows)), ChartOptions())!
    var census = MagnitudeCensus()
    census.add(selection, signed: false)
    let style = HeatmapStyle.decades(.viridis)
    let panel = Panel(
      x: Axis(.integer, "layer", ends: ("input", "output"), hasGrid: false, isTight: true),
      y: Axis(.categorical(selection.paths), hasGrid: false, isTight: true),
      marks: [
        CellMark(
          columns: depths, rows: selection.rows, values: selection.values, colors: style.colors(census),
          isMissing: selection.isMissing)
      ])
    return (panel, style.key(census, title: LayerQuantity.gradientRMS.words))
  }
}
