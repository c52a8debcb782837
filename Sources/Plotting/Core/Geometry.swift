/// A place on a canvas, in units of 1/96 inch from its top left corner, y going down.
public struct Point: Sendable, Hashable {
  /// The distance from the left.
  public var x: Double
  /// The distance from the top.
  public var y: Double

  /// A point made of its coordinates.
  public init(_ x: Double, _ y: Double) {
    self.x = x
    self.y = y
  }

  var isFinite: Bool { x.isFinite && y.isFinite }
}

/// A width and a height, in units of 1/96 inch.
public struct Size: Sendable, Hashable {
  /// The width.
  public var width: Double
  /// The height.
  public var height: Double

  /// A size made of its sides.
  public init(width: Double, height: Double) {
    self.width = width
    self.height = height
  }
}

/// A rectangle with level sides, in units of 1/96 inch.
public struct Rectangle: Sendable, Hashable {
  /// The left side's x.
  public var left: Double
  /// The top side's y.
  public var top: Double
  /// The width, at least 0.
  public var width: Double
  /// The height, at least 0.
  public var height: Double

  /// A rectangle with these sides; a negative width or height becomes 0.
  public init(left: Double, top: Double, width: Double, height: Double) {
    self.left = left
    self.top = top
    self.width = max(width, 0)
    self.height = max(height, 0)
  }

  /// The right side's x.
  public var right: Double { left + width }
  /// The bottom side's y.
  public var bottom: Double { top + height }
  var middle: Point { Point(left + width / 2, top + height / 2) }

  func inset(_ distance: Double) -> Rectangle {
    Rectangle(left: left + distance, top: top + distance, width: width - 2 * distance, height: height - 2 * distance)
  }

  func intersects(_ other: Rectangle) -> Bool {
    left < other.right && other.left < right && top < other.bottom && other.top < bottom
  }
}
