extension PanelLayout {
  func draw(in plot: Rectangle, on canvas: any Canvas, _ theme: Theme) {
    let area = PlotArea(rectangle: plot, xScale: x, yScale: y, theme: theme)
    drawHead(above: plot, on: canvas, theme)
    drawGrid(area, on: canvas)
    canvas.clip(to: plot.inset(-1)) {
      for mark in panel.marks { mark.draw(in: area, on: canvas) }
    }
    if panel.x.isVisible { drawHorizontalAxis(area, on: canvas) }
    if panel.y.isVisible { drawVerticalAxis(area, on: canvas) }
    drawAnnotations(area, on: canvas)
    directLabels?.draw(right: plot, y, on: canvas, theme)
    colorBar?.draw(left: plot.right + 10, top: plot.top, on: canvas, theme)
  }

  private func drawHead(above plot: Rectangle, on canvas: any Canvas, _ theme: Theme) {
    let left = plot.left - headInset
    var top = plot.top - Self.gap - legend.height - detail.height - title.height
    canvas.draw(title, left: left, top: top, theme.text)
    top += title.height
    canvas.draw(detail, left: left, top: top, theme.muted)
    legend.draw(left: left, top: top + detail.height, on: canvas, theme)
  }

  private func drawGrid(_ area: PlotArea, on canvas: any Canvas) {
    let plot = area.rectangle, stroke = Stroke(area.theme.grid, width: 1)
    if panel.x.hasGrid {
      for tick in xTicks where !tick.label.isEmpty {
        guard let left = area.x(of: tick.value), plot.contains(Point(left, plot.top)) else { continue }
        canvas.stroke([Point(left, plot.top), Point(left, plot.bottom)], stroke)
      }
    }
    if panel.y.hasGrid {
      for tick in yTicks where !tick.label.isEmpty {
        guard let top = area.y(of: tick.value), plot.contains(Point(plot.left, top)) else { continue }
        canvas.stroke([Point(plot.left, top), Point(plot.right, top)], stroke)
      }
    }
  }

  private func drawHorizontalAxis(_ area: PlotArea, on canvas: any Canvas) {
    let plot = area.rectangle, theme = area.theme, font = theme.tickFont, stroke = Stroke(theme.axis, width: 1)
    let extent = canvas.measure("0", font)
    canvas.stroke([Point(plot.left, plot.bottom), Point(plot.right, plot.bottom)], stroke)
    for tick in xTicks {
      guard let left = area.x(of: tick.value), left >= plot.left - 0.5, left <= plot.right + 0.5 else { continue }
      let length = tick.label.isEmpty ? Self.tick * 0.6 : Self.tick
      canvas.stroke([Point(left, plot.bottom), Point(left, plot.bottom + length)], stroke)
      guard shows.x, !tick.label.isEmpty else { continue }
      let width = canvas.measure(tick.label, font).width
      canvas.text(
        tick.label, at: Point(left - width / 2, plot.bottom + Self.tick + Self.gap + extent.ascent), font, theme.muted,
        rotated: false)
    }
    guard shows.x else { return }
    let baseline = plot.bottom + Self.tick + Self.gap + extent.height + 3 + xTitle.ascent
    func put(_ text: String, at fraction: Double, line: Int = 0, _ color: Color) {
      guard !text.isEmpty else { return }
      let width = canvas.measure(text, xTitle.font).width
      let start = Point(
        plot.left + fraction * (plot.width - width), baseline + Double(line) * xTitle.lineHeight)
      canvas.text(text, at: start, xTitle.font, color, rotated: false)
    }
    for (line, text) in xTitle.lines.enumerated() { put(text, at: 0.5, line: line, theme.text) }
    put(xTitle.ends?.low ?? "", at: 0, theme.muted)
    put(xTitle.ends?.high ?? "", at: 1, theme.muted)
  }

  private func drawVerticalAxis(_ area: PlotArea, on canvas: any Canvas) {
    let plot = area.rectangle, theme = area.theme, font = theme.tickFont, stroke = Stroke(theme.axis, width: 1)
    let extent = canvas.measure("0", font)
    canvas.stroke([Point(plot.left, plot.top), Point(plot.left, plot.bottom)], stroke)
    for tick in yTicks {
      guard let top = area.y(of: tick.value), top >= plot.top - 0.5, top <= plot.bottom + 0.5 else { continue }
      let length = tick.label.isEmpty ? Self.tick * 0.6 : Self.tick
      canvas.stroke([Point(plot.left - length, top), Point(plot.left, top)], stroke)
      guard shows.y, !tick.label.isEmpty else { continue }
      canvas.text(
        tick.label,
        at: Point(
          plot.left - Self.tick - Self.gap + 2 - canvas.measure(tick.label, font).width,
          top + (extent.ascent - extent.descent) / 2), font, theme.muted, rotated: false)
    }
    guard shows.y else { return }
    let baseline = plot.left - margins.left + yTitle.ascent
    func put(_ text: String, at fraction: Double, _ color: Color) {
      guard !text.isEmpty else { return }
      let width = canvas.measure(text, yTitle.font).width
      canvas.text(
        text, at: Point(baseline, plot.bottom - fraction * (plot.height - width)), yTitle.font, color, rotated: true)
    }
    put(yTitle.lines.first ?? "", at: 0.5, theme.text)
    put(yTitle.ends?.low ?? "", at: 0, theme.muted)
    put(yTitle.ends?.high ?? "", at: 1, theme.muted)
  }
}
