import Foundation

/// A source of random choices that gives the same ones for the same seed.
///
/// Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014 (SplitMix64).
struct Generator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }

  /// One of these.
  mutating func choice<Element>(_ elements: [Element]) -> Element { elements.randomElement(using: &self)! }

  /// True with this probability.
  mutating func happens(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &self) < probability }
}

extension [UInt8] {
  /// One change: of a bit, a byte, a number, or a piece that is lost, repeated, or comes from another file.
  mutating func damage(from samples: [[UInt8]], _ random: inout Generator) {
    guard !isEmpty else { return }
    let start = Int.random(in: 0..<count, using: &random)
    let end = Swift.min(start + Int.random(in: 0...40, using: &random), count)
    switch Int.random(in: 0..<8, using: &random) {
    case 0: self[start] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 1: self[start] = UInt8.random(in: 0...255, using: &random)
    case 2: removeSubrange(start..<end)
    case 3: insert(contentsOf: self[start..<end], at: start)
    case 4: removeLast(count - start)
    case 5:
      let other = random.choice(samples)
      guard !other.isEmpty else { return }
      let from = Int.random(in: 0..<other.count, using: &random)
      replaceSubrange(start..<end, with: other[from..<Swift.min(from + end - start, other.count)])
    case 6:
      let texts = [
        "-1", "0", "1e308", "nan", "99999999999999999999", "4294967296", "2.0", "\"", "'", ",", "(", "[", "{", "\n",
        "\r", "\u{0}", "é", "e\u{301}", "\u{202E}", "\"__metadata__\":{},",
      ]
      replaceSubrange(start..<start, with: Array(random.choice(texts).utf8))
    default: replaceSubrange(start..<end, with: [UInt8](repeating: 0xFF, count: end - start))
    }
  }
}
