import Rheoscope

/// A picture that an experiment draws when all trials are done.
public struct ExperimentFigure: Sendable {
  /// What its file is called, without the ending.
  public let name: String
  /// What it shows, in a line, for those who can't see it.
  public let caption: String
  /// Draws it.
  package let draw: @Sendable (Results) throws -> Figure

  /// A picture of one's own, made of what the trials reported and recorded.
  public init(_ name: String, _ caption: String, draw: @escaping @Sendable (Results) throws -> Figure) {
    self.name = name
    self.caption = caption
    self.draw = draw
  }

  /// A chart of the run files of these variants together, of all if nil, by the name that `render --chart` knows.
  public static func chart(_ name: String, of variants: [Variant]? = nil) -> ExperimentFigure {
    guard let kind = ChartKind.all.first(where: { $0.name == name }) else {
      stop(
        "ExperimentFigure",
        "there is no chart “\(name)”; charts are \(ChartKind.all.map(\.name).joined(separator: ", "))")
    }
    let names = variants.map { Set($0.map(\.name)) }
    return ExperimentFigure(name, kind.summary) { results in
      try kind.figure(results.runs.filter { names?.contains($0.variant ?? "") ?? true })
    }
  }
}
