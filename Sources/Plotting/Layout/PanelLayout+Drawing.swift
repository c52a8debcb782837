extension PanelLayout {
  func draw(in plot: Rectangle, on canvas: any Canvas, _ theme: Theme) {
    let frame = Frame(rectangle: plot, x: x, y: y, theme: theme)
    drawHead(above: plot, on: canvas, theme)
    drawGrid(frame, on: canvas)
    canvas.clip(to: plot.inset(-1)) {
      for mark in panel.marks { mark.draw(in: frame, on: canvas) }
    }
    if panel.x.isVisible { drawHorizontalAxis(frame, on: canvas) }
    if panel.y.isVisible { drawVerticalAxis(frame, on: canvas) }
    drawNotes(frame, on: canvas)
    directLabels?.draw(right: plot, y, on: canvas, theme)
    key?.draw(left: plot.right + 10, top: plot.top, on: canvas, theme)
  }

  private func drawHead(above plot: Rectangle, on canvas: any Canvas, _ theme: Theme) {
    var top = plot.top - Self.gap - legend.height - detail.height - title.height
    canvas.draw(title, left: plot.left, top: top, theme.text)
    top += title.height
    canvas.draw(detail, left: plot.left, top: top, theme.muted)
    legend.draw(left: plot.left, top: top + detail.height, on: canvas, theme)
  }

  private func drawGrid(_ frame: Frame, on canvas: any Canvas) {
    let plot = frame.rectangle, stroke = Stroke(frame.theme.grid, width: 1)
    if panel.x.hasGrid {
      for tick in xTicks where !tick.label.isEmpty {
        guard let left = frame.left(of: tick.value), plot.contains(Point(left, plot.top)) else { continue }
        canvas.stroke([Point(left, plot.top), Point(left, plot.bottom)], stroke)
      }
    }
    if panel.y.hasGrid {
      for tick in yTicks where !tick.label.isEmpty {
        guard let top = frame.top(of: tick.value), plot.contains(Point(plot.left, top)) else { continue }
        canvas.stroke([Point(plot.left, top), Point(plot.right, top)], stroke)
      }
    }
  }

  private func drawHorizontalAxis(_ frame: Frame, on canvas: any Canvas) {
    let plot = frame.rectangle, theme = frame.theme, font = theme.tickFont, stroke = Stroke(theme.axis, width: 1)
    let extent = canvas.measure("0", font)
    canvas.stroke([Point(plot.left, plot.bottom), Point(plot.right, plot.bottom)], stroke)
    for tick in xTicks {
      guard let left = frame.left(of: tick.value), left >= plot.left - 0.5, left <= plot.right + 0.5 else { continue }
      let length = tick.label.isEmpty ? Self.tick * 0.6 : Self.tick
      canvas.stroke([Point(left, plot.bottom), Point(left, plot.bottom + length)], stroke)
      guard shows.x, !tick.label.isEmpty else { continue }
      let width = canvas.measure(tick.label, font).width
      canvas.text(
        tick.label, at: Point(left - width / 2, plot.bottom + Self.tick + Self.gap + extent.ascent), font, theme.muted,
        rising: false)
    }
    guard shows.x else { return }
    let baseline = plot.bottom + Self.tick + Self.gap + extent.height + 3 + xTitle.ascent
    func put(_ text: String, at fraction: Double, _ color: Color) {
      guard !text.isEmpty else { return }
      let width = canvas.measure(text, xTitle.font).width
      canvas.text(
        text, at: Point(plot.left + fraction * (plot.width - width), baseline), xTitle.font, color, rising: false)
    }
    put(xTitle.title, at: 0.5, theme.text)
    put(xTitle.ends?.low ?? "", at: 0, theme.muted)
    put(xTitle.ends?.high ?? "", at: 1, theme.muted)
  }

  private func drawVerticalAxis(_ frame: Frame, on canvas: any Canvas) {
    let plot = frame.rectangle, theme = frame.theme, font = theme.tickFont, stroke = Stroke(theme.axis, width: 1)
    let extent = canvas.measure("0", font)
    canvas.stroke([Point(plot.left, plot.top), Point(plot.left, plot.bottom)], stroke)
    let room = margins.left - Self.tick - 2 - Self.gap - yTitle.height
    for tick in yTicks {
      guard let top = frame.top(of: tick.value), top >= plot.top - 0.5, top <= plot.bottom + 0.5 else { continue }
      let length = tick.label.isEmpty ? Self.tick * 0.6 : Self.tick
      canvas.stroke([Point(plot.left - length, top), Point(plot.left, top)], stroke)
      guard shows.y, !tick.label.isEmpty else { continue }
      // Layers differ at the end of their paths.
      let label = canvas.shorten(tick.label, font, width: max(room, 10) + 0.01, keepsEnd: true)
      canvas.text(
        label,
        at: Point(
          plot.left - Self.tick - Self.gap + 2 - canvas.measure(label, font).width,
          top + (extent.ascent - extent.descent) / 2), font, theme.muted, rising: false)
    }
    guard shows.y else { return }
    let baseline = plot.left - margins.left + yTitle.ascent
    func put(_ text: String, at fraction: Double, _ color: Color) {
      guard !text.isEmpty else { return }
      let width = canvas.measure(text, yTitle.font).width
      canvas.text(
        text, at: Point(baseline, plot.bottom - fraction * (plot.height - width)), yTitle.font, color, rising: true)
    }
    put(yTitle.title, at: 0.5, theme.text)
    put(yTitle.ends?.low ?? "", at: 0, theme.muted)
    put(yTitle.ends?.high ?? "", at: 1, theme.muted)
  }

  /// Dots first, since no label may hide one; then each label at the first of eight places where it covers nothing.
  private func drawNotes(_ frame: Frame, on canvas: any Canvas) {
    let plot = frame.rectangle, theme = frame.theme, font = theme.tickFont, size = 9.0
    let placed = panel.notes.compactMap { note in
      frame.point(note.x, note.y).map {
        (note, Point(min(max($0.x, plot.left), plot.right), min(max($0.y, plot.top), plot.bottom)))
      }
    }
    var taken = placed.map { Rectangle(left: $1.x - size / 2, top: $1.y - size / 2, width: size, height: size) }
    for (note, point) in placed { canvas.dot(note.shape, at: point, size: size, theme.color(note.ink)) }
    var said: [(text: String, place: Point)] = []
    for (note, point) in placed where !note.text.isEmpty {
      // Seeds that fail together need one label.
      if said.contains(where: { $0.text == note.text && abs($0.place.x - point.x) < 4 && abs($0.place.y - point.y) < 4 }
      ) {
        continue
      }
      let extent = canvas.measure(note.text, font), away = size / 2 + 3
      let right = point.x + away, left = point.x - away - extent.width, middle = point.x - extent.width / 2
      let level = point.y - extent.height / 2, above = point.y - away - extent.height, below = point.y + away
      let places = [
        Point(right, level), Point(left, level), Point(middle, above), Point(middle, below), Point(right, below),
        Point(left, below), Point(right, above), Point(left, above),
      ]
      let boxes = places.map { Rectangle(left: $0.x, top: $0.y, width: extent.width, height: extent.height) }
      guard
        let box = boxes.first(where: { box in
          box.left >= plot.left && box.right <= plot.right && box.top >= plot.top && box.bottom <= plot.bottom
            && !taken.contains { $0.intersects(box) }
        })
      else { continue }
      said.append((note.text, point))
      taken.append(box)
      canvas.fill(box, theme.background.opacity(0.8))
      canvas.text(
        note.text, at: Point(box.left, box.top + extent.ascent), font, theme.color(note.ink), rising: false)
    }
  }
}
