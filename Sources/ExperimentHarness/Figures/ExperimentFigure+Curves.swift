import Rheoscope

extension ExperimentFigure {
  /// A curve a seed of each variant, from what trials reported under `series`; places and values are described by the axes.
  /// A dashed line shows what `theory`, where given, says of a variant's value at a place.
  public static func curves(
    _ name: String, _ caption: String, of series: String, x: Axis, y: Axis,
    theory: (@Sendable (Variant, Settings, Double) -> Double)? = nil
  ) -> ExperimentFigure {
    ExperimentFigure(name, caption) { results in
      var panel = Panel(x: x, y: y)
      let end = results.variants.flatMap { results.series(series, of: $0) }.compactMap(\.x.last).max()
      for (index, variant) in results.variants.enumerated() {
        let curves = results.series(series, of: variant)
        for curve in curves { panel.marks.append(LineMark(x: curve.x, y: curve.y, color: .series(index))) }
        guard let first = curves.first else { continue }
        if let theory {
          let y = first.x.map { theory(variant, results.settings, $0) }
          panel.marks.append(LineMark(x: first.x, y: y, color: .text, dash: [5, 4]))
        }
        // A curve that ends before others do has its name beside its end; a leader would lead to nothing.
        panel.directLabels.append(
          DirectLabel(
            at: first.y.last { $0.isFinite }, variant.name, color: .series(index), hasLeader: first.x.last == end))
      }
      let count = results.settings.seeds
      let seeds = count == 1 ? "" : "\(count) seeds, a line each"
      return Figure(
        title: caption,
        subtitle: [results.experiment.name, seeds, theory == nil ? "" : "dashed: theory"].filter { !$0.isEmpty }
          .joined(separator: "; "),
        panels: [panel],
        description: caption + ", for " + results.variants.map(\.name).joined(separator: ", ") + ".")
    }
  }
}
