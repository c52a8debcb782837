import CCairo
import CPango
import Plotting

/// A canvas on a Cairo surface, with text by Pango.
final class CairoCanvas: Canvas {
  let resolution: Double
  let scalesImages: Bool
  private let cairo: OpaquePointer
  private let fonts: Fonts
  private let layout: OpaquePointer
  private var extents: [TextKey: TextExtent] = [:]
  private var descriptions: [Font: OpaquePointer] = [:]
  private var lastFont: Font?

  private struct TextKey: Hashable {
    let text: String
    let font: Font
  }

  /// A canvas whose unit is `scale` units of the surface. Patterns have `resolution` pixels per unit of the canvas, and so have other
  /// images unless `scalesImages`.
  init(surface: OpaquePointer, scale: Double, resolution: Double, scalesImages: Bool = false, fonts: Fonts) {
    self.scalesImages = scalesImages
    self.resolution = resolution
    self.fonts = fonts
    cairo = cairo_create(surface)
    cairo_scale(cairo, scale, scale)
    cairo_set_line_join(cairo, CAIRO_LINE_JOIN_ROUND)
    let context = pango_font_map_create_context(UnsafeMutablePointer(fonts.map))!
    defer { g_object_unref(UnsafeMutableRawPointer(context)) }
    // Without hinting, letters have the same shape and position at every size, so the same text gives the same pixels.
    let options = cairo_font_options_create()
    defer { cairo_font_options_destroy(options) }
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
    pango_cairo_context_set_font_options(context, options)
    pango_cairo_context_set_resolution(context, 72)
    pango_context_set_round_glyph_positions(context, 0)
    layout = pango_layout_new(context)
    pango_layout_set_single_paragraph_mode(layout, 1)
  }

  deinit {
    for description in descriptions.values { pango_font_description_free(description) }
    g_object_unref(UnsafeMutableRawPointer(layout))
    cairo_destroy(cairo)
  }

  /// Cairo's first failure, after which it draws nothing more; `CAIRO_STATUS_SUCCESS` if there was none.
  var status: cairo_status_t { cairo_status(cairo) }

  func measure(_ text: String, _ font: Font) -> TextExtent {
    let key = TextKey(text: text, font: font)
    if let known = extents[key] { return known }
    set(text, font)
    var logical = PangoRectangle()
    pango_layout_get_extents(layout, nil, &logical)
    let unit = Double(PANGO_SCALE), baseline = Double(pango_layout_get_baseline(layout)) / unit
    let extent = TextExtent(
      width: Double(logical.width) / unit, ascent: baseline, descent: Double(logical.height) / unit - baseline)
    extents[key] = extent
    return extent
  }

  func fill(_ rectangle: Rectangle, _ color: Color) {
    guard rectangle.isFinite else { return }
    cairo_rectangle(cairo, rectangle.left, rectangle.top, rectangle.width, rectangle.height)
    use(color)
    cairo_fill(cairo)
  }

  func fill(_ polygon: [Point], _ color: Color) {
    guard trace(polygon) else { return }
    cairo_close_path(cairo)
    use(color)
    cairo_fill(cairo)
  }

  func stroke(_ line: [Point], _ stroke: Stroke) {
    guard trace(line) else { return }
    use(stroke.color)
    cairo_set_line_width(cairo, stroke.width)
    // Round ends would close short gaps.
    cairo_set_line_cap(cairo, stroke.dash.isEmpty ? CAIRO_LINE_CAP_ROUND : CAIRO_LINE_CAP_BUTT)
    cairo_set_dash(cairo, stroke.dash, Int32(stroke.dash.count), 0)
    cairo_stroke(cairo)
  }

  func text(_ text: String, at point: Point, _ font: Font, _ color: Color, rotated: Bool) {
    guard point.isFinite else { return }
    set(text, font)
    use(color)
    cairo_save(cairo)
    cairo_translate(cairo, point.x, point.y)
    if rotated { cairo_rotate(cairo, -Double.pi / 2) }
    cairo_move_to(cairo, 0, 0)
    pango_cairo_show_layout_line(cairo, pango_layout_get_line_readonly(layout, 0))
    cairo_restore(cairo)
    cairo_new_path(cairo)
  }

  func image(_ image: PixelImage, in rectangle: Rectangle) {
    guard rectangle.isFinite, rectangle.width > 0, rectangle.height > 0 else { return }
    image.pixels.withUnsafeBufferPointer { pixels in
      pixels.withMemoryRebound(to: UInt8.self) { bytes in
        // Cairo only reads a source, though its pointer is mutable.
        let surface = cairo_image_surface_create_for_data(
          UnsafeMutablePointer(mutating: bytes.baseAddress!), CAIRO_FORMAT_RGB24, Int32(image.width),
          Int32(image.height),
          Int32(image.width * 4))!
        paint(surface, of: image, in: rectangle)
        // A vector surface may keep the source until it is finished; this makes it copy the source now.
        cairo_surface_finish(surface)
        cairo_surface_destroy(surface)
      }
    }
  }

  private func paint(_ pixels: OpaquePointer, of image: PixelImage, in rectangle: Rectangle) {
    cairo_save(cairo)
    cairo_rectangle(cairo, rectangle.left, rectangle.top, rectangle.width, rectangle.height)
    cairo_clip(cairo)
    cairo_translate(cairo, rectangle.left, rectangle.top)
    cairo_scale(cairo, rectangle.width / Double(image.width), rectangle.height / Double(image.height))
    cairo_set_source_surface(cairo, pixels, 0, 0)
    cairo_pattern_set_filter(cairo_get_source(cairo), CAIRO_FILTER_NEAREST)
    cairo_paint(cairo)
    cairo_restore(cairo)
  }

  func clip(to rectangle: Rectangle, _ body: () -> Void) {
    cairo_save(cairo)
    cairo_rectangle(cairo, rectangle.left, rectangle.top, rectangle.width, rectangle.height)
    cairo_clip(cairo)
    body()
    cairo_restore(cairo)
  }

  private func trace(_ points: [Point]) -> Bool {
    guard let first = points.first, points.allSatisfy(\.isFinite) else { return false }
    cairo_move_to(cairo, first.x, first.y)
    if points.count == 1 { cairo_line_to(cairo, first.x, first.y) }
    for point in points.dropFirst() { cairo_line_to(cairo, point.x, point.y) }
    return true
  }

  private func use(_ color: Color) { cairo_set_source_rgba(cairo, color.red, color.green, color.blue, color.opacity) }

  private func set(_ text: String, _ font: Font) {
    if font != lastFont {
      pango_layout_set_font_description(layout, description(of: font))
      lastFont = font
    }
    pango_layout_set_text(layout, text, Int32(text.utf8.count))
  }

  private func description(of font: Font) -> OpaquePointer {
    if let known = descriptions[font] { return known }
    let new = pango_font_description_new()!
    pango_font_description_set_family(new, "\(fonts.family),sans-serif")
    pango_font_description_set_absolute_size(new, font.size * Double(PANGO_SCALE))
    pango_font_description_set_weight(new, font.isBold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL)
    descriptions[font] = new
    return new
  }
}

// Cairo reports no error for coordinates that are not finite, and draws garbage.

extension Point {
  var isFinite: Bool { x.isFinite && y.isFinite }
}

extension Rectangle {
  var isFinite: Bool { (left + top + width + height).isFinite }
}
