import CCairo
import Foundation
import Plotting

extension Figure {
  /// The figure as an SVG file in memory, in CSS pixels (1/96 inch), with the title and the description. Heatmap cells are pixels,
  /// `scale` of them per unit. The same figure gives the same bytes. `fonts`: nil for the fonts of this machine.
  ///
  /// Throws a `FigureError` if the size is not drawable.
  public func svg(
    theme: Theme = .light, scale: Double = 2, command: String = "", fonts: Fonts? = nil
  ) throws(FigureError) -> Data {
    let drawn = try vector(theme, scale, fonts, unit: 1) { write, closure, width, height in
      let surface = cairo_svg_surface_create_for_stream(write, closure, width, height)
      cairo_svg_surface_set_document_unit(surface, CAIRO_SVG_UNIT_PX)
      return surface
    }
    return Data(SVGText(String(decoding: drawn, as: UTF8.self)).described(by: metadata(command: command)).utf8)
  }

  /// The figure as a PDF file of one page in memory, with the title and the description. Heatmap cells are pixels, `scale` of them
  /// per unit of 1/96 inch. The same figure gives the same bytes. `fonts`: nil for the fonts of this machine.
  ///
  /// Throws a `FigureError` if the size is not drawable.
  public func pdf(
    theme: Theme = .light, scale: Double = 2, command: String = "", fonts: Fonts? = nil
  ) throws(FigureError) -> Data {
    // The unit of PDF is the point, 1/72 inch.
    try vector(theme, scale, fonts, unit: 72 / Self.unitsPerInch) { write, closure, width, height in
      let surface = cairo_pdf_surface_create_for_stream(write, closure, width, height)
      // Without this, the file would hold the time.
      cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, "")
      let entries = [
        "Title": CAIRO_PDF_METADATA_TITLE, "Description": CAIRO_PDF_METADATA_SUBJECT,
        "Command": CAIRO_PDF_METADATA_KEYWORDS, "Software": CAIRO_PDF_METADATA_CREATOR,
      ]
      for (key, text) in metadata(command: command) {
        if let entry = entries[key] { cairo_pdf_surface_set_metadata(surface, entry, text) }
      }
      return surface
    }
  }

  private func vector(
    _ theme: Theme, _ scale: Double, _ fonts: Fonts?, unit: Double,
    _ create: (cairo_write_func_t, UnsafeMutableRawPointer, Double, Double) -> OpaquePointer?
  ) throws(FigureError) -> Data {
    _ = try pixelSize(scale: scale)
    let output = Output()
    let append: cairo_write_func_t = { closure, bytes, count in
      guard let closure, let bytes else { return CAIRO_STATUS_WRITE_ERROR }
      Unmanaged<Output>.fromOpaque(closure).takeUnretainedValue().data.append(bytes, count: Int(count))
      return CAIRO_STATUS_SUCCESS
    }
    let surface = create(append, Unmanaged.passUnretained(output).toOpaque(), size.width * unit, size.height * unit)!
    defer { cairo_surface_destroy(surface) }
    let canvas = CairoCanvas(surface: surface, scale: unit, resolution: scale, fonts: fonts ?? .system)
    draw(on: canvas, theme: theme)
    try check(canvas.status, scale: scale)
    cairo_surface_finish(surface)
    try check(cairo_surface_status(surface), scale: scale)
    return output.data
  }
}

/// The bytes that Cairo has written.
private final class Output {
  var data = Data()
}
