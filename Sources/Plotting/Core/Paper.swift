/// A width of figures in papers.
public enum Paper: String, CaseIterable, Sendable {
  /// One of two columns: 317 units of 1/96 inch, 3.3 inches.
  case column
  /// The whole width of a page: 672 units of 1/96 inch, 7 inches.
  case page

  /// The width of a figure in units of 1/96 inch.
  public var width: Double {
    switch self {
    case .column: 317
    case .page: 672
    }
  }
}

extension Figure {
  /// The figure with a paper's width. The height follows from the width, the number of panels per row and the shape that panels have in
  /// this figure; it is at most 1.3 times the width.
  public func sized(for paper: Paper) -> Figure {
    let count = Double(max(panels.count, 1))
    let before = (count / Double(gridColumns)).rounded(.up)
    let shape = size.height / before / (size.width / Double(gridColumns))
    var figure = self
    figure.size = Size(width: paper.width, height: 1.3 * paper.width)
    let columns = Double(figure.gridColumns), rows = (count / columns).rounded(.up)
    let panel = paper.width / columns * min(max(shape, rows == 1 ? 0.7 : 0.5), 0.9)
    figure.size.height = min((60 + rows * max(panel, 110)).rounded(), figure.size.height)
    return figure
  }
}
