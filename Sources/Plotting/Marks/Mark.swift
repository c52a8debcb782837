/// Something drawn in a panel at places that its axes give. Style belongs to the mark, colours come from the theme.
public protocol Mark: Sendable {
  /// Says which values should be seen.
  func extend(_ extent: inout Extent)

  /// Draws itself; the canvas is clipped to the frame's rectangle.
  func draw(in frame: Frame, on canvas: any Canvas)
}

/// The values that the marks of a panel want to be seen.
public struct Extent: Sendable {
  /// Along the x axis.
  public var x = Span()
  /// Along the y axis.
  public var y = Span()
}

/// The finite values along an axis.
public struct Span: Sendable {
  /// The lowest value; infinite where there is none.
  public private(set) var lowest = Double.infinity
  /// The highest value; minus infinity where there is none.
  public private(set) var highest = -Double.infinity
  /// The lowest value above 0; infinite where there is none.
  public private(set) var lowestPositive = Double.infinity

  /// An empty span.
  public init() {}

  /// Includes a value; one that is not finite changes nothing.
  public mutating func include(_ value: Double) {
    guard value.isFinite else { return }
    if value < lowest { lowest = value }
    if value > highest { highest = value }
    if value > 0, value < lowestPositive { lowestPositive = value }
  }

  /// Includes values; those that are not finite change nothing.
  public mutating func include(_ values: [Double]) {
    var low = lowest, high = highest, positive = lowestPositive
    for value in values where value.isFinite {
      low = min(low, value)
      high = max(high, value)
      if value > 0 { positive = min(positive, value) }
    }
    (lowest, highest, lowestPositive) = (low, high, positive)
  }
}

/// Where a panel's marks are drawn, and how values find their place.
public struct Frame: Sendable {
  /// The panel's plot area.
  public let rectangle: Rectangle
  /// What places values from left to right.
  public let x: Scale
  /// What places values from bottom to top.
  public let y: Scale
  /// What inks look like.
  public let theme: Theme

  /// How far outside the plot area a place can lie: enough for slopes to be right, and little enough for any canvas.
  private static let reach = 20.0

  /// The x of a value; nil where it has no place.
  public func left(of value: Double) -> Double? {
    x.fraction(of: value).map { rectangle.left + min(max($0, -Self.reach), Self.reach) * rectangle.width }
  }

  /// The y of a value; nil where it has no place.
  public func top(of value: Double) -> Double? {
    y.fraction(of: value).map { rectangle.bottom - min(max($0, -Self.reach), Self.reach) * rectangle.height }
  }

  /// The place of a pair of values; nil where one of them has none.
  public func point(_ x: Double, _ y: Double) -> Point? {
    guard let left = left(of: x), let top = top(of: y) else { return nil }
    return Point(left, top)
  }
}
