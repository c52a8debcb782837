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

/// How many cases a test takes: a few as part of ./test, many where the environment says RHEOSCOPE_FULL=1, as `.ci/full` does.
func cases(_ few: Int, full many: Int) -> Int {
  ProcessInfo.processInfo.environment["RHEOSCOPE_FULL"] == "1" ? many : few
}
