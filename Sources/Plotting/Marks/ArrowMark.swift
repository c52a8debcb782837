/// A line through places that ends in a head.
public struct ArrowMark: Mark {
  /// The x of each place, from tail to head.
  public var x: [Double]
  /// The y of each place.
  public var y: [Double]
  /// What it is drawn in.
  public var ink: ColorRole
  /// How thick it is.
  public var width: Double
  /// ColorRole and gaps in turn; empty is solid.
  public var dash: [Double]

  /// An arrow made of its parts.
  public init(x: [Double], y: [Double], ink: ColorRole = .muted, width: Double = 1.2, dash: [Double] = []) {
    self.x = x
    self.y = y
    self.ink = ink
    self.width = width
    self.dash = dash
  }

  /// Asks for its places to be seen.
  public func extend(_ extent: inout Extent) {
    extent.x.include(x)
    extent.y.include(y)
  }

  /// Draws itself; not at all where a place is missing, since half an arrow points the wrong way.
  public func draw(in frame: Frame, on canvas: any Canvas) {
    let points = zip(x, y).compactMap { frame.point($0, $1) }
    guard points.count > 1, points.count == min(x.count, y.count), let tip = points.last,
      let before = points.last(where: { $0 != tip })
    else { return }
    let color = frame.theme.color(ink)
    let across = tip.x - before.x, down = tip.y - before.y, length = (across * across + down * down).squareRoot()
    let size = min(5 + 1.5 * width, length), step = Point(across / length * size, down / length * size)
    let neck = Point(tip.x - step.x, tip.y - step.y)
    canvas.stroke(
      points.dropLast() + [Point(tip.x - step.x * 0.6, tip.y - step.y * 0.6)], Stroke(color, width: width, dash: dash))
    canvas.fill(
      [
        tip, Point(neck.x - step.y * 0.4, neck.y + step.x * 0.4), Point(neck.x + step.y * 0.4, neck.y - step.x * 0.4),
      ], color)
  }
}
