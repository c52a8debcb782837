import CCairo
import Plotting

/// A figure as pixels in memory.
package final class Raster {
  package let width: Int
  package let height: Int
  private let surface: OpaquePointer

  /// Draws a figure with `scale` pixels a unit. Throws a `FigureError`.
  package init(_ figure: Figure, theme: Theme, scale: Double, fonts: Fonts?) throws(FigureError) {
    let width = (figure.size.width * scale).rounded(), height = (figure.size.height * scale).rounded()
    // Cairo's coordinates end there.
    guard (1...32_767).contains(width), (1...32_767).contains(height) else {
      throw .badSize(width: width, height: height)
    }
    self.width = Int(width)
    self.height = Int(height)
    surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height))!
    let canvas = CairoCanvas(surface: surface, scale: scale, resolution: scale, fonts: fonts ?? .system)
    figure.draw(on: canvas, theme: theme)
    cairo_surface_flush(surface)
    if let failure = canvas.failure { throw .drawing(reason: failure) }
    guard cairo_image_surface_get_data(surface) != nil else { throw .drawing(reason: "out of memory") }
  }

  deinit { cairo_surface_destroy(surface) }

  /// The pixels' bytes, rows `stride` bytes apart, of 32 bits each: 0xXXRRGGBB in memory order of the machine.
  package var bytes: UnsafeMutablePointer<UInt8> { cairo_image_surface_get_data(surface)! }
  package var stride: Int { Int(cairo_image_surface_get_stride(surface)) }

  /// The pixels of a row as 0xRRGGBB.
  package func row(_ y: Int) -> [UInt32] {
    let start = UnsafeRawPointer(bytes + y * stride).assumingMemoryBound(to: UInt32.self)
    return (0..<width).map { start[$0] & 0xFF_FFFF }
  }
}
