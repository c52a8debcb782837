/// Where a panel's marks are drawn: a rectangle on the canvas, and the scales that map data to positions in it.
public struct PlotArea: Sendable {
  /// The rectangle on the canvas, in units of 1/96 inch.
  public let rectangle: Rectangle
  /// The scale of the x axis, from left to right.
  public let xScale: Scale
  /// The scale of the y axis, from bottom to top.
  public let yScale: Scale
  /// The theme that gives colours and fonts.
  public let theme: Theme

  /// A plot area; `Panel` makes its own.
  public init(rectangle: Rectangle, xScale: Scale, yScale: Scale, theme: Theme = .light) {
    self.rectangle = rectangle
    self.xScale = xScale
    self.yScale = yScale
    self.theme = theme
  }

  /// The farthest position outside the rectangle, in widths or heights of it: far enough for slopes, near enough for any canvas.
  private static let reach = 20.0

  /// The x on the canvas of a value on the x axis. Nil where the scale has no position for it, such as NaN, or 0 on a logarithmic
  /// axis.
  public func x(of value: Double) -> Double? {
    xScale.fraction(of: value).map { rectangle.left + min(max($0, -Self.reach), Self.reach) * rectangle.width }
  }

  /// The y on the canvas of a value on the y axis. Nil where the scale has no position for it.
  public func y(of value: Double) -> Double? {
    yScale.fraction(of: value).map { rectangle.bottom - min(max($0, -Self.reach), Self.reach) * rectangle.height }
  }

  /// The point on the canvas of a pair of values. Nil where one of the scales has no position for its value.
  public func point(_ x: Double, _ y: Double) -> Point? {
    guard let x = self.x(of: x), let y = self.y(of: y) else { return nil }
    return Point(x, y)
  }
}
