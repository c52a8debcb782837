/// A line through positions with an arrow head at the last one. It is not drawn where a position is missing.
public struct ArrowMark: Mark {
  /// The x of each position, from tail to head.
  public var x: [Double]
  /// The y of each position.
  public var y: [Double]
  /// The colour.
  public var color: ColorRole
  /// The width in units of 1/96 inch.
  public var width: Double
  /// The lengths of dashes and gaps in turn, in units of 1/96 inch; empty for a solid line.
  public var dash: [Double]

  /// An arrow through positions in data coordinates; solid by default.
  public init(x: [Double], y: [Double], color: ColorRole = .muted, width: Double = 1.2, dash: [Double] = []) {
    self.x = x
    self.y = y
    self.color = color
    self.width = width
    self.dash = dash
  }

  /// Includes the positions.
  public func extend(_ limits: inout DataLimits) {
    limits.x.include(x)
    limits.y.include(y)
  }

  /// Draws the arrow, or nothing where a position is missing: half an arrow would point the wrong way.
  public func draw(in area: PlotArea, on canvas: any Canvas) {
    let points = zip(x, y).compactMap { area.point($0, $1) }
    guard points.count > 1, points.count == min(x.count, y.count), let tip = points.last,
      let before = points.last(where: { $0 != tip })
    else { return }
    let arrowColor = area.theme.color(color)
    let across = tip.x - before.x, down = tip.y - before.y, length = (across * across + down * down).squareRoot()
    let size = min(5 + 1.5 * width, length), step = Point(across / length * size, down / length * size)
    let neck = Point(tip.x - step.x, tip.y - step.y)
    canvas.stroke(
      points.dropLast() + [Point(tip.x - step.x * 0.6, tip.y - step.y * 0.6)],
      Stroke(arrowColor, width: width, dash: dash))
    canvas.fill(
      [
        tip, Point(neck.x - step.y * 0.4, neck.y + step.x * 0.4), Point(neck.x + step.y * 0.4, neck.y - step.x * 0.4),
      ], arrowColor)
  }
}
