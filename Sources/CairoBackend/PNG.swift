import CCairo
import CPNG
import Foundation
import Plotting

extension Figure {
  /// The figure as a PNG file of `scale` pixels a unit: RGB, with its title, its description and the command that made it.
  /// The same figure gives the same bytes. Throws a `FigureError`.
  public func png(
    theme: Theme = .light, scale: Double = 2, command: String = "", fonts: Fonts? = nil
  ) throws(FigureError) -> Data {
    let width = (size.width * scale).rounded(), height = (size.height * scale).rounded()
    // Cairo's coordinates end there.
    guard (1...32_767).contains(width), (1...32_767).contains(height) else {
      throw .badSize(width: width, height: height)
    }
    let surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height))!
    defer { cairo_surface_destroy(surface) }
    let canvas = CairoCanvas(surface: surface, scale: scale, resolution: scale, fonts: fonts ?? .system)
    draw(on: canvas, theme: theme)
    cairo_surface_flush(surface)
    if let failure = canvas.failure { throw .drawing(reason: failure) }
    guard let pixels = cairo_image_surface_get_data(surface) else { throw .drawing(reason: "out of memory") }

    let texts = labels(command: command).map { (strdup($0.0)!, strdup($0.1)!) }
    defer {
      for text in texts {
        free(text.0)
        free(text.1)
      }
    }
    var size = 0
    var problem = [CChar](repeating: 0, count: 128)
    guard
      let bytes = png_pack(
        pixels, UInt32(width), UInt32(height), Int(cairo_image_surface_get_stride(surface)),
        UInt32((scale * Self.unitsPerInch / 0.0254).rounded()), texts.map { png_entry(key: $0.0, text: $0.1) },
        Int32(texts.count), &size, &problem)
    else {
      throw .drawing(reason: problem.withUnsafeBufferPointer { String(cString: $0.baseAddress!) })
    }
    return Data(bytesNoCopy: bytes, count: size, deallocator: .free)
  }

  static var unitsPerInch: Double { 96 }

  /// What a file says about itself.
  func labels(command: String) -> [(String, String)] {
    [("Title", title), ("Description", description), ("Software", "Rheoscope"), ("Command", command)]
      .filter { !$0.1.isEmpty }
  }
}
