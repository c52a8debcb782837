import Rheoscope

extension Picture {
  /// A curve a seed of each variant, from what trials reported under `series`; places and values are described by the axes.
  public static func curves(_ name: String, _ caption: String, of series: String, x: Axis, y: Axis) -> Picture {
    Picture(name, caption) { results in
      var panel = Panel(x: x, y: y)
      for (index, variant) in results.variants.enumerated() {
        let curves = results.series(series, of: variant)
        for curve in curves { panel.marks.append(LineMark(x: curve.x, y: curve.y, ink: .series(index))) }
        guard let first = curves.first else { continue }
        panel.endLabels.append(EndLabel(at: first.y.last { $0.isFinite }, variant.name, ink: .series(index)))
      }
      let seeds = results.settings.seeds
      return Figure(
        title: caption, subtitle: seeds == 1 ? "" : "\(seeds) seeds, a line each", panels: [panel],
        description: caption + ", for " + results.variants.map(\.name).joined(separator: ", ") + ".")
    }
  }
}
