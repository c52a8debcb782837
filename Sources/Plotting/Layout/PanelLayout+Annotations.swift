extension PanelLayout {
  /// Draws all points first, since no label may cover one; then each label at the first of eight positions where it covers nothing.
  func drawAnnotations(_ area: PlotArea, on canvas: any Canvas) {
    let plot = area.rectangle, theme = area.theme, font = theme.tickFont, size = 9.0
    let placed = panel.annotations.compactMap { annotation in
      area.point(annotation.x, annotation.y).map {
        (annotation, Point(min(max($0.x, plot.left), plot.right), min(max($0.y, plot.top), plot.bottom)))
      }
    }
    var occupied = placed.map { Rectangle(left: $1.x - size / 2, top: $1.y - size / 2, width: size, height: size) }
    for (annotation, point) in placed {
      canvas.dot(annotation.shape, at: point, size: size, theme.color(annotation.color))
    }
    var labelled: [(text: String, point: Point)] = []
    for (annotation, point) in placed where !annotation.text.isEmpty {
      // Points at the same position with the same text get one label.
      if labelled.contains(where: {
        $0.text == annotation.text && abs($0.point.x - point.x) < 4 && abs($0.point.y - point.y) < 4
      }
      ) {
        continue
      }
      let extent = canvas.measure(annotation.text, font), away = size / 2 + 3
      let right = point.x + away, left = point.x - away - extent.width, middle = point.x - extent.width / 2
      let level = point.y - extent.height / 2, above = point.y - away - extent.height, below = point.y + away
      let corners = [
        Point(right, level), Point(left, level), Point(middle, above), Point(middle, below), Point(right, below),
        Point(left, below), Point(right, above), Point(left, above),
      ]
      let boxes = corners.map { Rectangle(left: $0.x, top: $0.y, width: extent.width, height: extent.height) }
      guard
        let box = boxes.first(where: { box in
          box.left >= plot.left && box.right <= plot.right && box.top >= plot.top && box.bottom <= plot.bottom
            && !occupied.contains { $0.intersects(box) }
        })
      else { continue }
      labelled.append((annotation.text, point))
      occupied.append(box)
      canvas.fill(box, theme.background.opacity(0.8))
      canvas.text(
        annotation.text, at: Point(box.left, box.top + extent.ascent), font, theme.color(annotation.color),
        rotated: false)
    }
  }
}
