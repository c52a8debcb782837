/// A straight line across the plot area at one value, such as a reference line.
public struct RuleMark: Mark {
  /// The direction of the line.
  public enum Direction: Sendable, Hashable {
    /// A horizontal line, at a value on the y axis.
    case horizontal
    /// A vertical line, at a value on the x axis.
    case vertical
  }

  /// The direction of the line.
  public var direction: Direction
  /// The value.
  public var value: Double
  /// The colour.
  public var color: ColorRole
  /// The width in units of 1/96 inch.
  public var width: Double
  /// The lengths of dashes and gaps in turn, in units of 1/96 inch; empty for a solid line.
  public var dash: [Double]

  /// A line at a value; muted and dashed by default.
  public init(
    _ direction: Direction, at value: Double, color: ColorRole = .muted, width: Double = 1, dash: [Double] = [3, 3]
  ) {
    self.direction = direction
    self.value = value
    self.color = color
    self.width = width
    self.dash = dash
  }

  /// Includes the value.
  public func extend(_ limits: inout DataLimits) {
    switch direction {
    case .horizontal: limits.y.include(value)
    case .vertical: limits.x.include(value)
    }
  }

  /// Draws the mark.
  public func draw(in area: PlotArea, on canvas: any Canvas) {
    let stroke = Stroke(area.theme.color(color), width: width, dash: dash), plot = area.rectangle
    switch direction {
    case .horizontal:
      guard let y = area.y(of: value) else { return }
      canvas.stroke([Point(plot.left, y), Point(plot.right, y)], stroke)
    case .vertical:
      guard let x = area.x(of: value) else { return }
      canvas.stroke([Point(x, plot.top), Point(x, plot.bottom)], stroke)
    }
  }
}
