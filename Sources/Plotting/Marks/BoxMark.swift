/// A box with words in it: a node of a graph.
public struct BoxMark: Mark {
  /// Where it begins and ends along the x axis.
  public var x: ClosedRange<Double>
  /// Where it begins and ends along the y axis.
  public var y: ClosedRange<Double>
  /// The words, as many lines as have room.
  public var text: String
  /// What its border is drawn in; its ground is the same, fainter.
  public var ink: ColorRole

  /// A box made of its parts.
  public init(x: ClosedRange<Double>, y: ClosedRange<Double>, text: String, ink: ColorRole = .muted) {
    self.x = x
    self.y = y
    self.text = text
    self.ink = ink
  }

  /// Asks for all of it to be seen.
  public func extend(_ extent: inout Extent) {
    extent.x.include([x.lowerBound, x.upperBound])
    extent.y.include([y.lowerBound, y.upperBound])
  }

  /// Draws itself.
  public func draw(in frame: Frame, on canvas: any Canvas) {
    guard let low = frame.point(x.lowerBound, y.lowerBound), let high = frame.point(x.upperBound, y.upperBound) else {
      return
    }
    let theme = frame.theme
    let box = Rectangle(left: low.x, top: high.y, width: high.x - low.x, height: low.y - high.y)
    let corners = [
      Point(box.left, box.top), Point(box.right, box.top), Point(box.right, box.bottom), Point(box.left, box.bottom),
    ]
    canvas.fill(box, theme.background)
    canvas.fill(box, theme.color(ink.opacity(0.12)))
    canvas.stroke(corners + [corners[0]], Stroke(theme.color(ink), width: 1.2))
    let font = theme.tickFont, lineHeight = canvas.measure("Mg", font).height * 1.08
    let limit = Int((box.height - 4) / lineHeight)
    guard limit > 0 else { return }
    let words = canvas.wrap(text, font, width: box.width - 8, limit: limit)
    var top = box.middle.y - words.height / 2
    for line in words.lines {
      let width = canvas.measure(line, font).width
      // What not even one letter fits in stays empty.
      if width <= box.width - 4 {
        canvas.text(
          line, at: Point(box.middle.x - width / 2, top + words.ascent), font, theme.text, rising: false)
      }
      top += words.lineHeight
    }
  }
}
