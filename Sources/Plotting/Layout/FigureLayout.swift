import Foundation

/// The layout of a figure. Text is measured by the canvas that will draw it, so labels never overlap.
struct FigureLayout {
  private static let edge = 14.0, between = 16.0
  private var figure: Figure
  private let canvas: any Canvas
  private let theme: Theme
  private var title = TextBlock.empty, subtitle = TextBlock.empty, caption = TextBlock.empty
  private var legend: LegendLayout
  private var colorBar: ColorBarLayout?
  private var grid: Rectangle
  private var panels: [(layout: PanelLayout, plot: Rectangle)] = []

  init(_ figure: Figure, _ canvas: any Canvas, _ theme: Theme) {
    let figure = figure.sharingLegends(panelWidth: figure.size.width / Double(figure.gridColumns))
    self.figure = figure
    self.canvas = canvas
    self.theme = theme
    let edge = Self.edge, width = figure.size.width - 2 * edge
    title = canvas.wrap(figure.title, theme.titleFont, width: width, limit: 2)
    subtitle = canvas.wrap(figure.subtitle, theme.subtitleFont, width: width, limit: 4)
    caption = canvas.wrap(figure.caption, theme.tickFont, width: width, limit: 5)
    legend = LegendLayout(figure.legend, width: width, height: figure.size.height / 3, on: canvas, theme)
    grid = Rectangle(left: edge, top: 0, width: width, height: 0)
    setGridHeight()
    leaveOutText(width: width)
    if let colorBar = figure.colorBar {
      // The colour bar is about as high as the plot areas: the grid without one axis.
      let layout = ColorBarLayout(colorBar, height: grid.height - 60, on: canvas, theme)
      self.colorBar = layout
      grid.width = max(grid.width - layout.width - Self.between, 10)
    }
    placePanels()
    if let colorBar = figure.colorBar, let first = panels.first?.plot, let bottom = panels.map(\.plot.bottom).max() {
      self.colorBar = ColorBarLayout(colorBar, height: bottom - first.top, on: canvas, theme)
    }
  }

  /// Places the panels, and leaves out in a fixed order what makes plots too low: the texts below the panels' titles, titles of
  /// horizontal axes above other panels, the caption.
  private mutating func placePanels() {
    let columns = figure.gridColumns
    for step in 0...3 {
      switch step {
      case 1: for index in figure.panels.indices { figure.panels[index].detail = "" }
      case 2: for index in figure.panels.indices.dropLast(columns) { figure.panels[index].x.title = "" }
      case 3:
        caption = .empty
        setGridHeight()
      default: break
      }
      place()
      guard let plot = panels.first?.plot, plot.height < 24 else { return }
    }
  }

  /// Leaves out text in a fixed order until the panels have room: the settings, which are the first line of a subtitle of several, and
  /// far later the caption and the subtitle, which say what marks mean.
  private mutating func leaveOutText(width: Double) {
    if grid.height < figure.size.height * 0.75, let end = figure.subtitle.firstIndex(of: "\n") {
      let rest = String(figure.subtitle[figure.subtitle.index(after: end)...])
      subtitle = canvas.wrap(rest, theme.subtitleFont, width: width, limit: 4)
      setGridHeight()
    }
    for part in [\Self.caption, \.subtitle] where grid.height < figure.size.height * 0.4 {
      self[keyPath: part] = .empty
      setGridHeight()
    }
  }

  /// Gives the panels the height between the head and the caption.
  private mutating func setGridHeight() {
    let head = title.height + subtitle.height + legend.height
    let top = Self.edge + head + (head > 0 ? 10 : 0)
    let bottom = figure.size.height - Self.edge - (caption.height > 0 ? caption.height + 8 : 0)
    grid = Rectangle(left: grid.left, top: top, width: grid.width, height: bottom - top)
  }

