import Plotting
import RunFile

extension Chart {
  /// The gradient profile of each variant as one row of cells, input left and output right: the colour of a cell is the RMS of
  /// dL/d(output) at one step, the median over seeds, on a logarithmic scale.
  ///
  /// It shows the first recorded step from `step` on, by default the first step that was not skipped. Throws a `ChartError` where no
  /// gradient is recorded.
  public static func gradientStrip(
    of source: some RunSource, step: Int? = nil, _ options: ChartOptions = ChartOptions()
  ) throws -> Figure {
    let runs = source.runs
    let (profiles, most, steps) = try DepthProfile.all(of: runs, step: step, options)
    let (panel, key) = strip(profiles)
    return Figure(
      title: title("Gradient flow at a glance", runs),
      subtitle: subtitle(
        runs,
        "\(LayerQuantity.gradientRMS.label) at step \(steps)"
          + (most > 1 ? "; median of \(seedCount(profiles.map(\.variant)))" : "")),
      caption: String(try missingNote(of: runs, profiles).dropFirst()), panels: [panel], colorBar: key,
      description: "The size of the gradient in each layer at step \(steps). "
        + profiles.map(\.sentence).joined(separator: " "),
      size: Size(width: 900, height: 190 + 44 * Double(profiles.count)))
  }

  static func strip(_ profiles: [DepthProfile]) -> (Panel, ColorBar) {
    let depths = Set(profiles.flatMap(\.depths)).sorted()
    // Rows are counted upwards, and the first variant is at the top.
    let rows = profiles.reversed().map { profile in
      let values = Dictionary(zip(profile.depths, profile.median), uniquingKeysWith: { $1 })
      return depths.map { values[$0] }
    }
    let selection = LayerSelection(
      LayerGrid(
        rows: profiles.reversed().map { LayerGrid.Row(path: $0.variant.name) }, steps: depths.map { Int($0) },
        grid: Grid(rows)), ChartOptions())!
    var magnitudes = MagnitudeCounts()
    magnitudes.add(selection, signed: false)
    let style = HeatmapStyle.decades(.viridis)
    let panel = Panel(
      x: Axis(.integer, axisTitle(of: profiles), ends: axisEnds(of: profiles), hasGrid: false, isTight: true),
      y: Axis(.categorical(selection.paths), hasGrid: false, isTight: true),
      marks: [
        CellMark(
          columns: depths, rows: selection.rows, values: selection.values, colors: style.colors(magnitudes),
          isMissing: selection.isMissing)
      ])
    return (panel, style.key(magnitudes, title: LayerQuantity.gradientRMS.label))
  }
}
