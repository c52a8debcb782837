import Support

/// What figures are drawn on. Lengths are in units of 1/96 inch, y goes down, and what is drawn later lies on top.
///
/// Coordinates are finite: figures leave out what is not before they draw.
public protocol Canvas: AnyObject {
  /// How many pixels a unit has, for what is drawn as pixels.
  var resolution: Double { get }

  /// How much room a line of text takes.
  func measure(_ text: String, _ font: Font) -> TextExtent

  /// Fills a rectangle.
  func fill(_ rectangle: Rectangle, _ color: Color)

  /// Fills a polygon, which closes itself.
  func fill(_ polygon: [Point], _ color: Color)

  /// Draws a line from point to point; a single point leaves a dot.
  func stroke(_ line: [Point], _ stroke: Stroke)

  /// Draws a line of text whose baseline begins at `point`, level or rising from bottom to top.
  func text(_ text: String, at point: Point, _ font: Font, _ color: Color, rising: Bool)

  /// Draws pixels so that they fill a rectangle, without smoothing.
  func image(_ image: PixelImage, in rectangle: Rectangle)

  /// Draws what `body` draws, but only inside a rectangle.
  func clip(to rectangle: Rectangle, _ body: () -> Void)
}

/// A size and a weight of the one family that figures use.
public struct Font: Sendable, Hashable {
  /// The em in units of 1/96 inch.
  public var size: Double
  /// Whether it is bold.
  public var isBold: Bool

  /// A font made of its parts.
  public init(size: Double, isBold: Bool = false) {
    self.size = size
    self.isBold = isBold
  }
}

/// The room that a line of text takes.
public struct TextExtent: Sendable, Hashable {
  /// How far the next letter would be from the first.
  public var width: Double
  /// How far letters reach above the baseline.
  public var ascent: Double
  /// How far letters reach below the baseline.
  public var descent: Double

  /// An extent made of its parts.
  public init(width: Double, ascent: Double, descent: Double) {
    self.width = width
    self.ascent = ascent
    self.descent = descent
  }

  var height: Double { ascent + descent }
}

/// How a line is drawn; corners are round, and so are the ends of a line without dashes.
public struct Stroke: Sendable, Hashable {
  /// The colour.
  public var color: Color
  /// The width.
  public var width: Double
  /// Lengths of ink and of gaps in turn; empty is a solid line.
  public var dash: [Double]

  /// A stroke made of its parts.
  public init(_ color: Color, width: Double, dash: [Double] = []) {
    self.color = color
    self.width = width
    self.dash = dash
  }
}

extension Stroke {
  /// The dash of the series with this number, from 0, so that series differ without colour: solid for the first.
  public static func dash(ofSeries index: Int) -> [Double] {
    let dashes: [[Double]] = [[], [7, 3], [2, 2.5], [9, 3, 2, 3], [4, 2], [12, 4], [9, 3, 2, 3, 2, 3]]
    return dashes[index % dashes.count]
  }
}

/// Opaque pixels, row by row from the top left.
public struct PixelImage: Sendable, Hashable {
  /// How many pixels a row has.
  public let width: Int
  /// How many rows there are.
  public let height: Int
  /// The pixels as 0xFFRRGGBB.
  public let pixels: [UInt32]

  /// An image made of its pixels, width × height of them.
  public init(width: Int, height: Int, pixels: [UInt32]) {
    guard width > 0, height > 0, pixels.count == width * height else {
      stop("PixelImage", "\(width) × \(height) pixels are needed, \(pixels.count) were given")
    }
    self.width = width
    self.height = height
    self.pixels = pixels
  }
}