  private mutating func place() {
    let count = figure.panels.count
    panels = []
    guard count > 0 else { return }
    let columns = figure.gridColumns
    let rows = (count + columns - 1) / columns
    let cellWidth = (grid.width - Double(columns - 1) * Self.between) / Double(columns)
    let cellHeight = (grid.height - Double(rows - 1) * Self.between) / Double(rows)
    var plot = Size(width: cellWidth * 0.8, height: cellHeight * 0.75)
    var columnMargins: [PanelLayout.Margins] = [], rowMargins: [PanelLayout.Margins] = []
    var hasLegend = [Bool](repeating: false, count: count)
    var layouts: [PanelLayout] = []
    let scales = figure.panels.map(\.scales)
    // Margins depend on labels, and labels on the size that margins leave: four rounds are enough for both to settle. Labels that
    // moved to the legend stay there.
    for _ in 0..<4 {
      columnMargins = Array(repeating: .init(), count: columns)
      rowMargins = Array(repeating: .init(), count: rows)
      layouts = figure.panels.enumerated().map { index, panel in
        let shows = AxisVisibility(
          x: !figure.sharesAxes || index + columns >= count, y: !figure.sharesAxes || index % columns == 0)
        return PanelLayout(
          panel, scales: scales[index], plot: plot, cell: Size(width: cellWidth, height: cellHeight), shows: shows,
          labelsInLegend: hasLegend[index], on: canvas, theme)
      }
      for (index, layout) in layouts.enumerated() {
        hasLegend[index] = layout.directLabels == nil
        columnMargins[index % columns].grow(to: layout.margins)
        rowMargins[index / columns].grow(to: layout.margins)
      }
      let across = columnMargins.reduce(0) { $0 + $1.left + $1.right } + Double(columns - 1) * Self.between
      let down = rowMargins.reduce(0) { $0 + $1.top + $1.bottom } + Double(rows - 1) * Self.between
      plot = Size(
        width: max((grid.width - across) / Double(columns), 8), height: max((grid.height - down) / Double(rows), 8))
    }
    var top = grid.top
    for row in 0..<rows {
      top += rowMargins[row].top
      let rows = wholeRows(top, plot.height)
      var left = grid.left
      for column in 0..<columns {
        left += columnMargins[column].left
        let index = row * columns + column
        if index < count {
          // Narrow panels end where their own labels begin, not where those of the panels above or below do.
          let isNarrow = cellWidth < 200 && !figure.sharesAxes
          let width = plot.width + (isNarrow ? columnMargins[column].right - layouts[index].margins.right : 0)
          panels.append(
            (layouts[index], Rectangle(left: left, top: rows.top, width: width, height: rows.height)))
        }
        left += plot.width + columnMargins[column].right + Self.between
      }
      top += plot.height + rowMargins[row].bottom + Self.between
    }
  }

  /// The part of a plot area that covers whole rows of a canvas of characters, so that the axis below has a row of its own.
  private func wholeRows(_ top: Double, _ height: Double) -> (top: Double, height: Double) {
    let row = canvas.rowHeight
    guard row > 0 else { return (top, height) }
    let first = (top / row - 1e-9).rounded(.up) * row, last = ((top + height) / row + 1e-9).rounded(.down) * row
    return last - first >= row ? (first, last - first) : (top, height)
  }

  func draw() {
    var top = Self.edge
    canvas.draw(title, left: Self.edge, top: top, theme.text)
    top += title.height
    canvas.draw(subtitle, left: Self.edge, top: top, theme.muted)
    top += subtitle.height
    legend.draw(left: Self.edge, top: top, on: canvas, theme)
    for (layout, plot) in panels { layout.draw(in: plot, on: canvas, theme) }
    if let first = panels.first?.plot {
      colorBar?.draw(left: grid.right + Self.between, top: first.top, on: canvas, theme)
    }
    canvas.draw(caption, left: Self.edge, top: figure.size.height - Self.edge - caption.height, theme.muted)
  }
}
