/// What figures are drawn on. Lengths are in units of 1/96 inch, y points down, and later drawing covers earlier drawing.
///
/// Marks call these methods. Coordinates must be finite: anything else is not drawn. `PlotArea.point(_:_:)` gives finite ones, and
/// nil for values without a position. `CairoBackend` implements this protocol for PNG, SVG and PDF, `Terminal` for text.
public protocol Canvas: AnyObject {
  /// The number of pixels per unit, for drawing that depends on pixels.
  var resolution: Double { get }

  /// Whether images are scaled when the figure is shown, so that a heatmap needs one pixel per cell only.
  var scalesImages: Bool { get }

  /// The height of the rows of a canvas of characters: plot areas end between two of them. 0 for a canvas of pixels.
  var rowHeight: Double { get }

  /// The size of one line of text.
  func measure(_ text: String, _ font: Font) -> TextExtent

  /// Fills a rectangle.
  func fill(_ rectangle: Rectangle, _ color: Color)

  /// Fills a polygon. An edge from the last point to the first closes it.
  func fill(_ polygon: [Point], _ color: Color)

  /// Draws a line from point to point. A single point gives a dot.
  func stroke(_ line: [Point], _ stroke: Stroke)

  /// Draws a dot with a width of about `size` around a point.
  func dot(_ shape: DotShape, at centre: Point, size: Double, _ color: Color)

  /// Draws one line of text whose baseline starts at `point`: horizontally, or, if `rotated`, upwards (90° counterclockwise).
  func text(_ text: String, at point: Point, _ font: Font, _ color: Color, rotated: Bool)

  /// Scales an image to a rectangle, without smoothing.
  func image(_ image: PixelImage, in rectangle: Rectangle)

  /// Runs `body`, and keeps of what it draws the part inside a rectangle.
  func clip(to rectangle: Rectangle, _ body: () -> Void)
}

extension Canvas {
  /// False.
  public var scalesImages: Bool { false }

  /// 0.
  public var rowHeight: Double { 0 }
}
