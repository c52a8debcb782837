/// A straight line across the panel at one value.
public struct RuleMark: Mark {
  /// Which axis the value is on.
  public enum Direction: Sendable, Hashable { case horizontal, vertical }

  /// Horizontal lines are at a y, vertical ones at an x.
  public var direction: Direction
  /// The value.
  public var value: Double
  /// What it is drawn in.
  public var ink: ColorRole
  /// How thick it is.
  public var width: Double
  /// ColorRole and gaps in turn; empty is solid.
  public var dash: [Double]

  /// A rule made of its parts.
  public init(
    _ direction: Direction, at value: Double, ink: ColorRole = .muted, width: Double = 1, dash: [Double] = [3, 3]
  ) {
    self.direction = direction
    self.value = value
    self.ink = ink
    self.width = width
    self.dash = dash
  }

  /// Asks for its values to be seen.
  public func extend(_ extent: inout Extent) {
    switch direction {
    case .horizontal: extent.y.include(value)
    case .vertical: extent.x.include(value)
    }
  }

  /// Draws itself.
  public func draw(in frame: Frame, on canvas: any Canvas) {
    let stroke = Stroke(frame.theme.color(ink), width: width, dash: dash), area = frame.rectangle
    switch direction {
    case .horizontal:
      guard let y = frame.top(of: value) else { return }
      canvas.stroke([Point(area.left, y), Point(area.right, y)], stroke)
    case .vertical:
      guard let x = frame.left(of: value) else { return }
      canvas.stroke([Point(x, area.top), Point(x, area.bottom)], stroke)
    }
  }
}
