/// Draws one panel: axes, marks, labels at line ends.
struct PanelDrawer {
  let panel: Panel
  let theme: Theme
  let canvas: any Canvas

  private var tickStyle: TextStyle { TextStyle(size: theme.tickSize, color: theme.muted) }
  private var labelStyle: TextStyle { TextStyle(size: theme.labelSize, color: theme.text) }
  private var endStyle: TextStyle { TextStyle(size: theme.labelSize, isBold: true, color: theme.text) }

  // MARK: How much room there must be around the panel

  var topMargin: Double { panel.title.isEmpty ? 4 : theme.labelSize * 1.6 }
  var bottomMargin: Double { tickStyle.size * 1.3 + labelStyle.size * 1.3 + 12 }

  func leftMargin(height: Double) -> Double {
    let widest =
      ticks(panel.y, length: height - topMargin - bottomMargin, isVertical: true).major
      .map { canvas.measure($0.label, tickStyle).width }.max() ?? 0
    return widest + 8 + (panel.y.label.isEmpty && panel.y.ends == nil ? 0 : labelStyle.size * 1.5)
  }

  var rightMargin: Double {
    let widest = panel.endLabels.map { canvas.measure($0.text, endStyle).width }.max() ?? 0
    return widest > 0 ? widest + 16 : 4
  }

  // MARK: Drawing

  func draw(in area: Rect, showsY: Bool, leftMargin: Double) {
    if !panel.title.isEmpty {
      canvas.draw(panel.title, at: Point(area.left, area.top - 6), endStyle, anchor: Anchor(.left, .bottom))
    }
    let xTicks = ticks(panel.x, length: area.width, isVertical: false)
    let yTicks = ticks(panel.y, length: area.height, isVertical: true)
    drawGrid(xTicks, yTicks, in: area)
    canvas.clip(to: area) { for mark in panel.marks { draw(mark, in: area) } }
    drawAxes(xTicks, showsY ? yTicks : Ticks(major: []), in: area)
    drawNames(in: area, showsY: showsY, leftMargin: leftMargin)
    drawEndLabels(in: area)
  }

  private func x(_ value: Double, _ area: Rect) -> Double? {
    panel.x.scale.place(of: value).map { area.left + $0 * area.width }
  }
  private func y(_ value: Double, _ area: Rect) -> Double? {
    panel.y.scale.place(of: value).map { area.bottom - $0 * area.height }
  }
  private func point(_ x: Double, _ y: Double, _ area: Rect) -> Point? {
    guard let x = self.x(x, area), let y = self.y(y, area) else { return nil }
    return Point(x, y)
  }

  /// As many marks as have room for their labels.
  private func ticks(_ axis: Axis, length: Double, isVertical: Bool) -> Ticks {
    if let names = axis.names {
      let room =
        isVertical ? tickStyle.size * 1.35 : (names.map { canvas.measure($0.label, tickStyle).width }.max() ?? 0) + 8
      let every = max(1, Int((Double(names.count) * room / max(length, 1)).rounded(.up)))
      let shown = names.enumerated().filter { $0.offset.isMultiple(of: every) }.map(\.element)
      return Ticks(major: shown.filter { axis.scale.place(of: $0.value).map { $0 >= 0 && $0 <= 1 } ?? false })
    }
    let wanted = isVertical ? Int(length / 38) : Int(length / 70)
    return Ticks.fitting(axis.scale, count: min(max(wanted, 2), 9), integers: axis.integers)
  }

  private func drawGrid(_ xTicks: Ticks, _ yTicks: Ticks, in area: Rect) {
    let stroke = Stroke(theme.grid, width: 0.8)
    if panel.y.showsGrid {
      for tick in yTicks.major {
        if let y = y(tick.value, area) { canvas.stroke([Point(area.left, y), Point(area.right, y)], stroke) }
      }
    }
    if panel.x.showsGrid {
      for tick in xTicks.major {
        if let x = x(tick.value, area) { canvas.stroke([Point(x, area.top), Point(x, area.bottom)], stroke) }
      }
    }
  }

  private func drawAxes(_ xTicks: Ticks, _ yTicks: Ticks, in area: Rect) {
    let stroke = Stroke(theme.axis, width: 1)
    canvas.stroke([Point(area.left, area.top), Point(area.left, area.bottom), Point(area.right, area.bottom)], stroke)
    for tick in xTicks.major {
      guard let x = x(tick.value, area) else { continue }
      canvas.stroke([Point(x, area.bottom), Point(x, area.bottom + 4)], stroke)
      canvas.draw(tick.label, at: Point(x, area.bottom + 6), tickStyle, anchor: Anchor(.centre, .top))
    }
    for value in xTicks.minor {
      if let x = x(value, area) { canvas.stroke([Point(x, area.bottom), Point(x, area.bottom + 2.5)], stroke) }
    }
    for tick in yTicks.major {
      guard let y = y(tick.value, area) else { continue }
      canvas.stroke([Point(area.left - 4, y), Point(area.left, y)], stroke)
      canvas.draw(tick.label, at: Point(area.left - 6, y), tickStyle, anchor: Anchor(.right, .middle))
    }
    for value in yTicks.minor {
      if let y = y(value, area) { canvas.stroke([Point(area.left - 2.5, y), Point(area.left, y)], stroke) }
    }
  }

