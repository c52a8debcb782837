import Autodiff
import Testing

@Suite struct RandomStreamTests {
  @Test func aStreamIsItsSeedAndName() {
    func first(_ seed: UInt64, _ name: String) -> [UInt64] {
      var stream = RandomStream(seed: seed, name: name)
      return (0..<8).map { _ in stream.next() }
    }
    #expect(first(1, "a") == first(1, "a"))
    #expect(Set(first(1, "a") + first(2, "a") + first(1, "b")).count == 24)
  }

  @Test func aStreamCanBeMoved() {
    var stream = RandomStream(seed: 5, name: "x")
    let all = (0..<9).map { _ in stream.next() }
    for start in 0..<9 {
      stream.move(to: UInt64(start))
      #expect((start..<9).map { _ in stream.next() } == Array(all[start...]))
    }
  }

  @Test func normalNumbersHaveTheirMoments() {
    var stream = RandomStream(seed: 7, name: "moments")
    let numbers = (0..<100_000).flatMap { _ -> [Double] in
      let (a, b) = stream.normalPair()
      return [a, b]
    }
    let count = Double(numbers.count)
    let mean = numbers.reduce(0, +) / count
    let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    let fourth = numbers.reduce(0) { $0 + $1 * $1 * $1 * $1 } / count
    #expect(abs(mean) < 0.01)
    #expect(abs(variance - 1) < 0.015)
    #expect(abs(fourth - 3) < 0.1)
  }
}
