import Autodiff
import Datasets
import Testing

@Suite struct BatchesTests {
  /// Sample i is the number i, of class i.
  let numbers = Dataset(inputs: (0..<10).map(Float.init), labels: Array(0..<10))

  @Test func everySampleOccursOncePerEpoch() {
    let epochs = Array(numbers.batches(of: 5, seed: 1).prefix(6)).map(\.labels)
    for first in [0, 2, 4] { #expect((epochs[first] + epochs[first + 1]).sorted() == Array(0..<10)) }
    #expect(epochs[0] + epochs[1] != epochs[2] + epochs[3])
  }

  @Test func incompleteBatchesAreLeftOut() {
    let batches = Array(numbers.batches(of: 4, seed: 3).prefix(40)).map(\.labels)
    #expect(batches.allSatisfy { $0.count == 4 })
    for first in stride(from: 0, to: 40, by: 2) { #expect(Set(batches[first] + batches[first + 1]).count == 8) }
    #expect(Set(batches.flatMap { $0 }) == Set(0..<10), "the samples left out differ between epochs")
  }

  @Test func inputsBelongToLabels() {
    for batch in numbers.batches(of: 3, seed: 4).prefix(10) {
      #expect(batch.inputs.shape == [3, 1])
      #expect(batch.inputs.values == batch.labels.map(Float.init))
    }
  }

  @Test func seedDeterminesTheOrder() {
    func labels(_ seed: UInt64) -> [[Int]] { numbers.batches(of: 5, seed: seed).prefix(8).map(\.labels) }
    #expect(labels(7) == labels(7))
    #expect(labels(7) != labels(8))
    // The same on every machine and with every version of the standard library.
    #expect(labels(7)[0] == [4, 3, 6, 9, 1])
  }

  @Test func everyIterationYieldsTheSameBatches() {
    let batches = numbers.batches(of: 5, seed: 7)
    #expect(batches.prefix(3).map(\.labels) == batches.prefix(3).map(\.labels))
  }

  /// The endless sequence makes no batch before the loop needs it.
  @Test func batchesAreMadeOneByOne() {
    TensorMemory.resetPeak()
    let before = TensorMemory.inUse
    for batch in numbers.batches(of: 10, seed: 1).prefix(1_000) { #expect(batch.inputs.shape == [10, 1]) }
    #expect(TensorMemory.peak - before <= 2 * 64)
  }

  /// Every epoch up to a position is shuffled, so positions that would take hours stop at once.
  /// Those of a class stay in their order.
  @Test func sortingByClassIsStable() async {
    let data = Dataset(
      inputs: (0..<9).map(Float.init), labels: [2, 0, 1, 0, 2, 2, 1, 0, 0], classNames: ["a", "b", "c"])
    let sorted = data.sortedByClass(), batches = Array(sorted.inOrder(of: 4))
    #expect(batches.map(\.labels) == [[0, 0, 0, 0], [1, 1, 2, 2], [2]])
    #expect(batches.flatMap { $0.inputs.values } == [1, 3, 7, 8, 2, 6, 0, 4, 5])
    #expect(sorted.labels.count == 9 && sorted.classNames == ["a", "b", "c"] && data.labels[0] == 2)
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Dataset(inputs: [[1], [2]] as [[Float]], targets: [1, 2]).sortedByClass()
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("sortedByClass: the samples have targets, not classes"))
  }

  @Test func positionsOutOfRangeStop() async {
    let results = [
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        var iterator = BatchesTests().numbers.batches(of: 5, seed: 7).makeIterator()
        iterator.position = .max
      },
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = BatchesTests().numbers.batches(of: 5, seed: 7).starting(at: .max)
      },
    ]
    for result in results {
      #expect(
        String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
          == "Fatal error: batches: the position is \(Int.max); it must be from 0 to 219902325554\n")
    }
    await #expect(processExitsWith: .failure) { _ = BatchesTests().numbers.batches(of: 5, seed: 7).starting(at: -1) }
    await #expect(processExitsWith: .failure) {
      _ = BatchesTests().numbers.batches(of: 5, seed: 7).starting(at: 219_902_325_554).starting(at: 1)
    }
    #expect(
      numbers.batches(of: 5, seed: 7).starting(at: 2).starting(at: 3).prefix(1).map(\.labels)
        == [Array(numbers.batches(of: 5, seed: 7).prefix(6))[5].labels])
  }

  @Test func inOrderVisitsAllOnce() {
    let batches = Array(numbers.inOrder(of: 4)).map(\.labels)
    #expect(batches == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]])
  }

  @Test func positionsInAnEpochAreUniform() {
    var counts = [Int](repeating: 0, count: 10)
    for batch in numbers.batches(of: 10, seed: 11).prefix(10_000) { counts[batch.labels[0]] += 1 }
    // Standard deviation 30.
    #expect(counts.allSatisfy { abs($0 - 1_000) < 150 })
  }
}

@Suite struct TwoSpiralsTests {
  @Test func withoutNoisePointsLieOnTheSpirals() {
    let data = Dataset.twoSpirals(samplesPerClass: 100, turns: 1, noise: 0, seed: 1)
    #expect(data.count == 200 && data.features == 2)
    #expect(data.labels.prefix(4) == [0, 1, 0, 1])
    // A quarter of the way: radius 1/4, angle π/2.
    let batch = data.batch(at: [50, 51])
    let expected: [Float] = [0, 0.25, 0, -0.25]
    #expect(zip(batch.inputs.values, expected).allSatisfy { abs($0 - $1) < 1e-6 })
  }

  @Test func seedDeterminesTheNoise() {
    func inputs(_ seed: UInt64) -> [Float] { Dataset.twoSpirals(seed: seed).batch(at: 0..<20).inputs.values }
    #expect(inputs(1) == inputs(1))
    #expect(inputs(1) != inputs(2))
  }
}
