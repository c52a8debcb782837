import Autodiff
import Testing

/// What has no row in the table of gradient checks: indices, equal elements, and limits of the range.
@Suite struct ReductionTests {
  private let x = Tensor([1, 3, 3, .nan, 5, .nan, -1, -2, -2], shape: [3, 3])

  /// A NaN before all others, and the first of equals, as in PyTorch.
  @Test func indicesOfExtremes() {
    #expect(x.argmax(axis: 1) == Indices([1, 0, 0], shape: [3]))
    #expect(x.argmin(axis: -1, keepingDimensions: true) == Indices([0, 0, 1], shape: [3, 1]))
    #expect(x.argmax(axis: 0) == Indices([1, 1, 1], shape: [3]))
    #expect(x.argmin(axis: 0) == Indices([1, 2, 1], shape: [3]))
    let (values, indices) = x.max(axis: 1)
    #expect(values.shape == [3] && values.values[0] == 3 && values.values[1].isNaN && values.values[2] == -1)
    #expect(indices == x.argmax(axis: 1))
    #expect(x.min(axis: 0).values.values[2].isNaN)
  }

  /// As torch.amax and torch.max(dim).
  @Test func gradientsOfEqualElements() {
    let x = Tensor([1, 3, 3, 2, 2, 2], shape: [2, 3]).requiringGradient()
    let factors = Tensor([6, 60], shape: [2])
    (x.max(axes: [1]) * factors).sum().backward()
    #expect(x.gradient?.values == [0, 3, 3, 20, 20, 20])
    x.gradient = nil
    (x.max(axis: 1).values * factors).sum().backward()
    #expect(x.gradient?.values == [0, 6, 0, 60, 0, 0])
    x.gradient = nil
    (x.min(axes: [0, 1]) * 12).sum().backward()
    #expect(x.gradient?.values == [12, 0, 0, 0, 0, 0])
  }

  @Test func extremesOfAllElements() {
    #expect(Tensor([2, -3, 7], shape: [3]).max().value == 7 && Tensor([2, -3, 7], shape: [3]).min().value == -3)
    #expect(Tensor(2).max().value == 2 && Tensor([2, -3, 7], shape: [3]).product().value == -42)
  }

  /// The derivative of a product of elements of which one is 0, or two.
  @Test func productsWithZeros() {
    let x = Tensor([2, 0, 3, 0, 5, 0], shape: [2, 3]).requiringGradient()
    x.product(axes: [1]).sum().backward()
    #expect(x.product(axes: [1]).values == [0, 0])
    #expect(x.gradient?.values == [0, 6, 0, 0, 0, 0])
    #expect(Tensor([], shape: [0]).product().value == 1)
  }

  @Test func normsNearTheEndsOfTheRange() {
    for size: Float in [1e-30, 1, 1e30] {
      let x = Tensor([3 * size, -4 * size], shape: [2]).requiringGradient()
      let norm = x.norm()
      #expect(abs(norm.value / (5 * size) - 1) < 1e-6)
      norm.backward()
      #expect(zip(x.gradient!.values, [0.6, -0.8]).allSatisfy { abs($0 - $1) < 1e-6 })
    }
    let zero = Tensor([0, 0], shape: [2]).requiringGradient()
    for p: Float in [1, 2, 3, .infinity] {
      zero.gradient = nil
      zero.norm(p).backward()
      #expect(zero.gradient?.values == [0, 0])
    }
    #expect(Tensor([.infinity, 1], shape: [2]).norm().value == .infinity)
  }

  @Test func logSumExpOfLargeNumbers() {
    let infinity = Float.infinity
    let x = Tensor([1000, 1000, -1000, -1000, -infinity, -infinity, infinity, 0], shape: [4, 2])
    let found = x.logSumExp(axes: [1]).values
    #expect(abs(found[0] - 1000.6931) < 1e-3 && abs(found[1] + 999.3069) < 1e-3)
    #expect(found[2] == -infinity && found[3] == infinity)
  }

  @Test func fullyMaskedRowsAreZero() {
    let x = Tensor([1, 2, .infinity, 4], shape: [2, 2]).requiringGradient()
    let y = softmax(x, mask: Tensor([1, 1, 0, 0], shape: [2, 2]))
    #expect(y.values[2...] == [0, 0] && abs(y.values[0] + y.values[1] - 1) < 1e-6)
    (y * Tensor([1, 2, .nan, 4], shape: [2, 2])).sum().backward()
    #expect(x.gradient!.values[2...] == [0, 0] && x.gradient!.values[0] < 0 && x.gradient!.values[1] > 0)
  }

  /// A long sum keeps its digits; in Float32 alone it stays at 2²⁴.
  @Test func cumulativeSumsKeepTheirDigits() {
    let count = 1 << 24 + 16
    #expect(Tensor(repeating: 1, shape: [count]).cumulativeSum(axis: 0).values.last == Float(count))
  }
}
