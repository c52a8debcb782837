/// A gzipped IDX file: a big-endian magic number, the size of each dimension, then a byte for each element.
///
/// Source: LeCun, Cortes and Burges, "The MNIST database of handwritten digits", 1998.
struct IDXFile {
  /// The size of each dimension; the first is the number of samples.
  let sizes: [Int]
  /// The elements in row-major order.
  let elements: [UInt8]
  /// The CRC-32 of the uncompressed file.
  let checksum: UInt32

  /// Reads the file at `path`. Throws a `DatasetError` if it has another number of dimensions.
  init(path: String, dimensions: Int) throws(DatasetError) {
    let file = try GzipReader(path: path)
    // 0x08 is the code of unsigned bytes.
    let expected = 0x0800 | UInt32(dimensions)
    let magic = try file.readWord()
    guard magic == expected else { throw .wrongMagic(path: path, found: magic, expected: expected) }
    var sizes: [Int] = []
    for _ in 0..<dimensions { sizes.append(Int(try file.readWord())) }
    let count = sizes.reduce(1) { product, size in
      let (larger, overflows) = product.multipliedReportingOverflow(by: size)
      return overflows ? Int.max : larger
    }
    self.sizes = sizes
    elements = try file.read(count)
    checksum = try file.finish()
  }
}

extension GzipReader {
  /// The next four bytes as a big-endian number.
  fileprivate func readWord() throws(DatasetError) -> UInt32 { try read(4).reduce(0) { $0 << 8 | UInt32($1) } }
}
