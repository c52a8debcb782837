/// Which axes of a panel have labels.
struct AxisVisibility {
  var x = true, y = true
}

/// The layout of a panel for a size of its plot area: scales, ticks, labels, and the margins that they need.
struct PanelLayout {
  let panel: Panel
  let x: Scale, y: Scale
  var xTicks: [Tick] = [], yTicks: [Tick] = []
  var title = TextBlock.empty, detail = TextBlock.empty
  var legend = LegendLayout.empty
  var xTitle: AxisTitle, yTitle: AxisTitle
  var directLabels: DirectLabelLayout?
  var colorBar: ColorBarLayout?
  let shows: AxisVisibility
  /// How far the title and the legend begin to the left of the plot area.
  private(set) var headInset = 0.0
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
    var entries = panel.legend
    let labels = DirectLabelLayout(
      panel.directLabels, height: plot.height, width: min(cell.width * 0.34, 220), on: canvas, theme)
    if let labels, !labelsInLegend, cell.width >= 200 {
      directLabels = labels
    } else {
      let full = panel.directLabels.map {
        LegendEntry(
          $0.detail.isEmpty ? $0.text : "\($0.text): " + $0.detail.replacing("\n", with: "; "), color: $0.color,
          sample: $0.sample)
      }
      // Where details do not fit the legend either, only names are shown.
      let fits = LegendLayout.fits(full, width: plot.width, height: cell.height * 0.4, on: canvas, theme)
      entries += fits ? full : panel.directLabels.map(\.legendEntry)
    }
    colorBar = panel.colorBar.map { ColorBarLayout($0, height: plot.height, on: canvas, theme) }
    let note = (panel.marks.lazy.compactMap { $0 as? CellMark }.first)?
      .pixelNote(width: plot.width * canvas.resolution, height: plot.height * canvas.resolution)
    xTitle = AxisTitle(panel.x.title, note ?? "", panel.x.ends, length: plot.width, on: canvas, theme)
    yTitle = AxisTitle(panel.y.title, "", panel.y.ends, length: plot.height, on: canvas, theme)
    if panel.x.isVisible { xTicks = horizontalTicks(width: plot.width, canvas, font) }
    if panel.y.isVisible {
      yTicks = labelsThatFit(verticalTicks(height: plot.height, line: line), cell.width * 0.3, canvas, font)
    }

    margins.bottom = panel.x.isVisible ? Self.tick + 2 : 2
    if shows.x { margins.bottom += Self.gap + line + xTitle.height }
    margins.left = panel.y.isVisible ? Self.tick + 2 : 2
    if shows.y {
      let widest = yTicks.reduce(0) { max($0, $1.label.isEmpty ? 0 : canvas.measure($1.label, font).width) }
      margins.left += Self.gap + widest + yTitle.height
    }
    let overhang = horizontalOverhang(width: plot.width, canvas, font)
    if shows.x { margins.left = max(margins.left, overhang.left) }
    margins.right = max(shows.x ? overhang.right : 0, 2)
    if let directLabels { margins.right = max(margins.right, directLabels.width) }
    if let colorBar { margins.right = max(margins.right, colorBar.width + 10) }

    // Above a narrow plot, the head takes the whole width of the panel.
    let isNarrow = plot.width < 150
    headInset = isNarrow ? margins.left : 0
    let headWidth = isNarrow ? margins.left + plot.width + margins.right : plot.width
    title = canvas.wrap(panel.title, theme.panelTitleFont, width: headWidth, limit: isNarrow ? 3 : 2)
    detail = canvas.wrap(panel.detail, theme.tickFont, width: headWidth, limit: 3)
    legend = LegendLayout(entries, width: headWidth, height: cell.height * 0.4, on: canvas, theme)
    margins.top = title.height + detail.height + legend.height
    if margins.top > 0 { margins.top += Self.gap }
    margins.top = max(margins.top, line / 2)
  }

  /// As many ticks as have labels that fit.
  private func horizontalTicks(width: Double, _ canvas: any Canvas, _ font: Font) -> [Tick] {
    var ticks: [Tick] = []
    for count in stride(from: max(2, Int(width / 75)), through: 1, by: -1) {
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
    // Not even two labels fit, so there is only the first.
    return Array(ticks.prefix(1))
  }

  /// The ticks with names shortened to a width. The end of a name is kept, since layer paths differ at their end. Where a name would lose
  /// more than half or two would become the same, all are left out. Numbers are never shortened.
  private func labelsThatFit(_ ticks: [Tick], _ width: Double, _ canvas: any Canvas, _ font: Font) -> [Tick] {
    guard case .categorical = panel.y.kind else { return ticks }
    let short = ticks.map { canvas.shorten($0.label, font, width: max(width, 10), keepsEnd: true) }
    let isReadable = zip(ticks, short).allSatisfy { 2 * $1.count > $0.label.count }
    let isDistinct = Set(short).count == Set(ticks.map(\.label)).count
    return zip(ticks, short).map { Tick($0.value, isReadable && isDistinct ? $1 : "") }
  }

  private func verticalTicks(height: Double, line: Double) -> [Tick] {
    let minimumDistance =
      switch panel.y.kind {
      case .categorical: line * 1.15
      case .log: line * 2
      default: line * 2.8
      }
    var ticks: [Tick] = []
    for count in stride(from: max(1, Int(height / minimumDistance)), through: 1, by: -1) {
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

  /// How far labels of the x axis extend beyond the plot area.
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
