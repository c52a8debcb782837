/// The encoding of a histogram's counts in a run file; most counts are 0.
///
/// A sequence of LEB128 numbers: the number of counts, then for each count that is not 0 the number of zeros before it and the count.
/// LEB128 stores seven bits per byte, the lowest first; all bytes of a number but the last have their highest bit set. A layer's
/// histogram takes about 150 bytes, an eighth of plain counts.
enum PackedCounts {
  static func bytes(of counts: [UInt32]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(256)
    func append(_ number: Int) {
      var rest = number
      while rest > 127 {
        bytes.append(UInt8(rest & 127) | 128)
        rest >>= 7
      }
      bytes.append(UInt8(rest))
    }
    append(counts.count)
    var zeros = 0
    for count in counts {
      guard count > 0 else {
        zeros += 1
        continue
      }
      append(zeros)
      append(Int(count))
      zeros = 0
    }
    return bytes
  }

  /// The largest number of counts in a blob.
  static let limit = 1 << 20

  /// The decoded counts; nil if the bytes are none.
  static func counts(in bytes: UnsafeRawBufferPointer) -> [UInt32]? {
    var position = 0
    func number() -> Int? {
      var number = 0
      for shift in stride(from: 0, to: 35, by: 7) {
        guard position < bytes.count else { return nil }
        defer { position += 1 }
        number |= Int(bytes[position] & 127) << shift
        if bytes[position] < 128 { return number }
      }
      return nil
    }
    guard let count = number(), count <= limit else { return nil }
    var counts = [UInt32](repeating: 0, count: count)
    var next = 0
    while position < bytes.count {
      guard let zeros = number(), let value = number().flatMap(UInt32.init(exactly:)), next + zeros < count else {
        return nil
      }
      counts[next + zeros] = value
      next += zeros + 1
    }
    return counts
  }
}
