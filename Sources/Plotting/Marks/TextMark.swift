/// Words at places in the plot area. One that would leave it, cover one before it, or be too wide is left out.
public struct TextMark: Mark {
  /// Words at a place, which is their middle.
  public struct Label: Sendable, Hashable {
    /// The place.
    public var x, y: Double
    /// How many lines above the place they stand.
    public var lift: Double
    /// The words.
    public var text: String
    /// What they are written in.
    public var ink: ColorRole

    /// Words made of their parts.
    public init(x: Double, y: Double, lift: Double = 0, _ text: String, ink: ColorRole = .text) {
      self.x = x
      self.y = y
      self.lift = lift
      self.text = text
      self.ink = ink
    }
  }

  /// The words, of which the first have their place first.
  public var labels: [Label]
  /// How wide words may be, in the unit of the x axis; as wide as the plot area, if nil.
  public var room: Double?
  /// Whether a little ground is drawn behind them, so that lines don't run through.
  public var hasGround: Bool

  /// Texts made of their parts.
  public init(_ labels: [Label], room: Double? = nil, hasGround: Bool = false) {
    self.labels = labels
    self.room = room
    self.hasGround = hasGround
  }

  /// Asks for its places to be seen.
  public func extend(_ extent: inout Extent) {
    extent.x.include(labels.map(\.x))
    extent.y.include(labels.map(\.y))
  }

  /// Draws itself.
  public func draw(in frame: Frame, on canvas: any Canvas) {
    let font = frame.theme.tickFont, area = frame.rectangle.inset(-0.5)
    var taken: [Rectangle] = []
    for label in labels {
      guard let point = frame.point(label.x, label.y) else { continue }
      let extent = canvas.measure(label.text, font)
      let box = Rectangle(
        left: point.x - extent.width / 2, top: point.y - extent.height * (0.5 + label.lift), width: extent.width,
        height: extent.height)
      guard area.contains(Point(box.left, box.top)), area.contains(Point(box.right, box.bottom)),
        !taken.contains(where: { $0.intersects(box.inset(0.5)) }), box.width <= roomInUnits(around: label.x, frame)
      else { continue }
      taken.append(box)
      if hasGround { canvas.fill(box.inset(-1), frame.theme.background) }
      canvas.text(
        label.text, at: Point(box.left, box.top + extent.ascent), font, frame.theme.color(label.ink), rising: false)
    }
  }

  private func roomInUnits(around x: Double, _ frame: Frame) -> Double {
    guard let room, let left = frame.left(of: x - room / 2), let right = frame.left(of: x + room / 2) else {
      return frame.rectangle.width
    }
    return right - left
  }
}
