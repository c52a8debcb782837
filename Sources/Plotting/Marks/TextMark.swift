/// Texts at positions in the plot area. A text is left out if it would cross the plot area's side, overlap an earlier text, or be
/// too wide.
public struct TextMark: Mark {
  /// A text centred at a position.
  public struct Label: Sendable, Hashable {
    /// The position in data coordinates.
    public var x, y: Double
    /// The distance upwards from the position, in lines of text.
    public var lineOffset: Double
    /// The text.
    public var text: String
    /// The colour.
    public var color: ColorRole

    /// A text at a position in data coordinates.
    public init(x: Double, y: Double, lineOffset: Double = 0, _ text: String, color: ColorRole = .text) {
      self.x = x
      self.y = y
      self.lineOffset = lineOffset
      self.text = text
      self.color = color
    }
  }

  /// The texts; earlier ones take precedence.
  public var labels: [Label]
  /// The largest width of a text, in the unit of the x axis; nil for the width of the plot area.
  public var maximumWidth: Double?
  /// Whether the background colour is drawn behind each text, to cover lines.
  public var hasBackground: Bool

  /// Texts at positions; those that come first take precedence.
  public init(_ labels: [Label], maximumWidth: Double? = nil, hasBackground: Bool = false) {
    self.labels = labels
    self.maximumWidth = maximumWidth
    self.hasBackground = hasBackground
  }

  /// Includes the positions.
  public func extend(_ limits: inout DataLimits) {
    limits.x.include(labels.map(\.x))
    limits.y.include(labels.map(\.y))
  }

  /// Draws the mark.
  public func draw(in area: PlotArea, on canvas: any Canvas) {
    let font = area.theme.tickFont, plot = area.rectangle.inset(-0.5)
    var taken: [Rectangle] = []
    for label in labels {
      guard let point = area.point(label.x, label.y) else { continue }
      let extent = canvas.measure(label.text, font)
      let box = Rectangle(
        left: point.x - extent.width / 2, top: point.y - extent.height * (0.5 + label.lineOffset), width: extent.width,
        height: extent.height)
      guard plot.contains(Point(box.left, box.top)), plot.contains(Point(box.right, box.bottom)),
        !taken.contains(where: { $0.intersects(box.inset(0.5)) }), box.width <= width(around: label.x, area)
      else { continue }
      taken.append(box)
      if hasBackground { canvas.fill(box.inset(-1), area.theme.background) }
      canvas.text(
        label.text, at: Point(box.left, box.top + extent.ascent), font, area.theme.color(label.color), rotated: false)
    }
  }

  /// The largest width on the canvas of a text at a value on the x axis.
  private func width(around x: Double, _ area: PlotArea) -> Double {
    guard let maximumWidth, let left = area.x(of: x - maximumWidth / 2), let right = area.x(of: x + maximumWidth / 2)
    else {
      return area.rectangle.width
    }
    return right - left
  }
}
