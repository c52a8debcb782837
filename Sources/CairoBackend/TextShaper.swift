import CCairo
import CPango
import Plotting

/// Lays text out by Pango, with what makes its pixels differ from machine to machine turned off. Each canvas has a font map
/// of its own, since Pango allows one a thread.
final class TextShaper {
  private let fontMap: UnsafeMutablePointer<PangoFontMap>
  private let pango: OpaquePointer
  private let layout: OpaquePointer
  private var fonts: [Font: OpaquePointer] = [:]
  private var sizes: [Measured: Size] = [:]

  private struct Font: Hashable {
    let size: Double
    let isBold: Bool
  }

  private struct Measured: Hashable {
    let text: String
    let font: Font
  }

  init(_ context: OpaquePointer) {
    fontMap = pango_cairo_font_map_new()
    // Lengths in points: one to a unit of the canvas.
    pango_cairo_font_map_set_resolution(OpaquePointer(fontMap), 72)
    pango = pango_font_map_create_context(fontMap)
    let options = cairo_font_options_create()
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
    pango_cairo_context_set_font_options(pango, options)
    cairo_font_options_destroy(options)
    pango_context_set_round_glyph_positions(pango, 0)
    layout = pango_layout_new(pango)
  }

  deinit {
    for font in fonts.values { pango_font_description_free(font) }
    g_object_unref(UnsafeMutableRawPointer(layout))
    g_object_unref(UnsafeMutableRawPointer(pango))
    g_object_unref(fontMap)
  }

  func measure(_ text: String, _ style: TextStyle) -> Size {
    let key = Measured(text: text, font: Font(size: style.size, isBold: style.isBold))
    if let known = sizes[key] { return known }
    set(text, style)
    var width: Int32 = 0, height: Int32 = 0
    pango_layout_get_size(layout, &width, &height)
    let size = Size(Double(width) / Double(PANGO_SCALE), Double(height) / Double(PANGO_SCALE))
    sizes[key] = size
    return size
  }

  /// Draws a line of text, its upper left corner at the current point.
  func show(_ text: String, _ style: TextStyle, on context: OpaquePointer) {
    set(text, style)
    pango_cairo_show_layout(context, layout)
  }

  private func set(_ text: String, _ style: TextStyle) {
    let font = Font(size: style.size, isBold: style.isBold)
    if fonts[font] == nil {
      let description = pango_font_description_new()!
      pango_font_description_set_family(description, "DejaVu Sans, sans-serif")
      pango_font_description_set_absolute_size(description, style.size * Double(PANGO_SCALE))
      pango_font_description_set_weight(description, style.isBold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL)
      fonts[font] = description
    }
    pango_layout_set_font_description(layout, fonts[font])
    pango_layout_set_text(layout, text, -1)
  }
}
