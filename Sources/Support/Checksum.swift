/// A checksum of 64 bits, which shows that bytes were changed; not one that withstands intent.
///
/// Source: Fowler, Noll and Vo, FNV-1a, over words of eight bytes instead of bytes.
package struct Checksum {
  private var state: UInt64 = 0xCBF2_9CE4_8422_2325

  package init() {}

  /// Adds bytes, after their number.
  package mutating func add(_ bytes: UnsafeRawBufferPointer) {
    add(UInt64(bytes.count))
    let words = bytes.count / 8
    for word in 0..<words { add(bytes.loadUnaligned(fromByteOffset: 8 * word, as: UInt64.self)) }
    var rest: UInt64 = 0
    for byte in bytes[(8 * words)...] { rest = rest << 8 | UInt64(byte) }
    add(rest)
  }

  /// Adds a text.
  package mutating func add(_ text: String) {
    var text = text
    text.withUTF8 { add(UnsafeRawBufferPointer($0)) }
  }

  private mutating func add(_ word: UInt64) {
    // The shift lets high bits count in low ones too.
    state = (state ^ word) &* 0x0000_0100_0000_01B3
    state ^= state >> 29
  }

  /// The checksum as 16 hexadecimal digits.
  package var text: String { state.hexadecimal }
}
