import Support

/// An opaque image, row by row from the top left.
public struct PixelImage: Sendable, Hashable {
  /// The number of pixels per row.
  public let width: Int
  /// The number of rows.
  public let height: Int
  /// The pixels as 0xFFRRGGBB, `width * height` of them.
  public let pixels: [UInt32]

  /// An image from its pixels, row by row from the top left, each 0xFFRRGGBB.
  ///
  /// Stops the program if a side is not positive or the count of `pixels` is not `width * height`.
  public init(width: Int, height: Int, pixels: [UInt32]) {
    guard width > 0, height > 0 else { stop("PixelImage", "a size of \(width) × \(height) is not positive") }
    guard pixels.count == width * height else {
      stop("PixelImage", "\(width) × \(height) needs \(width * height) pixels, not \(pixels.count)")
    }
    self.width = width
    self.height = height
    self.pixels = pixels
  }
}
