import CCairo
import CPango
import Foundation
import Plotting

/// A canvas on a Cairo image, with text by Pango.
final class CairoCanvas: Canvas {
  let pixelsPerPoint: Double
  private let surface: OpaquePointer
  private let context: OpaquePointer
  private let text: TextShaper

  /// A picture of `size` points. Throws if it is larger than Cairo draws.
  init(size: Size, pixelsPerPoint: Double) throws {
    let width = (size.width * pixelsPerPoint).rounded(), height = (size.height * pixelsPerPoint).rounded()
    guard width >= 1, height >= 1, width <= 32_767, height <= 32_767 else {
      throw FigureError.size(width: width, height: height)
    }
    self.pixelsPerPoint = pixelsPerPoint
    surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height))
    context = cairo_create(surface)
    cairo_scale(context, pixelsPerPoint, pixelsPerPoint)
    cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
    text = TextShaper(context)
  }

  deinit {
    cairo_destroy(context)
    cairo_surface_destroy(surface)
  }

  func measure(_ text: String, _ style: TextStyle) -> Size { self.text.measure(text, style) }

  func draw(_ text: String, at point: Point, _ style: TextStyle, anchor: Anchor, isVertical: Bool) {
    guard point.isFinite, !text.isEmpty else { return }
    let size = self.text.measure(text, style)
    let left =
      switch anchor.horizontal {
      case .left: 0.0
      case .centre: -size.width / 2
      case .right: -size.width
      }
    let top =
      switch anchor.vertical {
      case .top: 0.0
      case .middle: -size.height / 2
      case .bottom: -size.height
      }
    cairo_save(context)
    cairo_translate(context, point.x, point.y)
    if isVertical { cairo_rotate(context, -Double.pi / 2) }
    cairo_move_to(context, left, top)
    setColor(style.color)
    self.text.show(text, style, on: context)
    cairo_restore(context)
  }

  func stroke(_ points: [Point], _ stroke: Stroke) {
    guard points.count > 1, points.allSatisfy(\.isFinite) else { return }
    trace(points)
    cairo_set_line_width(context, stroke.width)
    cairo_set_dash(context, stroke.dashes, Int32(stroke.dashes.count), 0)
    setColor(stroke.color)
    cairo_stroke(context)
  }

  func fill(_ points: [Point], _ color: Color) {
    guard points.count > 2, points.allSatisfy(\.isFinite) else { return }
    trace(points)
    setColor(color)
    cairo_fill(context)
  }

  func dot(at centre: Point, radius: Double, _ color: Color) {
    guard centre.isFinite else { return }
    cairo_new_path(context)
    cairo_arc(context, centre.x, centre.y, radius, 0, 2 * Double.pi)
    setColor(color)
    cairo_fill(context)
  }

  func draw(pixels: [UInt32], columns: Int, rows: Int, in rect: Rect) {
    guard columns > 0, rows > 0, rect.width > 0, rect.height > 0, Point(rect.left, rect.top).isFinite else { return }
    let image = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(columns), Int32(rows))
    defer { cairo_surface_destroy(image) }
    guard let data = cairo_image_surface_get_data(image) else { return }
    let stride = Int(cairo_image_surface_get_stride(image))
    pixels.withUnsafeBytes { source in
      for row in 0..<rows { memcpy(data + row * stride, source.baseAddress! + row * columns * 4, columns * 4) }
    }
    cairo_surface_mark_dirty(image)
    cairo_save(context)
    cairo_translate(context, rect.left, rect.top)
    cairo_scale(context, rect.width / Double(columns), rect.height / Double(rows))
    cairo_set_source_surface(context, image, 0, 0)
    cairo_pattern_set_filter(cairo_get_source(context), CAIRO_FILTER_NEAREST)
    // Whole pixels at the edges: a half-covered one would blend with what lies below.
    cairo_set_antialias(context, CAIRO_ANTIALIAS_NONE)
    cairo_rectangle(context, 0, 0, Double(columns), Double(rows))
    cairo_fill(context)
    cairo_restore(context)
  }

  func clip(to rect: Rect, _ body: () -> Void) {
    cairo_save(context)
    cairo_rectangle(context, rect.left, rect.top, rect.width, rect.height)
    cairo_clip(context)
    body()
    cairo_restore(context)
  }

  private func trace(_ points: [Point]) {
    cairo_new_path(context)
    for point in points { cairo_line_to(context, point.x, point.y) }
  }

  private func setColor(_ color: Color) {
    cairo_set_source_rgba(context, color.red, color.green, color.blue, color.opacity)
  }

  /// The finished picture. Throws if Cairo has met an error, after which it drew nothing more.
  func finish() throws -> (pixels: UnsafePointer<UInt8>, width: Int, height: Int, stride: Int) {
    let status = cairo_status(context)
    guard status == CAIRO_STATUS_SUCCESS else {
      throw FigureError.drawing(reason: String(cString: cairo_status_to_string(status)))
    }
    cairo_surface_flush(surface)
    return (
      UnsafePointer(cairo_image_surface_get_data(surface)), Int(cairo_image_surface_get_width(surface)),
      Int(cairo_image_surface_get_height(surface)), Int(cairo_image_surface_get_stride(surface))
    )
  }
}

extension Point {
  fileprivate var isFinite: Bool { x.isFinite && y.isFinite }
}
