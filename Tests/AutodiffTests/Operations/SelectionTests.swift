import Autodiff
import Testing

/// What has no row in the table of gradient checks: comparisons, equal elements, and values that must not matter.
@Suite struct SelectionTests {
  private let x = Tensor([1, 2, 3, .nan, -0.0], shape: [5])
  private let y = Tensor([2, 2, 2, .nan, 0], shape: [5])

  @Test func comparisonsAreMasks() {
    #expect((x .< y).values == [1, 0, 0, 0, 0])
    #expect((x .<= y).values == [1, 1, 0, 0, 1])
    #expect((x .> y).values == [0, 0, 1, 0, 0])
    #expect((x .>= y).values == [0, 1, 1, 0, 1])
    #expect((x .== y).values == [0, 1, 0, 0, 1])
    #expect((x .!= y).values == [1, 0, 1, 1, 0])
  }

  @Test func comparisonsWithNumbersAndBroadcasting() {
    let x = Tensor([1, 2, 3], shape: [3]).requiringGradient()
    #expect((x .< 2).values == [1, 0, 0] && (x .<= 2).values == [1, 1, 0])
    #expect((x .> 2).values == [0, 0, 1] && (x .>= 2).values == [0, 1, 1])
    #expect((x .== 2).values == [0, 1, 0] && (x .!= 2).values == [1, 0, 1])
    #expect((x .> 2).isOnTape == false)
    #expect((x .== Tensor([1, 3], shape: [2, 1])).values == [1, 0, 0, 0, 0, 1])
    #expect((x.cast(to: .bfloat16) .> 2).precision == .bfloat16)
  }

  /// As torch.maximum and torch.minimum.
  @Test func equalElementsShareTheGradient() {
    for function in [maximum, minimum] {
      let x = Tensor([1, 2, 3], shape: [3]).requiringGradient(), y = Tensor([2, 2, 2], shape: [3]).requiringGradient()
      (function(x, y) * Tensor([1, 10, 100], shape: [3])).sum().backward()
      #expect(x.gradient!.values[1] == 5 && y.gradient!.values[1] == 5)
      let sums = zip(x.gradient!.values, y.gradient!.values).map { $0 + $1 }
      #expect(sums == [1, 10, 100])
    }
  }

  /// √x and 1/x at 0 are infinite or NaN, also in their gradients, but not chosen.
  @Test func whatIsNotChosenDoesNotMatter() {
    let x = Tensor([0, 4, -1], shape: [3]).requiringGradient()
    let y = Tensor.where(x .> 0, x.squareRoot(), Tensor(0))
    #expect(y.values == [0, 2, 0])
    let chosen = Tensor([.infinity, 1, .nan], shape: [3])
    (Tensor.where(x .> 0, x, Tensor(0)) * chosen).sum().backward()
    #expect(x.gradient?.values == [0, 1, 0])
  }

  /// The value of −0 and the precision stay; a mask need not have it.
  @Test(arguments: [Precision.float32, .bfloat16, .float16]) func selectionKeepsBitsAndPrecision(
    _ precision: Precision
  ) {
    let x = Tensor([-0.0, 1, 2], shape: [3]).cast(to: precision)
    let chosen = Tensor.where(Tensor([1, 1, 0], shape: [3]), x, Tensor(0))
    #expect(chosen.precision == precision)
    let expected: [Float] = [-0.0, 1, 0]
    #expect(chosen.values.map(\.bitPattern) == expected.map(\.bitPattern))
  }

  @Test func halvesAreRoundedToEven() {
    #expect(round(Tensor([0.5, 1.5, 2.5, -0.5, -1.5], shape: [5])).values == [0, 2, 2, 0, -2])
  }
}
