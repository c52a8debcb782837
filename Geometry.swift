/// A position on a figure, in points (1/72 inch) from the upper left corner.
public struct Point: Sendable, Hashable {
  /// Points to the right of the left edge.
  public var x: Double
  /// Points below the upper edge.
  public var y: Double

  /// A position `x` points from the left and `y` points from the top.
  public init(_ x: Double, _ y: Double) {
    self.x = x
    self.y = y
  }

  var isFinite: Bool { x.isFinite && y.isFinite }
}

/// A width and a height in points.
public struct Size: Sendable, Hashable {
  /// Points from left to right.
  public var width: Double
  /// Points from top to bottom.
  public var height: Double

  /// A size of `width` by `height` points.
  public init(_ width: Double, _ height: Double) {
    self.width = width
    self.height = height
  }
}

/// An upright rectangle in points; `y` grows downwards.
public struct Rectangle: Sendable, Hashable {
  /// The left edge.
  public var x: Double
  /// The upper edge.
  public var y: Double
  /// Points from left to right, never negative.
  public var width: Double
  /// Points from top to bottom, never negative.
  public var height: Double

  /// A rectangle with its upper left corner at (`x`, `y`); negative sizes become zero.
  public init(x: Double, y: Double, width: Double, height: Double) {
    self.x = x
    self.y = y
    self.width = max(0, width)
    self.height = max(0, height)
  }

  /// The right edge.
  public var right: Double { x + width }
  /// The lower edge.
  public var bottom: Double { y + height }

  /// Whether the two rectangles share an area of more than a hundredth of a point each way.
  public func overlaps(_ other: Rectangle) -> Bool {
    min(right, other.right) - max(x, other.x) > 0.01 && min(bottom, other.bottom) - max(y, other.y) > 0.01
  }

  func inset(left: Double, right: Double, top: Double, bottom: Double) -> Rectangle {
    Rectangle(x: x + left, y: y + top, width: width - left - right, height: height - top - bottom)
  }
}
