import CZlib
import Foundation

/// Files in IDX format, packed by gzip: a big-endian header of a magic number and the sizes, then one byte an element.
enum IDX {
  /// Images: count, rows, columns.
  static let images: UInt32 = 0x0000_0803
  /// Labels: count.
  static let labels: UInt32 = 0x0000_0801

  /// The sizes and the bytes of a file. Throws a `DatasetError`.
  static func read(_ path: String, magic: UInt32) throws -> (sizes: [Int], bytes: [UInt8]) {
    guard FileManager.default.fileExists(atPath: path) else { throw DatasetError.noSuchFile(path: path) }
    guard let file = gzopen(path, "rb") else {
      throw DatasetError.unreadable(path: path, reason: String(cString: strerror(errno)))
    }
    defer { gzclose(file) }
    gzbuffer(file, 1 << 18)

    func read(_ count: Int) throws -> [UInt8] {
      try [UInt8](unsafeUninitializedCapacity: count) { bytes, filled in
        while filled < count {
          let got = gzread(file, bytes.baseAddress! + filled, UInt32(min(count - filled, 1 << 30)))
          if got < 0 {
            var code: Int32 = 0
            throw DatasetError.unreadable(path: path, reason: String(cString: gzerror(file, &code)))
          }
          if got == 0 { break }
          filled += Int(got)
        }
      }
    }

    let rank = Int(magic & 0xff)
    let header = try read(4 + 4 * rank)
    guard header.count == 4 + 4 * rank else {
      throw DatasetError.truncated(path: path, found: header.count, expected: 4 + 4 * rank)
    }
    func number(_ place: Int) -> UInt32 { header[4 * place..<4 * place + 4].reduce(0) { $0 << 8 | UInt32($1) } }
    guard number(0) == magic else { throw DatasetError.wrongMagic(path: path, found: number(0), expected: magic) }
    let sizes = (1...rank).map { Int(number($0)) }
    // A header of nonsense must not ask for all memory: no data set here comes near this.
    let (count, tooLarge) = sizes.reduce((1, false)) { product, size in
      let (value, overflow) = product.0.multipliedReportingOverflow(by: size)
      return (value, product.1 || overflow || value > 1 << 33)
    }
    guard !tooLarge else { throw DatasetError.unreadable(path: path, reason: "its header promises \(sizes) elements") }
    let bytes = try read(count)
    guard bytes.count == count else { throw DatasetError.truncated(path: path, found: bytes.count, expected: count) }
    return (sizes, bytes)
  }
}
