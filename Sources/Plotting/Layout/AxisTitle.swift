/// The layout of an axis title, with a note in parentheses, and of the labels at the ends of the axis, which make room for a note. A title with
/// a note is broken into lines where one is too short for it.
struct AxisTitle {
  /// One line, several where there is a note, or none.
  let lines: [String]
  let ends: (low: String, high: String)?
  let font: Font
  let height: Double
  let lineHeight: Double
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
    let shown = middle.isEmpty && labels == nil ? title : middle
    if !note.isEmpty, labels == nil, canvas.measure(shown, font).width > length {
      lines = canvas.wrap(shown, font, width: length, limit: 3).lines
    } else {
      lines = [canvas.shortenOrDrop(shown, font, width: length)].filter { !$0.isEmpty }
    }
    self.ends = labels
    lineHeight = extent.height
    height = lines.isEmpty && labels == nil ? 0 : extent.height * Double(max(lines.count, 1)) + 3
  }
}
