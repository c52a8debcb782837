import CCairo
import CPNG
import Foundation
import Plotting

/// The most pixels that a side of a picture can have; Cairo's coordinates end there.
private let longestSide = 32_767

extension Figure {
  /// The picture as a PNG file: RGB, with the title, the description and the command in it.
  func png(_ style: FigureStyle, path: String) throws(FigureError) -> Data {
    let width = (size.width * style.scale).rounded(), height = (size.height * style.scale).rounded()
    guard width >= 1, height >= 1, width <= Double(longestSide), height <= Double(longestSide) else {
      throw .badSize(path: path, width: width, height: height, longest: longestSide)
    }
    let surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height))!
    defer { cairo_surface_destroy(surface) }
    let canvas = CairoCanvas(
      surface: surface, scale: style.scale, resolution: style.scale, fonts: style.fonts ?? .system)
    draw(on: canvas, theme: style.theme)
    cairo_surface_flush(surface)
    if let failure = canvas.failure { throw .drawing(path: path, reason: failure) }
    guard let pixels = cairo_image_surface_get_data(surface) else {
      throw .drawing(path: path, reason: "out of memory")
    }

    var texts: [UnsafeMutablePointer<CChar>?] = []
    for (keyword, text) in labels(style) where !text.isEmpty { texts += [strdup(keyword), strdup(text)] }
    defer { for text in texts { free(text) } }
    var file = png_file()
    defer { free(file.bytes) }
    let isWritten = texts.withUnsafeBytes { texts in
      png_file_write(
        &file, pixels, Int(cairo_image_surface_get_stride(surface)), Int32(width), Int32(height),
        Int32((style.scale * 96 / 0.0254).rounded()), texts.bindMemory(to: UnsafePointer<CChar>?.self).baseAddress,
        Int32(texts.count / MemoryLayout<UnsafePointer<CChar>?>.stride / 2))
    }
    guard isWritten != 0 else { throw .drawing(path: path, reason: "libpng gave up") }
    return Data(bytes: file.bytes, count: file.count)
  }

  /// What a file says about itself.
  private func labels(_ style: FigureStyle) -> [(String, String)] {
    [("Title", title), ("Description", description), ("Software", "Rheoscope"), ("Command", style.command)]
  }
}
