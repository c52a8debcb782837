import CPNG
import Foundation
import Plotting

extension Figure {
  /// The figure as a PNG file in memory: RGB, `scale` pixels per unit of 1/96 inch, with the title, the description and the command
  /// that made it. The same figure gives the same bytes. `fonts`: nil for the fonts of this machine.
  ///
  /// Throws a `FigureError` if the size is not drawable.
  public func png(
    theme: Theme = .light, scale: Double = 2, command: String = "", fonts: Fonts? = nil
  ) throws(FigureError) -> Data {
    let raster = try Raster(self, theme: theme, scale: scale, fonts: fonts)
    let texts = metadata(command: command).map { (strdup($0.key)!, strdup($0.text)!) }
    defer {
      for text in texts {
        free(text.0)
        free(text.1)
      }
    }
    var size = 0
    guard
      let bytes = png_pack(
        raster.bytes, UInt32(raster.width), UInt32(raster.height), raster.stride,
        UInt32((scale * Self.unitsPerInch / 0.0254).rounded()), texts.map { png_entry(key: $0.0, text: $0.1) },
        Int32(texts.count), &size)
    else {
      throw .outOfMemory(width: Double(raster.width), height: Double(raster.height))
    }
    return Data(bytesNoCopy: bytes, count: size, deallocator: .free)
  }
}
