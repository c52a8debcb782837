/// The largest difference between two lists, relative to the largest magnitude in the second; infinite if their lengths
/// differ or only one of them is NaN at some place.
public func relativeDifference(_ found: [Float], _ expected: [Double]) -> Double {
  guard found.count == expected.count else { return .infinity }
  var worst = 0.0
  for (a, b) in zip(found, expected) where !(a.isNaN && b.isNaN) {
    guard !a.isNaN, !b.isNaN else { return .infinity }
    worst = max(worst, Double(a) == b ? 0 : abs(Double(a) - b))
  }
  let size = expected.reduce(0) { max($0, $1.isNaN ? 0 : abs($1)) }
  return size > 0 ? worst / size : worst
}

/// As above, for two lists of Float32.
public func relativeDifference(_ found: [Float], _ expected: [Float]) -> Double {
  relativeDifference(found, expected.map(Double.init))
}

/// Numbers that differ from each other and look random, from -1 to 1, always the same for one `seed`.
public func sampleValues(_ count: Int, seed: UInt64 = 1) -> [Float] {
  var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
  return (0..<count).map { _ in
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Float(Int64(bitPattern: state) >> 40) / Float(1 << 23)
  }
}
