import Autodiff
import Foundation
import TestSupport
import Testing

@Suite struct TapeTests {
  @Test func theChainRuleByHand() {
    let x = Tensor(1).requiringGradient()
    let c = square(2 * x + 3)
    #expect(c.value == 25)
    c.backward()
    #expect(x.gradient?.value == 20)
  }

  @Test func gradientsAddUpOverUsesAndOverPasses() {
    let x = Tensor([1, 2], shape: [2]).requiringGradient()
    (x * x + x).sum().backward()
    #expect(x.gradient?.values == [3, 5])
    (3 * x).sum().backward()
    #expect(x.gradient?.values == [6, 8])
    x.gradient = nil
    #expect(x.gradient == nil)
  }

  @Test func addingInPlaceNeverChangesATensorSomeoneHolds() {
    let x = Tensor([1, 2], shape: [2]).requiringGradient()
    let y = x + x
    (y * y + y).sum().backward()
    let held = x.gradient!
    let before = held.values
    (x * x).sum().backward()
    #expect(held.values == before)
    #expect(before == [10, 18])
    #expect(x.gradient?.values == [12, 22])
  }

  @Test func nothingIsKeptWithoutGradients() {
    let x = Tensor(2).requiringGradient()
    #expect(withoutGradients { square(x) }.isOnTape == false)
    #expect(square(x).isOnTape)
    #expect(square(x.detached()).isOnTape == false)
  }

  @Test func gradientsOfInnerTensorsAndOfUnrelatedOnes() {
    let x = Tensor(3).requiringGradient(), other = Tensor([1, 1], shape: [2]).requiringGradient()
    let y = square(x)
    let found = gradients(of: 2 * y, withRespectTo: [y, x, other])
    #expect(found[0].value == 2)
    #expect(found[1].value == 12)
    #expect(found[2].values == [0, 0])
    #expect(x.gradient == nil)
  }

  @Test func thirdDerivative() {
    let x = Tensor(2).requiringGradient()
    let y = x * x * x * x
    let first = gradients(of: y, withRespectTo: [x], keepingTape: true)[0]
    let second = gradients(of: first, withRespectTo: [x], keepingTape: true)[0]
    let third = gradients(of: second, withRespectTo: [x])[0]
    #expect([first.value, second.value, third.value] == [32, 48, 48])
  }

  /// Each backward pass and each tape that is dropped must release a hundred thousand operations without a deep stack.
  @Test func longChainsAreReleasedOneByOne() {
    let before = TensorMemory.inUse
    for runsBackward in [true, false] {
      let x = Tensor(1).requiringGradient()
      var y = x
      for _ in 0..<100_000 { y = tanh(y) }
      if runsBackward { y.backward() }
    }
    #expect(TensorMemory.inUse == before)
  }

  /// Saved outputs must not keep their own node alive.
  @Test func droppedComputationsLeaveNoMemory() {
    let x = Tensor(sampleValues(1000), shape: [1000]).requiringGradient()
    let before = TensorMemory.inUse
    for _ in 0..<10 { _ = softmax(exp(tanh(sigmoid(relu(x)))).reshaped(10, 100)).squareRoot() }
    #expect(TensorMemory.inUse == before)
  }

  @Test func backwardTwiceStopsAndSaysWhy() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let y = square(Tensor(1).requiringGradient())
      let z = 2 * y
      y.backward()
      z.backward()
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("compute it again"))
  }
}
