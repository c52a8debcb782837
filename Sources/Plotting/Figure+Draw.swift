extension Figure {
  /// Draws the figure; nothing overlaps, since every text is measured before its place is given away.
  public func draw(on canvas: any Canvas) {
    canvas.fill(Rect(left: 0, top: 0, width: size.width, height: size.height), theme.background)
    var area = Rect(left: 16, top: 14, width: size.width - 32, height: size.height - 26)
    drawHeader(in: &area, on: canvas)
    drawCaption(in: &area, on: canvas)
    drawLegend(in: &area, on: canvas)
    drawColorBar(in: &area, on: canvas)
    drawPanels(in: area, on: canvas)
  }

  private func style(_ size: Double, _ color: Color, bold: Bool = false) -> TextStyle {
    TextStyle(size: size, isBold: bold, color: color)
  }

  private func drawHeader(in area: inout Rect, on canvas: any Canvas) {
    for (text, style) in [
      (title, style(theme.titleSize, theme.text, bold: true)), (subtitle, style(theme.labelSize, theme.muted)),
    ] {
      for line in wrapped(text, style, width: area.width, on: canvas) {
        canvas.draw(line, at: Point(area.left, area.top), style, anchor: Anchor(.left, .top))
        cut(&area, top: style.size * 1.42)
      }
    }
    cut(&area, top: 6)
  }

  private func drawCaption(in area: inout Rect, on canvas: any Canvas) {
    let style = style(theme.captionSize, theme.muted)
    let lines = wrapped(caption, style, width: area.width, on: canvas)
    guard !lines.isEmpty else { return }
    let height = Double(lines.count) * style.size * 1.35
    for (index, line) in lines.enumerated() {
      let top = area.bottom - height + Double(index) * style.size * 1.35
      canvas.draw(line, at: Point(area.left, top), style, anchor: Anchor(.left, .top))
    }
    area.height -= height + 8
  }

  private func drawLegend(in area: inout Rect, on canvas: any Canvas) {
    let style = style(theme.labelSize, theme.text), line = style.size * 1.5
    // Side by side as long as there is room, otherwise below each other.
    var left = area.left
    for (index, entry) in legend.enumerated() {
      let width = 34 + canvas.measure(entry.text, style).width + 20
      if index > 0, left + width > area.right {
        left = area.left
        cut(&area, top: line)
      }
      let middle = area.top + line / 2
      canvas.stroke([Point(left, middle), Point(left + 26, middle)], entry.stroke)
      if entry.hasDot { canvas.dot(at: Point(left + 13, middle), radius: 2.6, entry.stroke.color) }
      canvas.draw(entry.text, at: Point(left + 33, middle), style, anchor: Anchor(.left, .middle))
      left += width
    }
    if !legend.isEmpty { cut(&area, top: line + 6) }
  }

  private func drawColorBar(in area: inout Rect, on canvas: any Canvas) {
    guard let colorBar else { return }
    let ticksStyle = style(theme.tickSize, theme.muted), labelStyle = style(theme.labelSize, theme.text)
    let ticks = Ticks.fitting(Scale(.log, from: colorBar.colors.lower, to: colorBar.colors.upper), count: 8)
    let kinds = ColorScale.Kind.allCases.filter(colorBar.kinds.contains)
    let words = ticks.major.map(\.label) + kinds.map(\.label)
    let room = 14 + 6 + (words.map { canvas.measure($0, ticksStyle).width }.max() ?? 0) + 8 + labelStyle.size * 1.3
    let left = area.right - room + 4
    // As tall as the panels: below them lie tick labels and the x axis's name.
    let footer = ticksStyle.size * 1.3 + labelStyle.size * 1.3 + 12
    let header = panels.contains { !$0.title.isEmpty } ? theme.labelSize * 1.6 : 4
    var bottom = area.bottom - footer
    let unit = max(1, Int(canvas.pixelsPerPoint.rounded()))
    for kind in kinds {
      let swatch = Rect(left: left, top: bottom - 13, width: 14, height: 13)
      let pixels = 14 * unit * 13 * unit
      canvas.draw(
        pixels: (0..<pixels).map {
          ColorScale.pixel(kind, x: $0 % (14 * unit), y: $0 / (14 * unit), unit: unit, theme: theme)
        }, columns: 14 * unit, rows: 13 * unit, in: swatch)
      canvas.draw(kind.label, at: Point(swatch.right + 6, swatch.centre.y), ticksStyle, anchor: Anchor(.left, .middle))
      bottom -= 18
    }
    let bar = Rect(
      left: left, top: area.top + header, width: 14, height: bottom - area.top - header - (kinds.isEmpty ? 0 : 6))
    canvas.draw(
      pixels: (0..<256).map { colorBar.colors.map.code(at: 1 - Double($0) / 255) }, columns: 1, rows: 256, in: bar)
    for tick in ticks.major {
      let y = bar.bottom - bar.height * colorBar.colors.place(ofLogarithm: decimalLogarithm(tick.value))
      canvas.stroke([Point(bar.right, y), Point(bar.right + 3, y)], Stroke(theme.axis, width: 1))
      canvas.draw(tick.label, at: Point(bar.right + 6, y), ticksStyle, anchor: Anchor(.left, .middle))
    }
    canvas.draw(
      colorBar.label, at: Point(area.right, bar.centre.y), labelStyle, anchor: Anchor(.centre, .bottom),
      isVertical: true)
    area.width -= room + 10
  }

  private func drawPanels(in area: Rect, on canvas: any Canvas) {
    let columns = max(1, min(self.columns, panels.count)), rows = (panels.count + columns - 1) / columns
    guard rows > 0 else { return }
    let drawers = panels.map { PanelDrawer(panel: $0, theme: theme, canvas: canvas) }
    // Tick labels at the ends of neighbouring panels reach half into the gap.
    let gap = 26.0
    // The first column's axis takes the room it needs; the panels share what is left evenly.
    let lefts = drawers.enumerated().map { index, drawer in
      sharesY && index % columns > 0 ? 0 : drawer.leftMargin(height: area.height / Double(rows))
    }
    let rights = drawers.map(\.rightMargin)
    let taken = (0..<columns).map { column in
      let members = stride(from: column, to: panels.count, by: columns)
      return (left: members.map { lefts[$0] }.max() ?? 0, right: members.map { rights[$0] }.max() ?? 0)
    }
    let width = (area.width - taken.reduce(0) { $0 + $1.left + $1.right } - gap * Double(columns - 1)) / Double(columns)
    let height = (area.height - gap * Double(rows - 1)) / Double(rows)
    for (index, drawer) in drawers.enumerated() {
      let column = index % columns, row = index / columns
      let left =
        area.left + taken.prefix(column).reduce(0) { $0 + $1.left + $1.right + width + gap } + taken[column].left
      let top = area.top + Double(row) * (height + gap)
      drawer.draw(
        in: Rect(
          left: left, top: top + drawer.topMargin, width: max(width, 1),
          height: max(height - drawer.topMargin - drawer.bottomMargin, 1)),
        showsY: !(sharesY && column > 0), leftMargin: taken[column].left)
    }
  }

  private func cut(_ area: inout Rect, top: Double) {
    area.top += top
    area.height -= top
  }
}

/// A text in lines that are no wider than `width`, broken at spaces.
func wrapped(_ text: String, _ style: TextStyle, width: Double, on canvas: any Canvas) -> [String] {
  var lines: [String] = []
  for paragraph in text.split(separator: "\n") {
    var line = ""
    for word in paragraph.split(separator: " ") {
      let longer = line.isEmpty ? String(word) : line + " " + word
      if !line.isEmpty, canvas.measure(longer, style).width > width {
        lines.append(line)
        line = String(word)
      } else {
        line = longer
      }
    }
    if !line.isEmpty { lines.append(line) }
  }
  return lines
}