  private func drawNames(in area: Rect, showsY: Bool, leftMargin: Double) {
    let below = area.bottom + bottomMargin - labelStyle.size * 1.3 - 2
    canvas.draw(panel.x.label, at: Point(area.centre.x, below), labelStyle, anchor: Anchor(.centre, .top))
    if let ends = panel.x.ends {
      canvas.draw(ends.lower, at: Point(area.left, below), tickStyle, anchor: Anchor(.left, .top))
      canvas.draw(ends.upper, at: Point(area.right, below), tickStyle, anchor: Anchor(.right, .top))
    }
    guard showsY else { return }
    let left = area.left - leftMargin
    canvas.draw(
      panel.y.label, at: Point(left, area.centre.y), labelStyle, anchor: Anchor(.centre, .top), isVertical: true)
    if let ends = panel.y.ends {
      canvas.draw(ends.lower, at: Point(left, area.bottom), tickStyle, anchor: Anchor(.left, .top), isVertical: true)
      canvas.draw(ends.upper, at: Point(left, area.top), tickStyle, anchor: Anchor(.right, .top), isVertical: true)
    }
  }

  private func draw(_ mark: Mark, in area: Rect) {
    switch mark {
    case .line(let values, let stroke):
      let near = area.widened(by: 10)
      for piece in pieces(values, in: area) { for part in near.clipping(piece) { canvas.stroke(part, stroke) } }
    case .band(let values, let color):
      let upper = pieces(values.map { ($0.x, $0.upper) }, in: area),
        lower = pieces(values.map { ($0.x, $0.lower) }, in: area)
      guard upper.count == lower.count else { return }
      for (top, bottom) in zip(upper, lower) { canvas.fill(top + bottom.reversed(), color) }
    case .dots(let values, let radius, let color):
      for value in values {
        if let centre = point(value.x, value.y, area) { canvas.dot(at: centre, radius: radius, color) }
      }
    case .cross(let x, let y, let color):
      guard var at = point(x, y, area) else { return }
      // Whole, also at an edge.
      at = Point(min(max(at.x, area.left + 5), area.right - 5), min(max(at.y, area.top + 5), area.bottom - 5))
      for sign in [-1.0, 1] {
        canvas.stroke([Point(at.x - 4, at.y - 4 * sign), Point(at.x + 4, at.y + 4 * sign)], Stroke(color, width: 2))
      }
    case .level(let value, let stroke):
      guard let y = y(value, area) else { return }
      canvas.stroke([Point(area.left, y), Point(area.right, y)], stroke)
    case .cells(let cells):
      let unit = canvas.pixelsPerPoint
      let width = max(1, Int((area.width * unit).rounded())), height = max(1, Int((area.height * unit).rounded()))
      let pixels = cells.pixels(width: width, height: height, unit: max(1, Int(unit.rounded())), theme: theme)
      canvas.draw(pixels: pixels, columns: width, rows: height, in: area)
    }
  }

  /// The parts of a line between interruptions, with no more points than a pixel column can show: the first, the lowest, the
  /// highest and the last.
  private func pieces(_ values: [(x: Double, y: Double)], in area: Rect) -> [[Point]] {
    var pieces: [[Point]] = [[]]
    for value in values {
      if let point = point(value.x, value.y, area) {
        pieces[pieces.count - 1].append(point)
      } else if !pieces[pieces.count - 1].isEmpty {
        pieces.append([])
      }
    }
    return pieces.filter { !$0.isEmpty }.map { thinned($0) }
  }

  private func thinned(_ points: [Point]) -> [Point] {
    let column = 1 / canvas.pixelsPerPoint
    guard Double(points.count) * column > 4 * (points.last!.x - points[0].x) else { return points }
    var result: [Point] = []
    var start = 0
    while start < points.count {
      let place = (points[start].x / column).rounded(.down)
      var end = start + 1, low = start, high = start
      while end < points.count, (points[end].x / column).rounded(.down) == place {
        if points[end].y < points[low].y { low = end }
        if points[end].y > points[high].y { high = end }
        end += 1
      }
      for index in Set([start, low, high, end - 1]).sorted() { result.append(points[index]) }
      start = end
    }
    return result
  }

  /// Labels at their lines' height, moved apart where they would touch and then joined to it by a thin stroke.
  private func drawEndLabels(in area: Rect) {
    let height = endStyle.size * 1.25
    let low = area.top + height / 2, high = area.bottom - height / 2
    let wanted = panel.endLabels.compactMap { label in
      y(label.y, area).map { (label: label, y: min(max($0, area.top), area.bottom)) }
    }
    .sorted { $0.y < $1.y }
    var places = wanted.map { min(max($0.y, low), high) }
    for index in places.indices.dropFirst() { places[index] = max(places[index], places[index - 1] + height) }
    if let last = places.last, last > high {
      places[places.count - 1] = high
      for index in places.indices.dropLast().reversed() {
        places[index] = min(places[index], places[index + 1] - height)
      }
    }
    for (index, (label, y)) in wanted.enumerated() {
      let style = TextStyle(size: endStyle.size, isBold: label.isBold, color: label.color)
      canvas.stroke(
        [Point(area.right + 1, y), Point(area.right + 8, places[index])], Stroke(label.color.opacity(0.6), width: 0.8))
      canvas.draw(label.text, at: Point(area.right + 11, places[index]), style, anchor: Anchor(.left, .middle))
    }
  }
}
