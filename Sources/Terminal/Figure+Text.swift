import Plotting

extension Figure {
  /// The figure as lines of text, `rows` lines of at most `columns` characters: braille patterns for lines, half blocks for heatmaps,
  /// and letters. Sizes below 1 count as 1.
  ///
  ///     for line in figure.text(columns: 80, rows: 24, colors: .all) { print(line) }
  ///
  /// Text can't be rotated in a terminal, so titles of vertical axes are written above their panels. The background is not drawn, so
  /// choose the theme for the terminal's background.
  public func text(columns: Int, rows: Int, colors: TerminalColors, theme: Theme = .dark) -> [String] {
    let canvas = TextCanvas(columns: max(columns, 1), rows: max(rows, 1), background: theme.background)
    var figure = self
    figure.size = Size(
      width: Double(max(columns, 1)) * TextCanvas.cellSize.width,
      height: Double(max(rows, 1)) * TextCanvas.cellSize.height)
    figure.caption = ""
    if let bar = colorBar {
      figure.subtitle = [subtitle, "colour: \(bar.title)"].filter { !$0.isEmpty }.joined(separator: "\n")
      figure.colorBar?.title = ""
    }
    for index in figure.panels.indices { figure.panels[index].moveRotatedTitles() }
    figure.draw(on: canvas, theme: theme)
    return canvas.lines(colors)
  }
}

extension Panel {
  /// Moves the titles of the vertical axis and the colour bar to the text above the panel.
  fileprivate mutating func moveRotatedTitles() {
    var titles: [String] = []
    if !y.title.isEmpty { titles.append("↑ \(y.title)" + (y.ends.map { ", \($0.low) to \($0.high)" } ?? "")) }
    if let bar = colorBar, !bar.title.isEmpty { titles.append("colour: \(bar.title)") }
    detail = ([detail] + [titles.joined(separator: "; ")]).filter { !$0.isEmpty }.joined(separator: "\n")
    y.title = ""
    y.ends = nil
    colorBar?.title = ""
  }
}
