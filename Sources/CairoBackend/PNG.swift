import CPNG
import Foundation
import Plotting

extension Figure {
  /// The figure as a PNG file of `scale` pixels a unit: RGB, with its title, its description and the command that made it.
  /// The same figure gives the same bytes. Throws a `FigureError`.
  public func png(
    theme: Theme = .light, scale: Double = 2, command: String = "", fonts: Fonts? = nil
  ) throws(FigureError) -> Data {
    let raster = try Raster(self, theme: theme, scale: scale, fonts: fonts)
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
        raster.bytes, UInt32(raster.width), UInt32(raster.height), raster.stride,
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
