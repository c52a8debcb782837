/// The layout of an axis title, with a note in parentheses, and of the labels at the ends of the axis, which make room for a note.
struct AxisTitle {
  let title: String
  let ends: (low: String, high: String)?
  let font: Font
  let height: Double
  let ascent: Double

  init(
    _ name: String, _ note: String, _ ends: (low: String, high: String)?, length: Double, on canvas: any Canvas,
    _ theme: Theme
  ) {
    let title = note.isEmpty ? name : name.isEmpty ? note : "\(name) (\(note))"
    font = theme.labelFont
    let extent = canvas.measure("Mg", font)
    ascent = extent.ascent
    var middle = title, labels = ends
    if let ends {
      let low = canvas.measure(ends.low, font).width, high = canvas.measure(ends.high, font).width
      let longest = max(low, high), needed = canvas.measure(title, font).width
      // The title is centred, so the longer end label decides.
      func fits(_ width: Double) -> Bool { width / 2 + longest + 14 <= length / 2 }
      if !fits(needed) { middle = note }
      if !note.isEmpty, !fits(canvas.measure(middle, font).width) { labels = nil }
      if low + high + 14 > length { labels = nil }
    }
    self.title = canvas.shortenOrDrop(middle.isEmpty && labels == nil ? title : middle, font, width: length)
    self.ends = labels
    height = self.title.isEmpty && labels == nil ? 0 : extent.height + 3
  }
}
