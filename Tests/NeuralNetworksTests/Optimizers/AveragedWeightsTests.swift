import Autodiff
import NeuralNetworks
import Testing

@Suite struct AveragedWeightsTests {
  private func net() -> Linear {
    let net = Linear(2, 1)
    net.initialize(seed: 1)
    return net
  }

  @Test func averagesFollowTheFormula() {
    let net = net(), average = AveragedWeights(of: net, decay: 0.75)
    for value: Float in [8, 4, 0] {
      net.weight.set(Tensor([value, -value], shape: [1, 2]))
      average.update()
    }
    // 8, then 0.75 · 8 + 0.25 · 4 = 7, then 0.75 · 7 + 0.25 · 0.
    #expect(average.values["weight"]?.values == [5.25, -5.25])
  }

  @Test func theAveragesAreInUseOnlyInside() throws {
    struct Failure: Error {}
    let net = net(), average = AveragedWeights(of: net, decay: 0.5)
    let first = net.weight.value.values
    #expect(average.use { net.weight.value.values } == first)
    average.update()
    net.weight.set(Tensor([5, 6], shape: [1, 2]))
    #expect(average.use { net.weight.value.values } == first)
    #expect(net.weight.value.values == [5, 6])
    #expect(throws: Failure.self) { try average.use { throw Failure() } }
    #expect(net.weight.value.values == [5, 6])
    // Gradients still reach the parameter.
    net(Tensor([1, 1], shape: [1, 2])).sum().backward()
    #expect(net.weight.gradient?.values == [1, 1])
  }

  @Test func anAverageGoesOnWhereItWas() {
    let net = net(), average = AveragedWeights(of: net, decay: 0.5)
    average.update()
    let other = AveragedWeights(of: net, decay: 0.5)
    other.restore(average.values)
    net.weight.set(Tensor([1, 2], shape: [1, 2]))
    average.update()
    other.update()
    #expect(average.values["weight"]!.values == other.values["weight"]!.values)
  }

  @Test func nothingIsAveragedAfterAHookHasThrown() throws {
    struct Failure: Error {}
    let net = net(), average = AveragedWeights(of: net, decay: 0.5)
    try net.onForward("") { _, _ in throw Failure() }
    #expect(throws: Failure.self) {
      try withThrowingHooks {
        _ = net(Tensor([1, 2], shape: [1, 2]))
        average.update()
      }
    }
    #expect(average.values.isEmpty)
  }
}
