import Plotting

extension Figure {
  /// The figure as lines of characters: braille dots, half blocks and letters, for a terminal of this size.
  ///
  /// A terminal writes level alone, so titles of vertical axes stand above their panels. `theme` should suit the terminal's
  /// ground, which is not drawn.
  public func text(columns: Int, rows: Int, colors: TerminalColors, theme: Theme = .dark) -> [String] {
    let canvas = TextCanvas(columns: max(columns, 1), rows: max(rows, 1), ground: theme.background)
    var figure = self
    figure.size = Size(
      width: Double(max(columns, 1)) * TextCanvas.cell.width, height: Double(max(rows, 1)) * TextCanvas.cell.height)
    figure.caption = ""
    if let key = colorBar {
      figure.subtitle = [subtitle, "colour: \(key.title)"].filter { !$0.isEmpty }.joined(separator: "\n")
      figure.colorBar?.title = ""
    }
    for index in figure.panels.indices { figure.panels[index].levelTitles() }
    figure.draw(on: canvas, theme: theme)
    return canvas.lines(colors)
  }
}

extension Panel {
  /// Moves what would rise along the vertical axis and the colour bar to a line above the panel.
  fileprivate mutating func levelTitles() {
    var words: [String] = []
    if !y.title.isEmpty { words.append("↑ \(y.title)" + (y.ends.map { ", \($0.low) to \($0.high)" } ?? "")) }
    if let key = colorBar, !key.title.isEmpty { words.append("colour: \(key.title)") }
    detail = ([detail] + [words.joined(separator: "; ")]).filter { !$0.isEmpty }.joined(separator: "\n")
    y.title = ""
    y.ends = nil
    colorBar?.title = ""
  }
}
