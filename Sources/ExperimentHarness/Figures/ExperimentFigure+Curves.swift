import Rheoscope

extension ExperimentFigure {
  /// One curve per variant and seed, of the series that trials reported under the name `series`, with these axes; of all variants unless
  /// some are given. `theory`, where
  /// given, returns the predicted value of a variant at an x, drawn as a dashed line.
  public static func curves(
    _ name: String, _ caption: String, of series: String, in variants: [Variant]? = nil, x: Axis, y: Axis,
    theory: (@Sendable (Variant, Settings, Double) -> Double)? = nil
  ) -> ExperimentFigure {
    ExperimentFigure(name, caption) { results in
      var panel = Panel(x: x, y: y)
      let variants = variants ?? results.variants
      let end = variants.flatMap { results.series(series, of: $0) }.compactMap(\.x.last).max()
      for (index, variant) in variants.enumerated() {
        let curves = results.series(series, of: variant)
        for curve in curves { panel.marks.append(LineMark(x: curve.x, y: curve.y, color: .series(index))) }
        guard let first = curves.first else { continue }
        if let theory {
          let y = first.x.map { theory(variant, results.settings, $0) }
          panel.marks.append(LineMark(x: first.x, y: y, color: .text, dash: [5, 4]))
        }
        // The label of a curve that ends before others has no leader line, which would not reach the curve.
        panel.directLabels.append(
          DirectLabel(
            at: first.y.last { $0.isFinite }, variant.name, color: .series(index), hasLeader: first.x.last == end))
      }
      let count = results.settings.seeds
      let seeds = count == 1 ? "" : "one line per seed, \(count) seeds"
      return Figure(
        title: caption,
        subtitle: [results.experiment.name, seeds, theory == nil ? "" : "dashed: theory"].filter { !$0.isEmpty }
          .joined(separator: "; "),
        panels: [panel],
        description: caption + ", for " + variants.map(\.name).joined(separator: ", ") + ".")
    }
  }
}
