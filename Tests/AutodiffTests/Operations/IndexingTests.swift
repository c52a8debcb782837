import Autodiff
import TestSupport
import Testing

/// What has no row in the table of gradient checks: indices, equal elements and what is not a number.
@Suite struct IndexingTests {
  @Test func indicesAreWholeNumbersInAShape() {
    let indices: Indices = [3, 0, 16_777_217]
    #expect(indices.shape == [3] && indices.values == [3, 0, 16_777_217])
    #expect(indices.reshaped([1, 3]) == Indices([3, 0, 16_777_217], shape: [1, 3]))
    #expect(Indices(Tensor([2, -1], shape: [2, 1])) == Indices([2, -1], shape: [2, 1]))
    #expect(Tensor(Indices([2, -1], shape: [2, 1])).values == [2, -1])
    #expect(crossEntropy(Tensor([0, 9], shape: [1, 2]), Indices([1], shape: [1]).values).value < 0.01)
  }

  @Test func oneHot() {
    let tensor = Tensor(oneHot: Indices([2, 0, 1, 2], shape: [2, 2]), classes: 3)
    #expect(tensor.shape == [2, 2, 3])
    #expect(tensor.values == [0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1])
  }

  /// As torch.sort and torch.topk: a NaN is the largest; equals, −0 and 0 too, keep their order.
  @Test func ordersOfEqualElements() {
    let infinity = Float.infinity
    let x = Tensor([2, .nan, -infinity, 2, 0, -0.0, infinity, -1], shape: [8])
    #expect(x.argsort() == [2, 7, 4, 5, 0, 3, 6, 1])
    #expect(x.argsort(descending: true) == [1, 6, 0, 3, 4, 5, 7, 2])
    #expect(x.topK(3).indices == [1, 6, 0] && x.topK(0).values.shape == [0])
    #expect(x.topK(3, largest: false).indices == [2, 7, 4])
    #expect(Tensor([3, 1, 2, 1], shape: [2, 2]).argsort(axis: 0) == Indices([1, 0, 0, 1], shape: [2, 2]))
  }

  /// Against a sort that compares, below and above the sizes from which digits are sorted and elements selected; many equals among them.
  @Test(arguments: [1, 32, 33, 5000]) func ordersOfManyElements(_ count: Int) {
    for scale in [1, 1e4] as [Float] {
      let values: [Float] = sampleValues(count).map { ($0 * 40).rounded() * scale / 7 }
      let two = Tensor(values.flatMap { [$0, -$0] }, shape: [count, 2])
      for descending in [false, true] {
        func order(_ values: [Float]) -> [Int] {
          values.indices.sorted { (first: Int, second: Int) -> Bool in
            let a = descending ? values[second] : values[first], b = descending ? values[first] : values[second]
            return a == b ? first < second : a < b
          }
        }
        let columns = [order(values), order(values.map { -$0 })]
        let expected = (0..<2 * count).map { (index: Int) -> Int in columns[index % 2][index / 2] }
        #expect(two.argsort(axis: 0, descending: descending).values == expected)
        let few = min(count, 50)
        #expect(two.topK(few, axis: 0, largest: descending).indices.values == Array(expected.prefix(2 * few)))
      }
    }
  }

  @Test func splitsAreTheReverseOfConcatenation() {
    let x = Tensor((0..<12).map(Float.init), shape: [2, 6])
    #expect(x.split(axis: 1, parts: 3).map(\.values) == [[0, 1, 6, 7], [2, 3, 8, 9], [4, 5, 10, 11]])
    #expect(concatenated(x.split(axis: -1, sizes: [1, 0, 5]), axis: 1).values == x.values)
  }

  /// The parts' gradients are added in place, so besides them, which together are as large as the whole, one gradient of the whole takes
  /// memory, however many they are.
  @Test func gradientsOfManyPartsTakeTheMemoryOfTheWhole() {
    let x = Tensor(repeating: 1, shape: [256, 64]).requiringGradient()
    let parts = x.split(axis: 0, parts: 256)
    let loss = zip(parts, 0..<256).reduce(Tensor(0)) { $0 + ($1.0 * Float($1.1)).sum() }
    let before = TensorMemory.inUse
    TensorMemory.resetPeak()
    loss.backward()
    #expect(TensorMemory.peak - before < 10 * x.elementCount)
    let expected = (0..<256 * 64).map { (index: Int) -> Float in Float(index / 64) }
    #expect(x.gradient!.values == expected)
  }

  /// The gradient of a sum is the same tensor for both terms; a part that is added to that of one leaves the other's.
  @Test func gradientsThatAreSharedStay() {
    let x = Tensor([1, 2, 3], shape: [3]).requiringGradient()
    let left = x * 2, right = x * 3
    let part = left.sliced(0, 0..<2).sum()
    (part + ((left + right) * Tensor([5, 5, 5], shape: [3])).sum()).backward()
    #expect(x.gradient?.values == [27, 27, 25])
  }

  @Test(arguments: [Precision.bfloat16, .float16]) func precisionStays(_ precision: Precision) {
    let x = Tensor([1, 3, 2, 4], shape: [2, 2]).cast(to: precision)
    let results = [
      x.take(rows: [1]), x.take(axis: 1, [0]), x.gather(axis: 1, Indices([0, 0], shape: [2, 1])), x.sorted().values,
      x.topK(1).values, x.flipped(axes: [0]), x.rolled(by: 1, axis: 0), x.lowerTriangle(), x.max(axis: 0).values,
      x.max(axes: [0]), stacked([x, x]), x.split(axis: 0, parts: 2)[0],
    ]
    #expect(results.allSatisfy { $0.precision == precision })
  }
}
