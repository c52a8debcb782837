import CCairo
import Plotting

/// A figure as an image in memory.
package final class Raster {
  /// The number of pixels per row.
  package let width: Int
  /// The number of rows.
  package let height: Int
  private let surface: OpaquePointer

  /// Draws a figure with `scale` pixels per unit, through the canvas that `wrapped` makes of Cairo's. Throws a `FigureError` if its
  /// size is not drawable.
  package init(
    _ figure: Figure, theme: Theme, scale: Double, fonts: Fonts?, wrapped: (any Canvas) -> any Canvas = { $0 }
  ) throws(FigureError) {
    let size = try figure.pixelSize(scale: scale)
    width = Int(size.width)
    height = Int(size.height)
    surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height))!
    let canvas = CairoCanvas(surface: surface, scale: scale, resolution: scale, fonts: fonts ?? .system)
    figure.draw(on: wrapped(canvas), theme: theme)
    cairo_surface_flush(surface)
    try figure.check(canvas.status, scale: scale)
    guard cairo_image_surface_get_data(surface) != nil else {
      throw .outOfMemory(width: size.width, height: size.height)
    }
  }

  deinit { cairo_surface_destroy(surface) }

  /// The pixels, 32 bits each, 0xXXRRGGBB in the byte order of the machine. Rows are `stride` bytes apart.
  package var bytes: UnsafeMutablePointer<UInt8> { cairo_image_surface_get_data(surface)! }
  /// The number of bytes from one row to the next.
  package var stride: Int { Int(cairo_image_surface_get_stride(surface)) }

  /// The pixels of a row as 0xRRGGBB.
  package func row(_ y: Int) -> [UInt32] {
    let start = UnsafeRawPointer(bytes + y * stride).assumingMemoryBound(to: UInt32.self)
    return (0..<width).map { start[$0] & 0xFF_FFFF }
  }
}
