import Autodiff
import TestSupport
import Testing

/// Resizing where rounding decides between two elements.
@Suite struct ResizingTests {
  /// PyTorch 2.13 takes the second of two elements from these indices on. In exact arithmetic the first would be 41; with a product that is
  /// rounded before ½ is added, the others would be 21 and 24.
  /// (The gradient of its “nearest-exact” has another border than its output.)
  @Test(arguments: [(82, Interpolation.nearest, 42), (41, .nearestExact, 20), (47, .nearestExact, 23)])
  func bordersAreThoseOfPyTorch(_ size: Int, _ mode: Interpolation, _ first: Int) {
    let y = resize(Tensor([0, 1], shape: [1, 2, 1]), to: size, mode: mode)
    #expect(y.values == (0..<size).map { $0 < first ? 0 : 1 })
  }

  /// A factor and the size that it gives differ where the size was rounded down.
  @Test func aFactorIsNotTheQuotientOfSizes() {
    let x = Tensor([0, 1, 2], shape: [1, 3, 1])
    #expect(resize(x, scaleFactor: [1.5]).values == [0, 0, 1, 2])
    #expect(
      relativeDifference(resize(x, scaleFactor: [1.6], mode: .linear).values, [0, 0.4375, 1.0625, 1.6875]) < 1e-6)
    #expect(relativeDifference(resize(x, to: 4, mode: .linear).values, [0, 0.625, 1.375, 2]) < 1e-6)
    #expect(resize(x, scaleFactor: [1]).values == x.values && resize(x, to: 3).values == x.values)
  }

  /// In 16 bits the result is that of Float32, rounded once, though rows and columns are resized one after the other.
  @Test(arguments: [Precision.bfloat16, .float16]) func halvesAreRoundedOnce(_ precision: Precision) {
    let x = Tensor((0..<60).map { Float($0 * $0 % 37) / 7 }, shape: [1, 6, 5, 2]).cast(to: precision)
    let wide = x.cast(to: .float32)
    #expect(
      resize(x, to: [9, 7], mode: .linear).values
        == resize(wide, to: [9, 7], mode: .linear).cast(to: precision).values)
    #expect(
      adaptiveAveragePool(x, outputSize: [4, 3]).values
        == adaptiveAveragePool(wide, outputSize: [4, 3]).cast(to: precision).values)
    #expect(resize(x, to: [9, 7], mode: .linear).precision == precision)
  }
}
