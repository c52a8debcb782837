import CZlib
import Foundation

/// A temporary folder with a small data set in Fashion-MNIST's files: 20 images for training and 10 for testing. Pixel p of
/// image i is (7 i + p) mod 256, its label i mod 10.
struct SmallImageFiles {
  let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
  static let trainImages = "train-images-idx3-ubyte.gz"
  static let trainLabels = "train-labels-idx1-ubyte.gz"

  init() throws {
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    for (name, count) in [("train", 20), ("t10k", 10)] {
      write(Self.images(count), to: "\(name)-images-idx3-ubyte.gz")
      write(Self.labels(count), to: "\(name)-labels-idx1-ubyte.gz")
    }
  }

  func remove() throws { try FileManager.default.removeItem(atPath: directory) }

  static func pixel(_ image: Int, _ place: Int) -> UInt8 { UInt8((7 * image + place) % 256) }

  static func images(_ count: Int, rows: Int = 28, columns: Int = 28) -> [UInt8] {
    idx(sizes: [count, rows, columns], (0..<count).flatMap { image in (0..<rows * columns).map { pixel(image, $0) } })
  }

  static func labels(_ count: Int) -> [UInt8] { idx(sizes: [count], (0..<count).map { UInt8($0 % 10) }) }

  static func idx(sizes: [Int], _ elements: [UInt8]) -> [UInt8] {
    let words = [0x0800 + sizes.count] + sizes
    return words.flatMap { word in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) } } + elements
  }

  func path(_ name: String) -> String { "\(directory)/\(name)" }

  /// Compresses the bytes.
  func write(_ bytes: [UInt8], to name: String) {
    let file = gzopen(path(name), "wb")
    gzwrite(file, bytes, UInt32(bytes.count))
    gzclose(file)
  }

  func writeRaw(_ bytes: Data, to name: String) throws { try bytes.write(to: URL(fileURLWithPath: path(name))) }

  func read(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path(name))) }
}
