/// Something to draw on. Lengths are in points; nothing is drawn that is not finite, and callers see to that.
public protocol Canvas: AnyObject {
  /// Device pixels in a point.
  var pixelsPerPoint: Double { get }

  /// The size of a line of text.
  func measure(_ text: String, _ style: TextStyle) -> Size

  /// A line of text, its anchor at `point`, turned by 90° counterclockwise where `isVertical`.
  func draw(_ text: String, at point: Point, _ style: TextStyle, anchor: Anchor, isVertical: Bool)

  /// Straight lines from each point to the next.
  func stroke(_ points: [Point], _ stroke: Stroke)

  /// An area bounded by straight lines.
  func fill(_ points: [Point], _ color: Color)

  /// A filled circle.
  func dot(at centre: Point, radius: Double, _ color: Color)

  /// A picture of 0xRRGGBB pixels, rows from the top, filling `rect`, without smoothing.
  func draw(pixels: [UInt32], columns: Int, rows: Int, in rect: Rect)

  /// Draws what `body` draws, cut off at the edges of `rect`.
  func clip(to rect: Rect, _ body: () -> Void)
}

extension Canvas {
  func fill(_ rect: Rect, _ color: Color) {
    fill(
      [
        Point(rect.left, rect.top), Point(rect.right, rect.top), Point(rect.right, rect.bottom),
        Point(rect.left, rect.bottom),
      ], color)
  }

  func draw(_ text: String, at point: Point, _ style: TextStyle, anchor: Anchor) {
    draw(text, at: point, style, anchor: anchor, isVertical: false)
  }
}

/// How text looks.
public struct TextStyle: Hashable, Sendable {
  /// In points.
  public var size: Double
  /// Whether letters are bold.
  public var isBold: Bool
  /// Of the letters.
  public var color: Color

  /// Text of a size and colour.
  public init(size: Double, isBold: Bool = false, color: Color) {
    self.size = size
    self.isBold = isBold
    self.color = color
  }
}

/// How a line looks; ends are butt, corners round.
public struct Stroke: Hashable, Sendable {
  /// Of the line.
  public var color: Color
  /// In points.
  public var width: Double
  /// Lengths of dashes and gaps in points; empty for a solid line.
  public var dashes: [Double]

  /// A line of a colour and width.
  public init(_ color: Color, width: Double, dashes: [Double] = []) {
    self.color = color
    self.width = width
    self.dashes = dashes
  }
}

/// Which part of a text lies at the point it is drawn at.
public struct Anchor: Hashable, Sendable {
  /// From side to side.
  public enum Horizontal: String, Sendable { case left, centre, right }
  /// From top to bottom.
  public enum Vertical: String, Sendable { case top, middle, bottom }

  /// From side to side.
  public var horizontal: Horizontal
  /// From top to bottom.
  public var vertical: Vertical

  /// A point of a text’s box.
  public init(_ horizontal: Horizontal, _ vertical: Vertical) {
    self.horizontal = horizontal
    self.vertical = vertical
  }
}
