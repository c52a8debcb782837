/// The layout of a colour bar, its ticks, and a swatch for each kind of cell without a number.
struct ColorBarLayout {
  private let colorBar: ColorBar
  private let ticks: [Tick]
  private let swatches: [(kind: CellKind, text: TextBlock)]
  private let title: TextBlock
  private let barHeight: Double
  private let labelWidth: Double
  private let label: TextExtent
  let width: Double

  private static let bar = 14.0, swatch = 14.0, point = 9.0

  init(_ colorBar: ColorBar, height: Double, on canvas: any Canvas, _ theme: Theme) {
    self.colorBar = colorBar
    let font = theme.tickFont
    let label = canvas.measure("0", font)
    self.label = label
    swatches = colorBar.kinds.map { ($0, canvas.wrap($0.label, font, width: 60)) }
    let swatchHeight = swatches.reduce(0) { $0 + max($1.text.height, Self.swatch) + 6 }
    barHeight = max(height - swatchHeight - (swatches.isEmpty ? 0 : 8), 20)
    let length = barHeight - (colorBar.extendsBelow ? Self.point : 0) - (colorBar.extendsAbove ? Self.point : 0)
    func keepApart(_ ticks: [Tick], _ length: Double) -> Bool {
      let positions = ticks.compactMap { colorBar.colors.scale.fraction(of: $0.value) }.map { $0 * length }
      return zip(positions, positions.dropFirst()).allSatisfy { $1 - $0 >= label.height * 1.15 }
    }
    var found: [Tick] = []
    // At most 12 ticks.
    for count in stride(from: min(max(1, Int(length / (label.height * 1.8))), 12), through: 1, by: -1) {
      found = colorBar.colors.scale.ticks(about: count).filter { tick in
        !tick.label.isEmpty
          && colorBar.colors.scale.fraction(of: tick.value).map { (-1e-9...1 + 1e-9).contains($0) } ?? false
      }
      if keepApart(found, length) { break }
    }
    ticks = keepApart(found, length) ? found : Array(found.prefix(1))
    labelWidth = max(
      found.reduce(0) { max($0, canvas.measure($1.label, font).width) }, swatches.reduce(0) { max($0, $1.text.width) })
    let block = canvas.wrap(colorBar.title, theme.labelFont, width: barHeight, limit: 2)
    title = block.lines.contains { $0.hasSuffix("…") } ? .empty : block
    width = Self.bar + 7 + labelWidth + (title.height > 0 ? 6 + title.height : 0)
  }

  func draw(left: Double, top: Double, on canvas: any Canvas, _ theme: Theme) {
    let font = theme.tickFont, right = left + Self.bar
    var bar = Rectangle(left: left, top: top, width: Self.bar, height: barHeight)
    let map = colorBar.colors.map
    if colorBar.extendsAbove {
      let base = top + Self.point
      canvas.fill([Point(left, base), Point(right, base), Point(left + Self.bar / 2, top)], map.above)
      bar = Rectangle(left: left, top: base, width: Self.bar, height: bar.height - Self.point)
    }
    if colorBar.extendsBelow {
      bar.height -= Self.point
      canvas.fill(
        [Point(left, bar.bottom), Point(right, bar.bottom), Point(left + Self.bar / 2, bar.bottom + Self.point)],
        map.below)
    }
    canvas.image(PixelImage(width: 1, height: 256, pixels: map.pixels.reversed()), in: bar)
    for tick in ticks {
      guard let fraction = colorBar.colors.scale.fraction(of: tick.value) else { continue }
      let y = bar.bottom - fraction * bar.height
      canvas.stroke([Point(right, y), Point(right + 3, y)], Stroke(theme.axis, width: 1))
      canvas.text(
        tick.label, at: Point(right + 7, y + (label.ascent - label.descent) / 2), font, theme.muted, rotated: false)
    }
    for (index, line) in title.lines.enumerated() {
      let length = canvas.measure(line, title.font).width
      canvas.text(
        line,
        at: Point(
          right + 7 + labelWidth + 6 + Double(index) * title.lineHeight + title.ascent, top + (barHeight + length) / 2),
        title.font, theme.color(.text), rotated: true)
    }
    drawSwatches(left: left, top: top + barHeight + 12, on: canvas, theme)
  }

  private func drawSwatches(left: Double, top: Double, on canvas: any Canvas, _ theme: Theme) {
    let cells = CellColors(theme), resolution = canvas.resolution
    let unit = max(1, Int(resolution.rounded())), side = Int((Self.swatch * resolution).rounded())
    var y = (top * resolution).rounded() / resolution
    let x = (left * resolution).rounded() / resolution
    for (kind, text) in swatches {
      let pixels = (0..<side * side).map { kind.pixel(x: $0 % side, y: $0 / side, unit: unit, cells) }
      let box = Rectangle(
        left: x, top: y, width: Double(side) / resolution, height: Double(side) / resolution)
      canvas.image(PixelImage(width: side, height: side, pixels: pixels), in: box)
      canvas.stroke(
        [
          Point(box.left, box.top), Point(box.right, box.top), Point(box.right, box.bottom),
          Point(box.left, box.bottom),
          Point(box.left, box.top),
        ], Stroke(theme.axis, width: 0.75))
      canvas.draw(text, left: left + Self.bar + 7, top: y + min(0, (Self.swatch - text.height) / 2) + 0.5, theme.muted)
      y += max(text.height, Self.swatch) + 6
    }
  }
}
