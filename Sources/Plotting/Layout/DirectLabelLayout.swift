/// The layout of the labels to the right of a plot area.
struct DirectLabelLayout {
  struct Item {
    let label: DirectLabel
    let text: TextBlock
    let detail: TextBlock
    var height: Double { text.height + detail.height + 3 }
  }

  static let leader = 14.0
  let items: [Item]
  let width: Double

  /// Nil where there are no labels, or where they do not fit the height even without details.
  init?(_ labels: [DirectLabel], height: Double, width: Double, on canvas: any Canvas, _ theme: Theme) {
    guard !labels.isEmpty else { return nil }
    func items(withDetails: Bool) -> [Item] {
      labels.map {
        Item(
          label: $0, text: canvas.wrap($0.text, theme.labelFont, width: width, limit: 2),
          detail: withDetails ? canvas.wrap($0.detail, theme.tickFont, width: width, limit: 3) : .empty)
      }
    }
    var found = items(withDetails: true)
    if found.reduce(0, { $0 + $1.height }) > height {
      // Details matter more than a position beside the plot, so labels with details move to the legend.
      if labels.contains(where: { !$0.detail.isEmpty }) { return nil }
      found = items(withDetails: false)
    }
    guard found.reduce(0, { $0 + $1.height }) <= height else { return nil }
    self.items = found
    self.width = Self.leader + found.reduce(0) { max($0, $1.text.width, $1.detail.width) }
  }

  func draw(right area: Rectangle, _ y: Scale, on canvas: any Canvas, _ theme: Theme) {
    let wanted = items.map { item in
      guard let value = item.label.value, let fraction = y.fraction(of: value) else { return area.middle.y }
      return min(max(area.bottom - fraction * area.height, area.top), area.bottom)
    }
    let middles = dodged(middles: wanted, lengths: items.map(\.height), within: area.top...area.bottom, closeness: 6)
    for (index, item) in items.enumerated() {
      let top = middles[index] - item.height / 2 + 1.5
      if item.label.hasLeader, item.label.value.flatMap(y.fraction) != nil {
        let first = top + item.text.lineHeight / 2
        canvas.stroke(
          [
            Point(area.right + 2, wanted[index]), Point(area.right + 5, wanted[index]), Point(area.right + 9, first),
            Point(area.right + 11, first),
          ], Stroke(theme.color(item.label.color), width: 1))
      }
      canvas.draw(item.text, left: area.right + Self.leader, top: top, theme.color(item.label.color))
      canvas.draw(item.detail, left: area.right + Self.leader, top: top + item.text.height, theme.muted)
    }
  }
}
