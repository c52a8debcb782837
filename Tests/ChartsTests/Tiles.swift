import CCairo
import CairoBackend
import Foundation

/// A picture by the mean colours of its tiles of 8 × 8 pixels.
struct Tiles {
  let width: Int
  let height: Int
  /// As 0xRRGGBB.
  private(set) var pixels: [UInt32]

  init(width: Int, height: Int) {
    (self.width, self.height) = (width, height)
    pixels = [UInt32](repeating: 0x808080, count: width * height)
  }

  init(_ raster: Raster) {
    self.init(width: (raster.width + 7) / 8, height: (raster.height + 7) / 8)
    for y in 0..<height {
      var sums = [(red: Int, green: Int, blue: Int, count: Int)](repeating: (0, 0, 0, 0), count: width)
      for row in 8 * y..<min(8 * y + 8, raster.height) {
        for (x, pixel) in raster.row(row).enumerated() {
          sums[x / 8].red += Int(pixel >> 16 & 0xFF)
          sums[x / 8].green += Int(pixel >> 8 & 0xFF)
          sums[x / 8].blue += Int(pixel & 0xFF)
          sums[x / 8].count += 1
        }
      }
      for (x, sum) in sums.enumerated() {
        pixels[y * width + x] =
          UInt32(sum.red / sum.count) << 16 | UInt32(sum.green / sum.count) << 8 | UInt32(sum.blue / sum.count)
      }
    }
  }

  /// Reads a PNG; nil if it is none.
  init?(path: String) {
    let surface = cairo_image_surface_create_from_png(path)
    defer { cairo_surface_destroy(surface) }
    guard cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS else { return nil }
    cairo_surface_flush(surface)
    self.init(width: Int(cairo_image_surface_get_width(surface)), height: Int(cairo_image_surface_get_height(surface)))
    let start = UnsafeRawPointer(cairo_image_surface_get_data(surface)!).assumingMemoryBound(to: UInt32.self)
    for index in pixels.indices { pixels[index] = start[index] & 0xFF_FFFF }
  }

  func write(to path: String) throws {
    let surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height))
    defer { cairo_surface_destroy(surface) }
    let start = UnsafeMutableRawPointer(cairo_image_surface_get_data(surface)!).assumingMemoryBound(to: UInt32.self)
    for index in pixels.indices { start[index] = pixels[index] }
    cairo_surface_mark_dirty(surface)
    guard cairo_surface_write_to_png(surface, path) == CAIRO_STATUS_SUCCESS else { throw CocoaError(.fileWriteUnknown) }
  }

  mutating func put(_ other: Tiles, left: Int, top: Int) {
    for y in 0..<other.height {
      for x in 0..<other.width { pixels[(top + y) * width + left + x] = other.pixels[y * other.width + x] }
    }
  }

  /// The largest difference of a tile, mean over red, green and blue, of 255; nil where sizes differ.
  func worstDifference(from other: Tiles) -> Double? { differences(from: other)?.max() }

  /// The difference of each tile, mean over red, green and blue, of 255; nil where sizes differ.
  func differences(from other: Tiles) -> [Double]? {
    guard width == other.width, height == other.height else { return nil }
    func part(_ pixel: UInt32, _ shift: UInt32) -> Int { Int(pixel >> shift & 0xFF) }
    return zip(pixels, other.pixels).map { one, two -> Double in
      let differences = [UInt32(16), 8, 0].map { abs(part(one, $0) - part(two, $0)) }
      return Double(differences.reduce(0, +)) / 3
    }
  }

  /// Each tile as the mean of itself and its neighbours, up to eight.
  var blurred: Tiles {
    var result = self
    for index in pixels.indices {
      let near = neighbours(of: index).map { pixels[$0] }
      let means = [UInt32(16), 8, 0].map { shift in
        (near.reduce(0) { $0 + ($1 >> shift & 0xFF) } / UInt32(near.count)) << shift
      }
      result.pixels[index] = means.reduce(0, |)
    }
    return result
  }

  /// Which tiles differ from those of another picture of the same size, or have a neighbour that does.
  func changes(from other: Tiles) -> [Bool] {
    pixels.indices.map { neighbours(of: $0).contains { pixels[$0] != other.pixels[$0] } }
  }

  /// The places of a tile and of the tiles around it.
  private func neighbours(of index: Int) -> [Int] {
    let (y, x) = index.quotientAndRemainder(dividingBy: width)
    return (max(y - 1, 0)...min(y + 1, height - 1)).flatMap { row in
      (max(x - 1, 0)...min(x + 1, width - 1)).map { row * width + $0 }
    }
  }
}

/// Pictures of one chart side by side.
struct TileSheet {
  var rows: [[Tiles]] = []

  var joined: Tiles {
    let widths = rows.map { $0.reduce(0) { $0 + $1.width } }, heights = rows.map { $0.map(\.height).max() ?? 0 }
    var sheet = Tiles(width: widths.max() ?? 0, height: heights.reduce(0, +))
    var top = 0
    for (row, height) in zip(rows, heights) {
      var left = 0
      for tiles in row {
        sheet.put(tiles, left: left, top: top)
        left += tiles.width
      }
      top += height
    }
    return sheet
  }
}
