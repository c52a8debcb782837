/// A box with text in it, such as a node of a graph.
public struct BoxMark: Mark {
  /// The interval on the x axis.
  public var x: ClosedRange<Double>
  /// The interval on the y axis.
  public var y: ClosedRange<Double>
  /// The text; lines that do not fit are left out.
  public var text: String
  /// The colour of the border; the fill is the same colour with an opacity of 12 %.
  public var color: ColorRole

  /// A box over intervals in data coordinates.
  public init(x: ClosedRange<Double>, y: ClosedRange<Double>, text: String, color: ColorRole = .muted) {
    self.x = x
    self.y = y
    self.text = text
    self.color = color
  }

  /// Includes the box.
  public func extend(_ limits: inout DataLimits) {
    limits.x.include([x.lowerBound, x.upperBound])
    limits.y.include([y.lowerBound, y.upperBound])
  }

  /// Draws the mark.
  public func draw(in area: PlotArea, on canvas: any Canvas) {
    guard let low = area.point(x.lowerBound, y.lowerBound), let high = area.point(x.upperBound, y.upperBound) else {
      return
    }
    let theme = area.theme
    let box = Rectangle(left: low.x, top: high.y, width: high.x - low.x, height: low.y - high.y)
    let corners = [
      Point(box.left, box.top), Point(box.right, box.top), Point(box.right, box.bottom), Point(box.left, box.bottom),
    ]
    canvas.fill(box, theme.background)
    canvas.fill(box, theme.color(color.opacity(0.12)))
    canvas.stroke(corners + [corners[0]], Stroke(theme.color(color), width: 1.2))
    let font = theme.tickFont, lineHeight = canvas.measure("Mg", font).height * 1.08
    let limit = Int((box.height - 4) / lineHeight)
    guard limit > 0 else { return }
    let block = canvas.wrap(text, font, width: box.width - 8, limit: limit)
    var top = box.middle.y - block.height / 2
    for line in block.lines {
      let width = canvas.measure(line, font).width
      // A box that is too narrow for a letter has no text.
      if width <= box.width - 4 {
        canvas.text(
          line, at: Point(box.middle.x - width / 2, top + block.ascent), font, theme.text, rotated: false)
      }
      top += block.lineHeight
    }
  }
}
