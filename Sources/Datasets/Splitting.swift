import Autodiff

extension Dataset {
  /// Two sets, one to train on and one to test with, to which the seed assigns the samples; both keep their order. The test
  /// set has `testFraction` of the samples, rounded. Stops if that leaves one of them without any.
  public func split(testFraction: Double, seed: UInt64) -> (train: Dataset, test: Dataset) {
    guard testFraction > 0, testFraction < 1 else {
      stop("split", "a test fraction of \(testFraction), it is between 0 and 1")
    }
    let testCount = Int((testFraction * Double(count)).rounded())
    guard testCount > 0, testCount < count else {
      stop("split", "\(testFraction) of \(count) samples are \(testCount), which leaves one of the two sets empty")
    }
    var random = RandomStream(seed: seed, name: "split")
    var order = Array(0..<count)
    random.shuffle(&order)
    return (subset(order[testCount...].sorted()), subset(order[..<testCount].sorted()))
  }
}

extension RandomStream {
  /// Durstenfeld's shuffle, written out because the standard library's may change with its version, and the same seed should
  /// give the same order then, too. Source: Durstenfeld, "Algorithm 235: random permutation", 1964.
  mutating func shuffle(_ order: inout [Int]) {
    for last in stride(from: order.count - 1, to: 0, by: -1) { order.swapAt(last, Int(uniform() * Double(last + 1))) }
  }
}
