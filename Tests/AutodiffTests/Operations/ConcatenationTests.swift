import Autodiff
import TestSupport
import Testing

@Suite struct ConcatenationTests {
  /// Parts are copied once, so besides them only the result takes memory, however many they are.
  @Test func manyPartsTakeTheMemoryOfTheResult() {
    let parts = (0..<64).map { Tensor(repeating: Float($0), shape: [4, 16]) }
    let before = TensorMemory.inUse
    TensorMemory.resetPeak()
    let whole = concatenated(parts, axis: -1)
    #expect(whole.shape == [4, 1024])
    #expect(TensorMemory.peak - before == 4 * whole.elementCount)
    let expected = (0..<4 * 1024).map { (index: Int) -> Float in Float(index % 1024 / 16) }
    #expect(whole.values == expected)
  }

  /// The bits of parts stay as they are, and so does a precision that all have.
  @Test(arguments: [Precision.float32, .bfloat16, .float16]) func bitsAndPrecisionStay(_ precision: Precision) {
    let parts = [Tensor([-0.0, 1.5], shape: [2]), Tensor([2], shape: [1])].map { $0.cast(to: precision) }
    let whole = concatenated(parts, axis: 0)
    #expect(whole.precision == precision)
    let expected: [Float] = [-0.0, 1.5, 2]
    #expect(whole.values.map(\.bitPattern) == expected.map(\.bitPattern))
    #expect(concatenated(parts + [Tensor([3], shape: [1]).cast(to: .float32)], axis: 0).precision == .float32)
  }

  @Test func eachPartHasItsGradient() {
    let parts = [2, 3, 1].map { Tensor(repeating: 1, shape: [$0, 2]).requiringGradient() }
    let constant = Tensor(repeating: 0, shape: [1, 2])
    (concatenated([parts[0], constant, parts[1], parts[2]], axis: 0) * Tensor((0..<14).map(Float.init), shape: [7, 2]))
      .sum().backward()
    let expected: [[Float]] = [[0, 1, 2, 3], [6, 7, 8, 9, 10, 11], [12, 13]]
    #expect(parts.map { $0.gradient!.values } == expected)
  }
}
