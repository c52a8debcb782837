import CZlib
import Foundation

/// Reads the contents of a gzip file in order, with zlib, which checks them against the checksum.
///
/// Source: Deutsch, "GZIP file format specification", 1996, RFC 1952.
final class GzipReader {
  private let path: String
  private let compressed: Data
  private var stream = z_stream()
  private var hasEnded = false

  init(path: String) throws(DatasetError) {
    self.path = path
    do {
      compressed = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch CocoaError.fileReadNoSuchFile, CocoaError.fileNoSuchFile {
      throw .missing(path: path)
    } catch {
      throw .unreadable(path: path, reason: error.localizedDescription)
    }
    guard compressed.starts(with: [0x1f, 0x8b]) else { throw .notGzip(path: path) }
    // 15 is the largest window; adding 16 selects gzip's header and checksum.
    inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
  }

  deinit { inflateEnd(&stream) }

  /// The next `count` bytes.
  func read(_ count: Int) throws(DatasetError) -> [UInt8] {
    // A compressed byte expands to at most 1032 bytes, which limits the memory that a wrong header can ask for.
    guard count <= 1032 * compressed.count else { throw .truncated(path: path) }
    var bytes = [UInt8](repeating: 0, count: count)
    try bytes.withUnsafeMutableBufferPointer { bytes throws(DatasetError) in try fill(bytes) }
    return bytes
  }

  /// Checks that the contents end here, and returns their CRC-32.
  func finish() throws(DatasetError) -> UInt32 {
    var surplus: UInt8 = 0
    if !hasEnded, try inflate(into: &surplus, count: 1) > 0 { throw .damaged(path: path) }
    return UInt32(stream.adler)
  }

  private func fill(_ bytes: UnsafeMutableBufferPointer<UInt8>) throws(DatasetError) {
    var done = 0
    while done < bytes.count {
      let room = min(bytes.count - done, Int(Int32.max))
      let count = try inflate(into: bytes.baseAddress! + done, count: room)
      guard count > 0 else { throw .truncated(path: path) }
      done += count
    }
  }

  /// Writes up to `count` bytes and returns their number; 0 at the end.
  private func inflate(into bytes: UnsafeMutablePointer<UInt8>, count: Int) throws(DatasetError) -> Int {
    guard !hasEnded else { return 0 }
    let consumed = Int(stream.total_in)
    let code = compressed.withUnsafeBytes { all in
      let rest = UnsafeMutableRawBufferPointer(mutating: UnsafeRawBufferPointer(rebasing: all[consumed...]))
      stream.next_in = rest.bindMemory(to: UInt8.self).baseAddress
      stream.avail_in = UInt32(clamping: rest.count)
      stream.next_out = bytes
      stream.avail_out = UInt32(count)
      return CZlib.inflate(&stream, Z_NO_FLUSH)
    }
    switch code {
    case Z_STREAM_END: hasEnded = true
    case Z_OK: break
    case Z_BUF_ERROR: throw .truncated(path: path)
    default: throw .damaged(path: path)
    }
    return count - Int(stream.avail_out)
  }
}
