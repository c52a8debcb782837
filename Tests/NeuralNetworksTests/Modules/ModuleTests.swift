import Autodiff
import NeuralNetworks
import TestSupport
import Testing

private class Trunk: Module {
  let stem = Linear(6, 4)
  let scale = Parameter([4], initializer: .constant(2))
}

private final class Branches: Trunk {
  let heads: [String: Linear] = ["b": Linear(4, 2), "a": Linear(4, 3)]
  let maybe: Linear? = Linear(4, 4, bias: false)
  let absent: Linear? = nil
  let pair = (first: ReLU(), Linear(4, 4))
  let blocks = Sequential((0..<2).map { _ in Residual(ReLU(), Linear(4, 4), scale: 0.5) })
  lazy var later = Linear(4, 4)
  var shared: Linear { stem }

  override func forward(_ x: Tensor) -> Tensor { heads["a"]!(blocks(maybe!(stem(x)) * scale.value)) }
}

private final class Net: Module {
  let first = Linear(3, 4, initializer: .heNormal)
  let activation = ReLU()
  let last = Linear(4, 2, initializer: .heNormal)

  override func forward(_ x: Tensor) -> Tensor { last(activation(first(x))) }
}

@Suite struct ModuleTests {
  @Test func childrenAndParametersAreFoundInAllContainers() {
    let paths = Branches().parameters.map(\.path)
    #expect(
      paths == [
        "scale", "stem.weight", "stem.bias", "heads.a.weight", "heads.a.bias", "heads.b.weight", "heads.b.bias",
        "maybe.weight", "pair.1.weight", "pair.1.bias", "blocks.0.1.weight", "blocks.0.1.bias", "blocks.1.1.weight",
        "blocks.1.1.bias",
      ])
  }

  @Test func aSharedModuleIsListedOnce() {
    let layer = Linear(2, 2)
    let net = Sequential(layer, ReLU(), layer)
    #expect(net.parameters.map(\.path) == ["0.weight", "0.bias"])
    #expect(net.parameterCount == 6)
  }

  @Test func printingShowsTheTree() {
    #expect(
      "\(Sequential(Linear(3, 4), Residual(ReLU(), Linear(4, 4), scale: 0.5), Linear(4, 1000)))" == """
        Sequential  5,036 parameters
        ├ 0: Linear  3 → 4 · weight [4, 3], bias [4] · 16 parameters
        ├ 1: Residual  x + 0.5 f(x) · 20 parameters
        │ ├ 0: ReLU
        │ └ 1: Linear  4 → 4 · weight [4, 4], bias [4] · 20 parameters
        └ 2: Linear  4 → 1000 · weight [1000, 4], bias [1000] · 5,000 parameters
        """)
  }

  @Test func initializationDependsOnSeedAndPathAlone() {
    let one = Sequential(Linear(8, 8), Linear(8, 8)), same = Sequential(Linear(8, 8), Linear(8, 8), Linear(8, 3))
    one.initialize(seed: 1)
    same.initialize(seed: 1)
    for (a, b) in zip(one.parameters, same.parameters) {
      #expect(a.path == b.path && a.parameter.value.values == b.parameter.value.values)
    }
    #expect(one.parameters[0].parameter.value.values != one.parameters[2].parameter.value.values)
    let before = one.parameters[0].parameter.value.values
    one.initialize(seed: 2)
    #expect(one.parameters[0].parameter.value.values != before)
  }

  @Test func gradientsAreZeroedInTheWholeModel() {
    let shared = Linear(3, 3), net = Sequential(shared, Residual(shared, BatchNorm(3)), Linear(3, 2, bias: false))
    net.initialize(seed: 1)
    let x = Tensor(sampleValues(12), shape: [4, 3])
    func gradients() -> [[Float]?] { net.parameters.map { $0.parameter.gradient?.values } }
    net(x).squared().sum().backward()
    let once = gradients(), values = net.parameters.map { $0.parameter.value.values }
    #expect(once.count == 5 && once.allSatisfy { $0 != nil })
    net.zeroGradients()
    #expect(gradients().allSatisfy { $0 == nil } && net.parameters.map { $0.parameter.value.values } == values)
    // What came before is not added.
    net(x).squared().sum().backward()
    #expect(gradients() == once)
    shared.zeroGradients()
    #expect(gradients().map { $0 == nil } == [true, true, false, false, false])
  }

  @Test func updatesDoNotChangeEarlierValues() {
    let net = Net()
    net.initialize(seed: 1)
    let held = net.first.weight.value, before = held.values
    crossEntropy(net(Tensor(sampleValues(6), shape: [2, 3])), [0, 1]).backward()
    SGD(net, learningRate: 1).step()
    #expect(held.values == before)
    #expect(net.first.weight.value.values != before)
    #expect(net.first.weight.gradient == nil)
  }

  private func message(_ result: ExitTest.Result?) -> String {
    String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
  }

  @Test func callingAnUninitializedModuleStops() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Linear(2, 2)(Tensor([1, 2], shape: [1, 2]))
    }
    #expect(message(result).contains("has no value yet; call initialize(seed:)"))
  }

  @Test func aWrongShapeNamesTheModule() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let net = Sequential(Linear(3, 4), ReLU(), Linear(5, 2))
      net.initialize(seed: 1)
      _ = net(Tensor([1, 2, 3], shape: [1, 3]))
    }
    #expect(message(result).contains("linear in 2 (Linear): shapes [1, 4] and [2, 5] don't fit"))
  }
}
