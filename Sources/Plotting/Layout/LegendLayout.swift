/// The layout of legend entries in rows.
struct LegendLayout {
  private struct Item {
    let entry: LegendEntry?
    let left: Double
    let row: Int
    let text: String
  }

  private static let sample = 24.0, space = 18.0
  private let items: [Item]
  private let rowHeight: Double
  private let ascent: Double
  let height: Double

  static let empty = LegendLayout()

  private init() { (items, rowHeight, ascent, height) = ([], 0, 0, 0) }

  /// As many entries as fit. Where entries are left out, the last row ends in their number.
  init(
    _ entries: [LegendEntry], width: Double, height limit: Double, on canvas: any Canvas, _ theme: Theme
  ) {
    let extent = canvas.measure("Mg", theme.labelFont)
    rowHeight = extent.height * 1.2
    ascent = extent.ascent
    let lastRow = limit.isFinite ? max(Int((limit - 4) / rowHeight) - 1, 0) : .max
    var left = 0.0, row = 0
    var items: [Item] = []
    for (index, entry) in entries.enumerated() {
      let text = canvas.shorten(entry.text, theme.labelFont, width: width - Self.sample - 6)
      let needed = Self.sample + 6 + canvas.measure(text, theme.labelFont).width
      if left > 0, left + needed > width {
        if row == lastRow {
          let rest = "and \(entries.count - index + 1) more"
          if let last = items.popLast() {
            items.append(
              Item(entry: nil, left: last.left, row: row, text: canvas.shorten(rest, theme.labelFont, width: width)))
          }
          break
        }
        left = 0
        row += 1
      }
      items.append(Item(entry: entry, left: left, row: row, text: text))
      left += needed + Self.space
    }
    self.items = items
    height = items.isEmpty ? 0 : Double(row + 1) * rowHeight + 4
  }

  /// Whether all entries fit a width and height without being shortened.
  static func fits(
    _ entries: [LegendEntry], width: Double, height: Double, on canvas: any Canvas, _ theme: Theme
  ) -> Bool {
    let textWidth = width - sample - 6
    return entries.allSatisfy { canvas.measure($0.text, theme.labelFont).width <= textWidth }
      && LegendLayout(entries, width: width, height: .infinity, on: canvas, theme).height <= height
  }

  func draw(left: Double, top: Double, on canvas: any Canvas, _ theme: Theme) {
    for item in items {
      let x = left + item.left, y = top + 2 + Double(item.row) * rowHeight
      if let entry = item.entry { draw(entry, left: x, middle: y + rowHeight / 2, on: canvas, theme) }
      let baseline = y + (rowHeight - ascent * 1.25) / 2 + ascent
      canvas.text(
        item.text, at: Point(item.entry == nil ? x : x + Self.sample + 6, baseline), theme.labelFont,
        theme.color(.text), rotated: false)
    }
  }

  private func draw(_ entry: LegendEntry, left: Double, middle: Double, on canvas: any Canvas, _ theme: Theme) {
    let color = theme.color(entry.color), centre = Point(left + Self.sample / 2, middle)
    let ends = [Point(left, middle), Point(left + Self.sample, middle)]
    switch entry.sample {
    case .line(let dash, let width): canvas.stroke(ends, Stroke(color, width: width, dash: dash))
    case .area: canvas.fill(Rectangle(left: left, top: middle - 5, width: Self.sample, height: 10), color)
    case .dot(let shape): canvas.dot(shape, at: centre, size: 6.5, color)
    case .dottedLine(let dash, let shape):
      canvas.stroke(ends, Stroke(color, width: 1.5, dash: dash))
      canvas.dot(shape, at: centre, size: 6.5, color)
    }
  }
}
