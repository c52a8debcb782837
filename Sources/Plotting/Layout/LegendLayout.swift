/// Legend entries in rows that fit a width.
struct LegendLayout {
  private struct Place {
    let entry: LegendEntry?
    let left: Double
    let row: Int
    let text: String
  }

  private static let sample = 24.0, space = 18.0
  private let places: [Place]
  private let rowHeight: Double
  private let ascent: Double
  let height: Double

  /// As many entries as fit; the last row says how many are left out, where they are.
  init(
    _ entries: [LegendEntry], width: Double, height limit: Double, on canvas: any Canvas, _ theme: Theme
  ) {
    let extent = canvas.measure("Mg", theme.labelFont)
    rowHeight = extent.height * 1.2
    ascent = extent.ascent
    let lastRow = limit.isFinite ? max(Int((limit - 4) / rowHeight) - 1, 0) : .max
    var left = 0.0, row = 0
    var places: [Place] = []
    for (index, entry) in entries.enumerated() {
      let text = canvas.shorten(entry.text, theme.labelFont, width: width - Self.sample - 6)
      let needed = Self.sample + 6 + canvas.measure(text, theme.labelFont).width
      if left > 0, left + needed > width {
        if row == lastRow {
          let rest = "and \(entries.count - index + 1) more"
          if let last = places.popLast() {
            places.append(
              Place(entry: nil, left: last.left, row: row, text: canvas.shorten(rest, theme.labelFont, width: width)))
          }
          break
        }
        left = 0
        row += 1
      }
      places.append(Place(entry: entry, left: left, row: row, text: text))
      left += needed + Self.space
    }
    self.places = places
    height = places.isEmpty ? 0 : Double(row + 1) * rowHeight + 4
  }

  /// Whether entries need neither be shortened nor take more height than this.
  static func fits(
    _ entries: [LegendEntry], width: Double, height: Double, on canvas: any Canvas, _ theme: Theme
  ) -> Bool {
    let room = width - sample - 6
    return entries.allSatisfy { canvas.measure($0.text, theme.labelFont).width <= room }
      && LegendLayout(entries, width: width, height: .infinity, on: canvas, theme).height <= height
  }

  func draw(left: Double, top: Double, on canvas: any Canvas, _ theme: Theme) {
    for place in places {
      let x = left + place.left, y = top + 2 + Double(place.row) * rowHeight
      if let entry = place.entry { draw(entry, left: x, middle: y + rowHeight / 2, on: canvas, theme) }
      let baseline = y + (rowHeight - ascent * 1.25) / 2 + ascent
      canvas.text(
        place.text, at: Point(place.entry == nil ? x : x + Self.sample + 6, baseline), theme.labelFont,
        theme.color(.text), rising: false)
    }
  }

  private func draw(_ entry: LegendEntry, left: Double, middle: Double, on canvas: any Canvas, _ theme: Theme) {
    let color = theme.color(entry.ink), centre = Point(left + Self.sample / 2, middle)
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
