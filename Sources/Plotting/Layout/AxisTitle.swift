/// The layout of an axis title and of the labels at the ends of the axis.
struct AxisTitle {
  let title: String
  let ends: (low: String, high: String)?
  let font: Font
  let height: Double
  let ascent: Double

  init(_ title: String, _ ends: (low: String, high: String)?, length: Double, on canvas: any Canvas, _ theme: Theme) {
    font = theme.labelFont
    let extent = canvas.measure("Mg", font)
    ascent = extent.ascent
    var middle = title, labels = ends
    if let ends {
      let low = canvas.measure(ends.low, font).width, high = canvas.measure(ends.high, font).width
      let longest = max(low, high), needed = canvas.measure(title, font).width
      // The title is centred, so the longer end label decides.
      if needed / 2 + longest + 14 > length / 2 { middle = "" }
      if low + high + 14 > length { labels = nil }
    }
    self.title = canvas.shortenOrDrop(middle.isEmpty && labels == nil ? title : middle, font, width: length)
    self.ends = labels
    height = self.title.isEmpty && labels == nil ? 0 : extent.height + 3
  }
}
