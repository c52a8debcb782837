import Autodiff

extension Dataset {
  /// Splits the samples at random into a training set and a test set, both in the original order. The test set has
  /// `testFraction` of the samples, rounded. Stops the program unless the fraction is between 0 and 1 and both sets have samples.
  public func split(testFraction: Double, seed: UInt64) -> (train: Dataset, test: Dataset) {
    guard testFraction > 0, testFraction < 1 else {
      stop("split", "the test fraction is \(testFraction); it must be between 0 and 1")
    }
    let testCount = Int((testFraction * Double(count)).rounded())
    guard testCount > 0, testCount < count else {
      stop("split", "the test set would have \(testCount) of \(count) samples, which leaves one of the two sets empty")
    }
    var random = RandomStream(seed: seed, name: "split")
    var order = Array(0..<count)
    random.shuffle(&order)
    return (subset(order[testCount...].sorted()), subset(order[..<testCount].sorted()))
  }
}

extension RandomStream {
  /// Durstenfeld's shuffle. The standard library's may change with its version; this one gives the same order for the same seed
  /// forever. Source: Durstenfeld, "Algorithm 235: random permutation", 1964.
  mutating func shuffle(_ order: inout [Int]) {
    for last in stride(from: order.count - 1, to: 0, by: -1) { order.swapAt(last, below(last + 1)) }
  }

  /// A whole number from 0 to below `count`. (The standard library does not promise that its own stay the same.)
  mutating func below(_ count: Int) -> Int { Int(uniform() * Double(count)) }
}
