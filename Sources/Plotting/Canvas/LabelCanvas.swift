import Support

/// A canvas whose texts are fit for one line of any canvas: control characters, line breaks and bidirectional controls are shown as
/// escapes, and a text that is too long for every canvas is cut.
///
/// Names in figures come from files, so this is the one way by which texts of a figure reach a canvas.
final class LabelCanvas: Canvas {
  private let canvas: any Canvas

  /// The number of Unicode scalars that are drawn: on the largest canvas, letters of the smallest font are about as wide.
  static let longestText = 10_000

  init(_ canvas: any Canvas) { self.canvas = canvas }

  private func label(_ text: String) -> String {
    (text.utf8.count > Self.longestText ? String(text.unicodeScalars.prefix(Self.longestText)) : text)
      .escapedForTerminal
  }

  var resolution: Double { canvas.resolution }

  var scalesImages: Bool { canvas.scalesImages }

  var rowHeight: Double { canvas.rowHeight }

  func measure(_ text: String, _ font: Font) -> TextExtent { canvas.measure(label(text), font) }

  func fill(_ rectangle: Rectangle, _ color: Color) { canvas.fill(rectangle, color) }

  func fill(_ polygon: [Point], _ color: Color) { canvas.fill(polygon, color) }

  func stroke(_ line: [Point], _ stroke: Stroke) { canvas.stroke(line, stroke) }

  func dot(_ shape: DotShape, at centre: Point, size: Double, _ color: Color) {
    canvas.dot(shape, at: centre, size: size, color)
  }

  func text(_ text: String, at point: Point, _ font: Font, _ color: Color, rotated: Bool) {
    canvas.text(label(text), at: point, font, color, rotated: rotated)
  }

  func image(_ image: PixelImage, in rectangle: Rectangle) { canvas.image(image, in: rectangle) }

  func clip(to rectangle: Rectangle, _ body: () -> Void) { canvas.clip(to: rectangle, body) }
}
