/// Counts of a histogram, most of which are 0, as they stand in a run file.
///
/// A sequence of numbers: how many counts there are, then for each that is not 0 how many zeros come before it, and itself.
/// Numbers are in seven bits a byte, the lowest first, and a byte that is not a number's last has its highest bit set (LEB128).
/// A histogram of a layer takes some 150 bytes so, an eighth of what plain counts would.
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

  /// The counts again; empty where the bytes are not those of counts.
  static func counts(in bytes: UnsafeRawBufferPointer) -> [UInt32] {
    var place = 0
    func number() -> Int? {
      var number = 0
      for shift in stride(from: 0, to: 35, by: 7) {
        guard place < bytes.count else { return nil }
        defer { place += 1 }
        number |= Int(bytes[place] & 127) << shift
        if bytes[place] < 128 { return number }
      }
      return nil
    }
    guard let count = number(), count <= 1 << 24 else { return [] }
    var counts = [UInt32](repeating: 0, count: count)
    var next = 0
    while place < bytes.count {
      guard let zeros = number(), let value = number().flatMap(UInt32.init(exactly:)), next + zeros < count else {
        return []
      }
      counts[next + zeros] = value
      next += zeros + 1
    }
    return counts
  }
}
