import CZlib
import Support

/// Reads the contents of a gzip file in order, with zlib, which checks them against the checksums. A file may have several members, as
/// when files are joined; their contents follow each other. Zeros after the last one are padding.
///
/// Source: Deutsch, "GZIP file format specification", 1996, RFC 1952.
final class GzipReader {
  private let path: String
  private let compressed: [UInt8]
  private var stream = z_stream()
  private var consumed = 0
  private var hasEnded = false
  /// Of the members before the present one.
  private var checksum: UInt = 0

  init(path: String) throws(DatasetError) {
    self.path = path
    do throws(InputFileError) {
      compressed = try InputFile(path: path).contents()
    } catch {
      throw error.isMissing ? .missing(path: path) : .unreadable(path: path, reason: error.reason)
    }
    guard compressed.starts(with: magic) else { throw .notGzip(path: path) }
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
    while !hasEnded { if try inflate(into: &surplus, count: 1) > 0 { throw .damaged(path: path) } }
    return UInt32(checksum)
  }

  private func fill(_ bytes: UnsafeMutableBufferPointer<UInt8>) throws(DatasetError) {
    var done = 0
    while done < bytes.count {
      let room = min(bytes.count - done, Int(Int32.max))
      let count = try inflate(into: bytes.baseAddress! + done, count: room)
      guard count > 0 || !hasEnded else { throw .truncated(path: path) }
      done += count
    }
  }

  /// Writes up to `count` bytes and returns their number; 0 at the end of a member without contents, and of the last one.
  private func inflate(into bytes: UnsafeMutablePointer<UInt8>, count: Int) throws(DatasetError) -> Int {
    guard !hasEnded else { return 0 }
    let before = consumed
    let code = compressed.withUnsafeBytes { all in
      let rest = UnsafeMutableRawBufferPointer(mutating: UnsafeRawBufferPointer(rebasing: all[before...]))
      stream.next_in = rest.bindMemory(to: UInt8.self).baseAddress
      stream.avail_in = UInt32(clamping: rest.count)
      stream.next_out = bytes
      stream.avail_out = UInt32(count)
      let available = stream.avail_in
      defer { consumed += Int(available - stream.avail_in) }
      return CZlib.inflate(&stream, Z_NO_FLUSH)
    }
    switch code {
    case Z_STREAM_END: try endMember()
    case Z_OK: break
    case Z_BUF_ERROR: throw .truncated(path: path)
    default: throw .damaged(path: path)
    }
    return count - Int(stream.avail_out)
  }

  /// Goes on to the next member, if there is one.
  private func endMember() throws(DatasetError) {
    checksum = crc32_combine(checksum, stream.adler, Int(stream.total_out))
    let rest = compressed[consumed...]
    if rest.starts(with: magic) {
      inflateReset(&stream)
    } else {
      guard rest.allSatisfy({ $0 == 0 }) else { throw .damaged(path: path) }
      hasEnded = true
    }
  }
}

private let magic: [UInt8] = [0x1F, 0x8B]
