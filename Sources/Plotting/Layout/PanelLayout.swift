/// Which axis labels a panel shows.
struct AxisVisibility {
  var x = true, y = true
}

/// A panel whose scales, ticks and labels are known for a size of the plot area, and how much room they need around it.
struct PanelLayout {
  let panel: Panel
  let x: Scale, y: Scale
  var xTicks: [Tick] = [], yTicks: [Tick] = []
  var title = TextBlock.empty, detail = TextBlock.empty
  var legend: LegendLayout
  var xTitle: AxisTitle, yTitle: AxisTitle
  var directLabels: DirectLabelLayout?
  var key: ColorBarLayout?
  let shows: AxisVisibility
  private(set) var margins = Margins()

  struct Margins {
    var left = 0.0, right = 0.0, top = 0.0, bottom = 0.0

    mutating func grow(to other: Margins) {
      left = max(left, other.left)
      right = max(right, other.right)
      top = max(top, other.top)
      bottom = max(bottom, other.bottom)
    }
  }

  static let tick = 4.0, gap = 5.0

  init(
    _ panel: Panel, scales: (x: Scale, y: Scale), plot: Size, cell: Size, shows: AxisVisibility, labelsInLegend: Bool,
    on canvas: any Canvas, _ theme: Theme
  ) {
    self.panel = panel
    self.shows = AxisVisibility(x: shows.x && panel.x.isVisible, y: shows.y && panel.y.isVisible)
    let shows = self.shows
    (x, y) = scales
    let font = theme.tickFont
    let line = canvas.measure("0", font).height
    title = canvas.wrap(panel.title, theme.stripFont, width: plot.width, limit: 2)
    detail = canvas.wrap(panel.detail, theme.tickFont, width: plot.width, limit: 3)
    var entries = panel.legend
    let labels = DirectLabelLayout(
      panel.directLabels, height: plot.height, width: min(cell.width * 0.34, 220), on: canvas, theme)
    if let labels, !labelsInLegend {
      directLabels = labels
    } else {
      let full = panel.directLabels.map {
        LegendEntry(
          $0.detail.isEmpty ? $0.text : "\($0.text): " + $0.detail.replacing("\n", with: "; "), ink: $0.ink,
          sample: $0.sample)
      }
      // Where details have no room either, names alone have.
      let fits = LegendLayout.fits(full, width: plot.width, height: cell.height * 0.4, on: canvas, theme)
      entries += fits ? full : panel.directLabels.map { LegendEntry($0.text, ink: $0.ink, sample: $0.sample) }
    }
    legend = LegendLayout(entries, width: plot.width, height: cell.height * 0.4, on: canvas, theme)
    key = panel.colorBar.map { ColorBarLayout($0, height: plot.height, on: canvas, theme) }
    xTitle = AxisTitle(panel.x.title, panel.x.ends, length: plot.width, on: canvas, theme)
    yTitle = AxisTitle(panel.y.title, panel.y.ends, length: plot.height, on: canvas, theme)
    if panel.x.isVisible { xTicks = horizontalTicks(width: plot.width, canvas, font) }
    if panel.y.isVisible { yTicks = verticalTicks(height: plot.height, line: line) }

    margins.top = title.height + detail.height + legend.height
    if margins.top > 0 { margins.top += Self.gap }
    margins.top = max(margins.top, line / 2)
    margins.bottom = panel.x.isVisible ? Self.tick + 2 : 2
    if shows.x { margins.bottom += Self.gap + line + xTitle.height }
    margins.left = panel.y.isVisible ? Self.tick + 2 : 2
    if shows.y {
      let widest = yTicks.reduce(0) { max($0, $1.label.isEmpty ? 0 : canvas.measure($1.label, font).width) }
      margins.left += Self.gap + min(widest, cell.width * 0.3) + yTitle.height
    }
    let overhang = horizontalOverhang(width: plot.width, canvas, font)
    if shows.x { margins.left = max(margins.left, overhang.left) }
    margins.right = max(shows.x ? overhang.right : 0, 2)
    if let directLabels { margins.right = max(margins.right, directLabels.width) }
    if let key { margins.right = max(margins.right, key.width + 10) }
  }

  /// As many ticks as their labels have room for.
  private func horizontalTicks(width: Double, _ canvas: any Canvas, _ font: Font) -> [Tick] {
    var ticks: [Tick] = []
    for count in stride(from: max(1, Int(width / 75)), through: 1, by: -1) {
      ticks = x.ticks(about: count)
      var end = -Double.infinity
      let fits = ticks.allSatisfy { tick in
        guard !tick.label.isEmpty, let fraction = x.fraction(of: tick.value) else { return true }
        let half = canvas.measure(tick.label, font).width / 2
        defer { end = fraction * width + half + 8 }
        return fraction * width - half >= end
      }
      if fits { return ticks }
    }
    // Not even two labels fit: the first one alone.
    return Array(ticks.prefix(1))
  }

  private func verticalTicks(height: Double, line: Double) -> [Tick] {
    let room =
      switch panel.y.kind {
      case .categorical: line * 1.15
      case .log: line * 2
      default: line * 2.8
      }
    var ticks: [Tick] = []
    for count in stride(from: max(1, Int(height / room)), through: 1, by: -1) {
      ticks = y.ticks(about: count)
      var end = -Double.infinity
      let fits = ticks.allSatisfy { tick in
        guard !tick.label.isEmpty, let fraction = y.fraction(of: tick.value) else { return true }
        defer { end = fraction * height + line * 1.05 }
        return fraction * height >= end
      }
      if fits { return ticks }
    }
    return Array(ticks.prefix(1))
  }

  /// How far labels of the x axis reach beyond the plot area.
  private func horizontalOverhang(width: Double, _ canvas: any Canvas, _ font: Font) -> (left: Double, right: Double) {
    var left = 0.0, right = 0.0
    for tick in xTicks where !tick.label.isEmpty {
      guard let fraction = x.fraction(of: tick.value) else { continue }
      let half = canvas.measure(tick.label, font).width / 2
      left = max(left, half - fraction * width)
      right = max(right, half - (1 - fraction) * width)
    }
    return (left, right)
  }
}

/// The words along an axis: its title, and at the ends what they stand for.
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
    var middle = title, sides = ends
    if let ends {
      let low = canvas.measure(ends.low, font).width, high = canvas.measure(ends.high, font).width
      let longest = max(low, high), needed = canvas.measure(title, font).width
      // The title stands in the middle, so the longer end decides.
      if needed / 2 + longest + 14 > length / 2 { middle = "" }
      if low + high + 14 > length { sides = nil }
    }
    self.title = canvas.shortenOrDrop(middle.isEmpty && sides == nil ? title : middle, font, width: length)
    self.ends = sides
    height = self.title.isEmpty && sides == nil ? 0 : extent.height + 3
  }
}
