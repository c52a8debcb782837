import Autodiff
import Datasets
import Testing

@Suite struct AugmentationTests {
  private let size = ImageSize(height: 3, width: 4, channels: 2)
  /// Image i holds the numbers 100 i, 100 i + 1, ….
  private var images: Dataset {
    Dataset(
      inputs: (0..<6).map { image in (0..<24).map { Float(100 * image + $0 + 1) } }, labels: Array(0..<6))
  }

  private func batches(_ changes: [Augmentation], seed: UInt64 = 7) -> ShuffledBatches {
    images.batches(of: 3, seed: seed).augmented(by: changes, of: size)
  }

  private func pixel(_ image: some Collection<Float>, _ row: Int, _ column: Int, _ channel: Int) -> Float {
    Array(image)[(row * 4 + column) * 2 + channel]
  }

  private func rows(_ batch: Batch) -> [[Float]] {
    let values = batch.inputs.values
    return stride(from: 0, to: values.count, by: 24).map { Array(values[$0..<$0 + 24]) }
  }

  @Test func aFlipMirrorsLeftAndRight() {
    for batch in batches([.flip(probability: 1)]).prefix(4) {
      for (label, image) in zip(batch.labels, rows(batch)) {
        for row in 0..<3 {
          for column in 0..<4 {
            for channel in 0..<2 {
              #expect(
                pixel(image, row, column, channel) == Float(100 * label + (row * 4 + 3 - column) * 2 + channel + 1))
            }
          }
        }
      }
    }
    #expect(
      batches([.flip(probability: 0)]).prefix(2).map(\.inputs.values)
        == images.batches(of: 3, seed: 7).prefix(2).map(\.inputs.values))
    let isFlipped = batches([.flip()]).prefix(200).flatMap { batch in rows(batch).map { $0[0] > $0[6] } }
    #expect(abs(Double(isFlipped.count { $0 }) / Double(isFlipped.count) - 0.5) < 0.08)
  }

  @Test func aCropShiftsByAtMostThePadding() {
    var shifts: Set<[Int]> = []
    for batch in batches([.crop(padding: 1, fill: -5)]).prefix(60) {
      for (label, image) in zip(batch.labels, rows(batch)) {
        let candidates = (-1...1).flatMap { down in (-1...1).map { [down, $0] } }.filter { shift in
          (0..<3).allSatisfy { row in
            (0..<4).allSatisfy { column in
              let (fromRow, fromColumn) = (row - shift[0], column - shift[1])
              let isInside = (0..<3).contains(fromRow) && (0..<4).contains(fromColumn)
              let expected = isInside ? Float(100 * label + (fromRow * 4 + fromColumn) * 2 + 1) : -5
              return pixel(image, row, column, 0) == expected
            }
          }
        }
        #expect(candidates.count == 1)
        shifts.formUnion(candidates)
      }
    }
    #expect(shifts.count == 9)
  }

  @Test func noiseHasItsStandardDeviation() {
    var squares = 0.0, count = 0.0
    for batch in batches([.noise(standardDeviation: 2)]).prefix(100) {
      for (label, image) in zip(batch.labels, rows(batch)) {
        for (index, value) in image.enumerated() {
          let difference = Double(value) - Double(100 * label + index + 1)
          squares += difference * difference
          count += 1
        }
      }
    }
    #expect(abs((squares / count).squareRoot() - 2) < 0.05)
  }

  @Test func changesFollowOneAnotherAndGoOnAtAPosition() {
    let double = Augmentation { pixels, _, _ in for index in pixels.indices { pixels[index] *= 2 } }
    let plain = batches([.noise(standardDeviation: 1)]).prefix(3).map(\.inputs.values)
    #expect(
      batches([.noise(standardDeviation: 1), double]).prefix(3).map(\.inputs.values) == plain.map { $0.map { 2 * $0 } })
    #expect(batches([.noise(standardDeviation: 1)]).starting(at: 2).prefix(1).map(\.inputs.values) == [plain[2]])
    #expect(batches([.noise(standardDeviation: 1)], seed: 8).prefix(1).map(\.inputs.values) != [plain[0]])
  }

  @Test(arguments: [1, 2, 5]) func prefetchedBatchesAreTheSame(_ count: Int) {
    let source = batches([.crop(padding: 1), .flip(), .noise(standardDeviation: 1)])
    let expected = source.prefix(9).map(\.inputs.values)
    #expect(source.prefetched(count).prefix(9).map(\.inputs.values) == expected)
    let iterator = source.prefetched(count).makeIterator()
    for _ in 0..<4 { _ = iterator.next() }
    #expect(iterator.position == 4)
    iterator.position = 7
    #expect(iterator.next()?.inputs.values == expected[7] && iterator.position == 8)
    iterator.position = 1
    #expect(iterator.next()?.inputs.values == expected[1] && iterator.next()?.inputs.values == expected[2])
    // Without augmentation, and with targets.
    let targets = Dataset(inputs: (0..<6).map { [Float($0)] }, targets: (0..<6).map { [Float($0), 1] })
    let plain = targets.batches(of: 2, seed: 3)
    #expect(plain.prefetched(count).prefix(5).map(\.targets.values) == plain.prefix(5).map(\.targets.values))
    #expect(plain.prefetched(count).prefix(5).map(\.inputs.shape) == plain.prefix(5).map(\.inputs.shape))
  }

  @Test func augmentationsAddUp() {
    let both = batches([.flip(probability: 1), .noise(standardDeviation: 2)])
    let oneByOne = batches([.flip(probability: 1)]).augmented(by: [.noise(standardDeviation: 2)], of: size)
    #expect(both.prefix(2).map(\.inputs.values) == oneByOne.prefix(2).map(\.inputs.values))
  }

  /// Many iterations at the same time do not wait for each other.
  @Test(.timeLimit(.minutes(1))) func manyPrefetchedSequencesGoOnAtTheSameTime() {
    let expected = batches([.flip()]).first { _ in true }!.inputs.values
    let iterators = (0..<200).map { _ in batches([.flip()]).prefetched().makeIterator() }
    for iterator in iterators.reversed() { #expect(iterator.next()!.inputs.values == expected) }
  }
}
