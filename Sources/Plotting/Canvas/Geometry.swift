/// A point on a canvas, in units of 1/96 inch from the top left corner; y points down.
public struct Point: Sendable, Hashable {
  /// The distance from the left.
  public var x: Double
  /// The distance from the top.
  public var y: Double

  /// A point at distances from the left and from the top.
  public init(_ x: Double, _ y: Double) {
    self.x = x
    self.y = y
  }
}

/// A width and a height, in units of 1/96 inch.
public struct Size: Sendable, Hashable {
  /// The width.
  public var width: Double
  /// The height.
  public var height: Double

  /// A size in units of 1/96 inch.
  public init(width: Double, height: Double) {
    self.width = width
    self.height = height
  }
}

/// A rectangle with horizontal and vertical sides, in units of 1/96 inch.
public struct Rectangle: Sendable, Hashable {
  /// The x of the left side.
  public var left: Double
  /// The y of the top side.
  public var top: Double
  /// The width, at least 0.
  public var width: Double
  /// The height, at least 0.
  public var height: Double

  /// A rectangle from its top left corner and size; a negative width or height becomes 0.
  public init(left: Double, top: Double, width: Double, height: Double) {
    self.left = left
    self.top = top
    self.width = max(width, 0)
    self.height = max(height, 0)
  }

  /// The x of the right side.
  public var right: Double { left + width }
  /// The y of the bottom side.
  public var bottom: Double { top + height }
  /// The centre.
  public var middle: Point { Point(left + width / 2, top + height / 2) }

  /// The rectangle with every side moved inwards by a distance, or outwards by a negative one.
  public func inset(_ distance: Double) -> Rectangle {
    Rectangle(left: left + distance, top: top + distance, width: width - 2 * distance, height: height - 2 * distance)
  }

  /// Whether a point lies inside or on a side.
  public func contains(_ point: Point) -> Bool {
    point.x >= left && point.x <= right && point.y >= top && point.y <= bottom
  }

  /// Whether two rectangles overlap; sides that touch do not count.
  public func intersects(_ other: Rectangle) -> Bool {
    left < other.right && other.left < right && top < other.bottom && other.top < bottom
  }
}
