import CCairo
import Foundation
import Plotting

extension Figure {
  /// The figure as an SVG file whose unit is a pixel of CSS, with its title and its description for those who can't see it.
  /// Cells are pixels in it, `scale` of them a unit. The same figure gives the same bytes. Throws a `FigureError`.
  public func svg(
    theme: Theme = .light, scale: Double = 2, command: String = "", fonts: Fonts? = nil
  ) throws(FigureError) -> Data {
    let drawn = try vector(theme, scale, fonts, unit: 1) { write, closure, width, height in
      let surface = cairo_svg_surface_create_for_stream(write, closure, width, height)
      cairo_svg_surface_set_document_unit(surface, CAIRO_SVG_UNIT_PX)
      return surface
    }
    return Data(SVGText(String(decoding: drawn, as: UTF8.self)).described(by: labels(command: command)).utf8)
  }

  /// The figure as a PDF file of one page, with its title and its description. Cells are pixels in it, `scale` of them a unit
  /// of 1/96 inch. The same figure gives the same bytes. Throws a `FigureError`.
  public func pdf(
    theme: Theme = .light, scale: Double = 2, command: String = "", fonts: Fonts? = nil
  ) throws(FigureError) -> Data {
    // A PDF counts in points.
    try vector(theme, scale, fonts, unit: 72 / Self.unitsPerInch) { write, closure, width, height in
      let surface = cairo_pdf_surface_create_for_stream(write, closure, width, height)
      // Else it would say when it was drawn.
      cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, "")
      cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, title)
      cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_SUBJECT, description)
      cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_KEYWORDS, command)
      cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "Rheoscope")
      return surface
    }
  }

  private func vector(
    _ theme: Theme, _ scale: Double, _ fonts: Fonts?, unit: Double,
    _ create: (cairo_write_func_t, UnsafeMutableRawPointer, Double, Double) -> OpaquePointer?
  ) throws(FigureError) -> Data {
    guard (1...32_767).contains(size.width * scale), (1...32_767).contains(size.height * scale) else {
      throw .badSize(width: size.width * scale, height: size.height * scale)
    }
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
    if let failure = canvas.failure { throw .drawing(reason: failure) }
    cairo_surface_finish(surface)
    let status = cairo_surface_status(surface)
    guard status == CAIRO_STATUS_SUCCESS else {
      throw .drawing(reason: String(cString: cairo_status_to_string(status)))
    }
    return output.data
  }
}

private final class Output {
  var data = Data()
}
