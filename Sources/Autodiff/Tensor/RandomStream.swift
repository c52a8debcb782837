/// A stream of random numbers named by a seed and a string: the same seed and name give the same numbers on every machine, however
/// many other streams are used, and in any order.
///
/// Philox 4×32-10, a counter encrypted by a key, so a stream's whole state is its position.
/// Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011, doi:10.1145/2063384.2063405.
public struct RandomStream: RandomNumberGenerator, Sendable, Codable {
  private let key: SIMD2<UInt32>
  private let name: SIMD2<UInt32>

  /// The number of 64-bit numbers drawn so far.
  public private(set) var position: UInt64 = 0
  private var block = SIMD4<UInt32>()

  /// The stream of a seed and a name, at position 0.
  public init(seed: UInt64, name: String) {
    key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    // The 64-bit hash of Fowler, Noll and Vo (FNV-1a): Swift's own differs from run to run.
    let hash = name.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    self.name = SIMD2(UInt32(truncatingIfNeeded: hash), UInt32(truncatingIfNeeded: hash >> 32))
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    if position & 1 == 0 { block = encrypted(position >> 1) }
    let half = position & 1 == 0 ? block.lowHalf : block.highHalf
    position &+= 1
    return UInt64(half.x) | UInt64(half.y) << 32
  }

  /// Sets the position, such as one that was saved.
  public mutating func move(to position: UInt64) {
    self.position = position
    if position & 1 == 1 { block = encrypted(position >> 1) }
  }

  private func encrypted(_ count: UInt64) -> SIMD4<UInt32> {
    var c = SIMD4(UInt32(truncatingIfNeeded: count), UInt32(truncatingIfNeeded: count >> 32), name.x, name.y)
    var k = key
    for _ in 0..<10 {
      let a = UInt64(c.x) * 0xD251_1F53
      let b = UInt64(c.z) * 0xCD9E_8D57
      c = SIMD4(
        UInt32(truncatingIfNeeded: b >> 32) ^ c.y ^ k.x, UInt32(truncatingIfNeeded: b),
        UInt32(truncatingIfNeeded: a >> 32) ^ c.w ^ k.y, UInt32(truncatingIfNeeded: a))
      k = k &+ SIMD2(0x9E37_79B9, 0xBB67_AE85)
    }
    return c
  }

  /// A number from 0 to below 1, of 53 bits.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Two independent numbers of the standard normal distribution.
  /// Source: Box and Muller, "A note on the generation of random normal deviates", 1958.
  public mutating func normalPair() -> (Double, Double) {
    // 1 − u is never 0, so the logarithm is finite.
    let radius = (-2 * logarithm(1 - uniform())).squareRoot()
    let angle = 2 * Double.pi * uniform()
    return (radius * cosine(angle), radius * sine(angle))
  }
}
