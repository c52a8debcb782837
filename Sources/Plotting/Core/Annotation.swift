/// A point with a label. The label is placed where it covers no other label; where there is no such position, only the point is
/// drawn.
public struct Annotation: Sendable, Hashable {
  /// The position of the point in data coordinates.
  public var x, y: Double
  /// The label; empty for none.
  public var text: String
  /// The colour of the point and the label.
  public var color: ColorRole
  /// The shape of the point.
  public var shape: DotShape

  /// An annotation at a position in data coordinates; its point is a cross by default.
  public init(x: Double, y: Double, text: String, color: ColorRole, shape: DotShape = .cross) {
    self.x = x
    self.y = y
    self.text = text
    self.color = color
    self.shape = shape
  }
}
