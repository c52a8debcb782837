import Rheoscope

/// A picture that an experiment draws when all trials are done.
public struct Picture: Sendable {
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

  /// A chart of all run files together, by the name that `render --chart` knows.
  public static func chart(_ name: String) -> Picture {
    guard let kind = ChartKind.all.first(where: { $0.name == name }) else {
      stop("Picture", "there is no chart “\(name)”; charts are \(ChartKind.all.map(\.name).joined(separator: ", "))")
    }
    return Picture(name, kind.summary) { try kind.figure($0.runs) }
  }
}
