import Rheoscope

extension ExperimentFigure {
  /// One curve per variant and seed, of the series that trials reported under the name `series`, with these axes; of all variants unless
  /// some are given. `theory`, where
  /// given, returns the predicted value of a variant at an x, drawn as a dashed line.
  public static func curves(
    _ name: String, _ caption: String, of series: String, in variants: [Variant]? = nil, x: Axis, y: Axis,
    theory: (@Sendable (Variant, Settings, Double) -> Double)? = nil
  ) -> ExperimentFigure {
    ExperimentFigure(
      name, caption,
      asDescribed: { results in
        var panel = Panel(x: x, y: y)
        let variants = variants ?? results.variants
        let end = variants.flatMap { results.series(series, of: $0) }.compactMap(\.x.last).max()
        var sentences: [String] = []
        for (variant, style) in zip(variants, results.styles(of: variants)) {
          let curves = results.series(series, of: variant)
          for curve in curves { panel.marks.append(LineMark(x: curve.x, y: curve.y, color: style.color)) }
          if let course = course(of: curves) { sentences.append("\(variant.name): \(course).") }
          guard let first = curves.first else { continue }
          if let theory {
            let y = first.x.map { theory(variant, results.settings, $0) }
            panel.marks.append(LineMark(x: first.x, y: y, color: .text, dash: [5, 4]))
          }
          // The label of a curve that ends before others has no leader line, which would not reach the curve.
          panel.directLabels.append(
            DirectLabel(
              at: first.y.last { $0.isFinite }, variant.name, color: style.color, hasLeader: first.x.last == end))
        }
        let count = results.settings.seeds
        let seeds = count == 1 ? "" : "one line per seed, \(count) seeds"
        return Figure(
          title: caption,
          subtitle: [results.experiment.name, seeds, theory == nil ? "" : "dashed: theory"].filter { !$0.isEmpty }
            .joined(separator: "; "),
          panels: [panel],
          description: ([caption + "."] + sentences).joined(separator: " "))
      })
  }

  /// The first and the last value of curves, the medians where there are several; nil where there are no curves.
  private static func course(of curves: [Series]) -> String? {
    func middle(_ values: [Double]) -> String { MedianInterval(values).map { formatSignificant($0.median) } ?? "none" }
    let drawn = curves.filter { !$0.y.isEmpty }
    guard let end = drawn.first?.x.last else { return nil }
    return "\(middle(drawn.map { $0.y[0] })) at \(formatSignificant(drawn[0].x[0])), "
      + "\(middle(drawn.map { $0.y[$0.y.count - 1] })) at \(formatSignificant(end))"
  }
}
