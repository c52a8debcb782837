import Plotting

/// A canvas that draws on another canvas, but leaves text out, or moves it to the right.
final class OtherTextCanvas: Canvas {
  private let base: any Canvas
  private let distance: Double?
  var resolution: Double { base.resolution }

  /// `distance`: in units; nil for no text.
  init(_ base: any Canvas, movingTextBy distance: Double?) { (self.base, self.distance) = (base, distance) }

  func measure(_ text: String, _ font: Font) -> TextExtent { base.measure(text, font) }
  func fill(_ rectangle: Rectangle, _ color: Color) { base.fill(rectangle, color) }
  func fill(_ polygon: [Point], _ color: Color) { base.fill(polygon, color) }
  func stroke(_ line: [Point], _ stroke: Stroke) { base.stroke(line, stroke) }
  func text(_ text: String, at point: Point, _ font: Font, _ color: Color, rotated: Bool) {
    guard let distance else { return }
    base.text(text, at: Point(point.x + distance, point.y), font, color, rotated: rotated)
  }
  func image(_ image: PixelImage, in rectangle: Rectangle) { base.image(image, in: rectangle) }
  func clip(to rectangle: Rectangle, _ body: () -> Void) { base.clip(to: rectangle, body) }
}
