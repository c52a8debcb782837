import CPNG

/// A PNG image.
struct PNGFile {
  let path: String
  let width, height: Int
  let isColoured: Bool
  private let bytes: [UInt8]

  /// Reads the file and its size.
  init(path: String) throws(DataFileError) {
    self.path = path
    bytes = try contents(ofFile: path)
    var width: UInt32 = 0, height: UInt32 = 0, isColoured = false
    guard bytes.count > 0, png_measure(bytes, bytes.count, &width, &height, &isColoured) else {
      throw .image(path: path, problem: "it is no PNG image, or its beginning is damaged")
    }
    (self.width, self.height, self.isColoured) = (Int(width), Int(height), isColoured)
    guard self.width * self.height <= Self.mostPixels else {
      throw .image(path: path, problem: "it has \(width) × \(height) pixels; at most \(Self.mostPixels) can be read")
    }
  }

  private static let mostPixels = 1 << 26

  /// The pixels row by row, with 1 channel for grey or 3 for red, green and blue.
  func pixels(channels: Int) throws(DataFileError) -> [UInt8] {
    var pixels = [UInt8](repeating: 0, count: width * height * channels)
    guard png_unpack(bytes, bytes.count, Int32(channels), &pixels) else {
      throw .image(path: path, problem: "its pixels are damaged or cut short")
    }
    return pixels
  }
}
