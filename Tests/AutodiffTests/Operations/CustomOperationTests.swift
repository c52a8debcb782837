import Autodiff
import TestSupport
import Testing

@Suite struct CustomOperationTests {
  /// x³ with a gradient written in operations.
  private func cubed(_ x: Tensor) -> Tensor {
    customOperation("cubed", [x]) {
      $0[0] * $0[0] * $0[0]
    } backward: { gradient, _, inputs in
      [gradient * 3 * inputs[0].squared()]
    }
  }

  @Test func gradientsAndTheirGradientsAreThoseOfBuiltInOperations() {
    let x = Tensor([1, -2, 0.5], shape: [3]).requiringGradient()
    let y = cubed(x)
    #expect(y.values == [1, -8, 0.125])
    let first = gradients(of: y.sum(), withRespectTo: [x], keepingTape: true)[0]
    #expect(first.values == [3, 12, 0.75])
    let second = gradients(of: first.sum(), withRespectTo: [x], keepingTape: true)[0]
    #expect(second.values == [6, -12, 3])
    #expect(gradients(of: second.sum(), withRespectTo: [x])[0].values == [6, 6, 6])
  }

  /// A gradient that uses the output, of two inputs of which one has none.
  @Test func outputsAreGivenAndInputsMayHaveNoGradient() {
    func powers(_ x: Tensor, _ exponents: Tensor) -> Tensor {
      customOperation("powers", [x, exponents]) {
        exp(log($0[0]) * $0[1])
      } backward: { gradient, output, inputs in
        [gradient * inputs[1] * output / inputs[0], nil]
      }
    }
    let x = Tensor([2, 3], shape: [2]).requiringGradient(), n = Tensor([3, 2], shape: [2]).requiringGradient()
    powers(x, n).sum().backward()
    #expect(relativeDifference(x.gradient!.values, [12, 6] as [Float]) < 1e-6)
    #expect(n.gradient == nil)
    #expect(!powers(x.detached(), n.detached()).isOnTape)
    #expect(!withoutGradients { powers(x, n) }.isOnTape)
  }

  /// The result is a tensor of its own, and nothing keeps it and its node alive.
  @Test func anInputMayBeReturnedAndMemoryIsReleased() {
    let x = Tensor([1, 2], shape: [2]).requiringGradient()
    let reversed = customOperation("gradientReversal", [x]) {
      $0[0]
    } backward: { gradient, _, _ in
      [-gradient]
    }
    #expect(reversed.values == x.values)
    reversed.sum().backward()
    #expect(x.gradient!.values == [-1, -1])
    x.gradient = nil
    let before = TensorMemory.inUse
    for _ in 0..<3 { cubed(x).sum().backward() }
    x.gradient = nil
    #expect(TensorMemory.inUse == before)
  }

  @Test func wrongGradientsStop() async {
    let few = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Tensor([1, 2], shape: [2]).requiringGradient()
      customOperation("twin", [x, x]) {
        $0[0]
      } backward: { gradient, _, _ in
        [gradient]
      }.sum().backward()
    }
    #expect(
      String(decoding: few!.standardErrorContent, as: UTF8.self).contains("twin: backward returned 1 gradients for 2"))
    let shape = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Tensor([1, 2], shape: [2]).requiringGradient()
      customOperation("total", [x]) {
        $0[0].sum()
      } backward: { gradient, _, _ in
        [gradient]
      }.backward()
    }
    #expect(String(decoding: shape!.standardErrorContent, as: UTF8.self).contains("total: shapes [] and [2]"))
  }
}
