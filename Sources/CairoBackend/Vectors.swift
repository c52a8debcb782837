import CCairo
import Foundation
import Plotting

extension Figure {
  /// The figure as an SVG file in memory, in CSS pixels (1/96 inch). Text is text, in the font that `fonts` has, or in a similar one where
  /// the reader lacks it. Heatmaps have one pixel per cell; patterns on cells without a number have `scale` pixels per unit. The title
  /// and the description are those that a screen reader reads. The same figure gives the same bytes. `fonts`: nil for the fonts of this
  /// machine.
  ///
  /// Throws a `FigureError` if the size is not drawable.
  public func svg(
    theme: Theme = .light, scale: Double = 2, command: String = "", fonts: Fonts? = nil
  ) throws(FigureError) -> Data {
    _ = try pixelSize(scale: scale)
    let fonts = fonts ?? .system
    let surface = cairo_recording_surface_create(CAIRO_CONTENT_COLOR, nil)!
    defer { cairo_surface_destroy(surface) }
    let ruler = CairoCanvas(surface: surface, scale: 1, resolution: scale, fonts: fonts)
    let canvas = SVGCanvas(measuringWith: ruler, resolution: scale)
    draw(on: canvas, theme: theme)
    let texts = Dictionary(metadata(command: command).map { ($0.key, $0.text) }, uniquingKeysWith: { $1 })
    return Data(
      canvas.document(
        size: size, family: fonts.family, title: texts["Title"] ?? "", description: texts["Description"] ?? "",
        command: texts["Command"] ?? ""
      ).utf8)
  }

  /// The figure as a PDF file of one page in memory, with the title and, as its subject, the description. Heatmaps have one pixel per
  /// cell, which viewers must not smooth; patterns on cells without a number have `scale` pixels per unit of 1/96 inch. The language is
  /// not stated, since Cairo can't write it. The same figure gives the same bytes. `fonts`: nil for the fonts of this machine.
  ///
  /// Throws a `FigureError` if the size is not drawable.
  public func pdf(
    theme: Theme = .light, scale: Double = 2, command: String = "", fonts: Fonts? = nil
  ) throws(FigureError) -> Data {
    _ = try pixelSize(scale: scale)
    let output = Output()
    let append: cairo_write_func_t = { closure, bytes, count in
      guard let closure, let bytes else { return CAIRO_STATUS_WRITE_ERROR }
      Unmanaged<Output>.fromOpaque(closure).takeUnretainedValue().data.append(bytes, count: Int(count))
      return CAIRO_STATUS_SUCCESS
    }
    // The unit of PDF is the point, 1/72 inch.
    let unit = 72 / Self.unitsPerInch
    let surface = cairo_pdf_surface_create_for_stream(
      append, Unmanaged.passUnretained(output).toOpaque(), size.width * unit, size.height * unit)!
    defer { cairo_surface_destroy(surface) }
    // Without this, the file would hold the time.
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, "")
    let entries = [
      "Title": CAIRO_PDF_METADATA_TITLE, "Description": CAIRO_PDF_METADATA_SUBJECT,
      "Command": CAIRO_PDF_METADATA_KEYWORDS, "Software": CAIRO_PDF_METADATA_CREATOR,
    ]
    for (key, text) in metadata(command: command) {
      if let entry = entries[key] { cairo_pdf_surface_set_metadata(surface, entry, text) }
    }
    let canvas = CairoCanvas(
      surface: surface, scale: unit, resolution: scale, scalesImages: true, fonts: fonts ?? .system)
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
