import Rheoscope
import Support

/// A figure that an experiment draws when all trials are done.
public struct ExperimentFigure: Sendable {
  /// The file name without extension.
  public let name: String
  /// What it shows, in one line; the text alternative in reports.
  public let caption: String
  /// Draws it.
  package let draw: @Sendable (Results) throws -> Figure

  /// A figure that `draw` makes of what the trials reported and recorded. Where `draw` throws, the run of the experiment does. The
  /// values at which the figure has labels are added to its description.
  public init(_ name: String, _ caption: String, draw: @escaping @Sendable (Results) throws -> Figure) {
    self.init(
      name, caption,
      asDescribed: { results in
        var figure = try draw(results)
        figure.description += figure.labelledValues
        return figure
      })
  }

  /// A figure whose description is complete.
  init(_ name: String, _ caption: String, asDescribed draw: @escaping @Sendable (Results) throws -> Figure) {
    self.name = name
    self.caption = caption
    self.draw = draw
  }

  /// A chart of the run files of these variants, of all variants if nil, by its name in `ChartKind.all`. Stops the program if
  /// there is no chart of this name.
  public static func chart(_ name: String, of variants: [Variant]? = nil) -> ExperimentFigure {
    guard let kind = ChartKind.all.first(where: { $0.name == name }) else {
      stop(
        "ExperimentFigure.chart",
        "there is no chart “\(name)”; charts are \(ChartKind.all.map(\.name).joined(separator: ", "))")
    }
    let names = variants.map { Set($0.map(\.name)) }
    return ExperimentFigure(
      name, kind.summary,
      asDescribed: { results in
        try kind.figure(results.runs.filter { names?.contains($0.variant ?? "") ?? true })
      })
  }
}

extension Figure {
  /// The labels beside the panels with the values at which they stand, as sentences with a space before each; empty without labels.
  fileprivate var labelledValues: String {
    panels.map { panel in
      let labels = panel.directLabels.compactMap { label in
        label.value.map { "\(label.text) at \(formatSignificant($0))" }
      }
      let name = [panel.title, panel.y.title].filter { !$0.isEmpty }.joined(separator: ", ")
      return labels.isEmpty ? "" : " \(name.isEmpty ? "Labels" : name): \(labels.joined(separator: ", "))."
    }.joined()
  }
}
