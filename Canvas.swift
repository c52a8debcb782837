/// What a figure is drawn on: the only thing between marks and a backend.
///
/// Positions are in points from the upper left corner. Every coordinate that a figure hands over is finite.
public protocol Canvas: AnyObject {
  /// Device pixels a point; images and plot edges are aligned to them.
  var pixelsPerPoint: Double { get }

  /// Fills an area.
  func fill(_ outline: Outline, with color: Color)

  /// Draws a line through the points, with round joins.
  func stroke(_ points: [Point], with stroke: Stroke)

  /// Paints an image over a rectangle without smoothing between its pixels.
  func draw(_ image: PixelImage, in rectangle: Rectangle)

  /// Draws one line of text with its anchor at a position.
  func draw(_ text: String, at position: Point, style: TextStyle)

  /// The width of a text and the height of its line, before any rotation.
  func size(of text: String, style: TextStyle) -> Size

  /// Shows only what lies inside the rectangle while `body` draws.
  func clip(to rectangle: Rectangle, _ body: () -> Void)
}

/// The edge of a filled area.
public enum Outline: Sendable, Hashable {
  /// An upright rectangle.
  case rectangle(Rectangle)
  /// A closed polygon.
  case polygon([Point])
  /// A disc.
  case circle(center: Point, radius: Double)
}

/// The pen that a line is drawn with.
public struct Stroke: Sendable, Hashable {
  /// The line's colour.
  public var color: Color
  /// The line's width in points.
  public var width: Double
  /// Lengths on and off in points; empty is a solid line.
  public var dash: [Double]

  /// A pen of one colour, `width` points wide.
  public init(color: Color, width: Double = 1, dash: [Double] = []) {
    self.color = color
    self.width = width
    self.dash = dash
  }
}

/// The look of a text and which of its points stands at the position given.
public struct TextStyle: Sendable, Hashable {
  /// Where the position lies along the text.
  public enum Alignment: Sendable, Hashable {
    /// At the text's first edge.
    case start
    /// In its middle.
    case middle
    /// At its last edge.
    case end
  }

  /// Size of the type in points.
  public var size: Double
  /// Whether the type is bold.
  public var isBold: Bool
  /// The text's colour.
  public var color: Color
  /// Where the position lies along the reading direction.
  public var horizontal: Alignment
  /// Where the position lies across it: `start` is the top of the line.
  public var vertical: Alignment
  /// Whether the text is turned a quarter to the left and reads upwards.
  public var isUpright: Bool

  /// A style; by default the position is the upper left corner of the text.
  public init(
    size: Double, isBold: Bool = false, color: Color, horizontal: Alignment = .start, vertical: Alignment = .start,
    isUpright: Bool = false
  ) {
    self.size = size
    self.isBold = isBold
    self.color = color
    self.horizontal = horizontal
    self.vertical = vertical
    self.isUpright = isUpright
  }

  /// The rectangle that a text of a measured size covers at a position.
  public func bounds(of size: Size, at position: Point) -> Rectangle {
    func shift(_ alignment: Alignment) -> Double {
      switch alignment {
      case .start: 0
      case .middle: 0.5
      case .end: 1
      }
    }
    if isUpright {
      let (width, height) = (size.height, size.width)
      return Rectangle(
        x: position.x - shift(vertical) * width, y: position.y - (1 - shift(horizontal)) * height, width: width,
        height: height)
    }
    return Rectangle(
      x: position.x - shift(horizontal) * size.width, y: position.y - shift(vertical) * size.height,
      width: size.width, height: size.height)
  }
}

/// Opaque or transparent pixels, row by row from the top.
public struct PixelImage: Sendable, Hashable {
  /// Pixels in a row.
  public let width: Int
  /// Rows.
  public let height: Int
  /// One number a pixel: 0xAARRGGBB with the colour multiplied by the opacity.
  public var pixels: [UInt32]

  /// An image of `width` × `height` pixels; stops if their number differs.
  public init(width: Int, height: Int, pixels: [UInt32]) {
    guard pixels.count == width * height else {
      fatalError("PixelImage: \(pixels.count) pixels do not fill \(width) × \(height)")
    }
    self.width = width
    self.height = height
    self.pixels = pixels
  }
}
