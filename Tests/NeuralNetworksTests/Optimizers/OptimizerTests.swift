import Autodiff
import NeuralNetworks
import TestSupport
import Testing

/// An optimizer as a user writes it, in tensor operations.
final class SignDescent: Optimizer {
  init(_ model: Module, learningRate: Float) {
    super.init(model, learningRate: learningRate, states: ["mean"])
  }

  override func update(_ step: ParameterUpdate) {
    step.states[0] = 0.9 * step.states[0] + 0.1 * step.gradient
    step.weight = step.weight - step.learningRate * step.states[0].sign()
  }
}

/// One of each optimizer, with all the states that it can have.
let everyOptimizer: [@Sendable (Module) -> Optimizer] = [
  { SGD($0, learningRate: 0.1) },
  { SGD($0, learningRate: 0.05, momentum: 0.9, nesterov: true, weightDecay: 0.01) },
  { RMSProp($0, momentum: 0.5) },
  { Adagrad($0) },
  { Adam($0, learningRate: 0.01, weightDecay: 0.01) },
  { AdamW($0, learningRate: 0.01) },
  { Lion($0, learningRate: 0.01, weightDecay: 0.01) },
  { SignDescent($0, learningRate: 0.01) },
]

@Suite struct OptimizerTests {
  private func net() -> Sequential {
    let net = Sequential(Linear(40, 70), ReLU(), Linear(70, 3))
    net.initialize(seed: 4)
    return net
  }

  private func differentiate(_ net: Module, _ step: Int) {
    crossEntropy(net(Tensor(sampleValues(5 * 40, seed: UInt64(step + 1)), shape: [5, 40])), [0, 1, 2, 1, 0]).backward()
  }

  @Test(arguments: everyOptimizer.indices) func measuringChangesNoBitAndMeasuresTheStep(_ index: Int) {
    let plain = net(), watched = net()
    let optimizer = everyOptimizer[index](plain), measured = everyOptimizer[index](watched)
    var before: [[Float]] = [], gradients: [[Float]] = []
    var seen = 0
    _ = measured.observe { parameter, norms in
      let index = watched.parameters.firstIndex { $0.parameter === parameter }!
      let change = zip(parameter.value.values, before[index]).map { $0 - $1 }
      func squares(_ values: [Float]) -> Double { values.reduce(0) { $0 + Double($1) * Double($1) } }
      #expect(abs(norms.weight - squares(before[index])) <= 1e-6 * squares(before[index]))
      #expect(abs(norms.update - squares(change)) <= 1e-6 * squares(change))
      #expect(abs(norms.gradient - squares(gradients[index])) <= 1e-6 * squares(gradients[index]))
      #expect(norms.largestGradient == gradients[index].map(abs).max())
      seen += 1
    }
    for step in 0..<4 {
      differentiate(plain, step)
      differentiate(watched, step)
      before = watched.parameters.map { $0.parameter.value.values }
      gradients = watched.parameters.map { $0.parameter.gradient!.values }
      optimizer.step()
      measured.step()
      for (a, b) in zip(plain.parameters, watched.parameters) {
        #expect(a.parameter.value.values == b.parameter.value.values)
      }
    }
    #expect(seen == 16)
    #expect(
      zip(plain.parameters, net().parameters).allSatisfy { $0.parameter.value.values != $1.parameter.value.values })
  }

  @Test(arguments: everyOptimizer.indices) func frozenParametersAndTheirStateDoNotChange(_ index: Int) throws {
    let net = net(), optimizer = everyOptimizer[index](net)
    try optimizer.group("0.*", isFrozen: true)
    let before = net.parameters.map { $0.parameter.value.values }
    var updates: [Double] = []
    _ = optimizer.observe { _, norms in updates.append(norms.update) }
    for step in 0..<3 {
      differentiate(net, step)
      optimizer.step()
    }
    for (parameter, old) in zip(net.parameters, before) {
      #expect((parameter.parameter.value.values == old) == parameter.path.hasPrefix("0."), "\(parameter.path)")
      #expect(parameter.parameter.gradient == nil)
    }
    #expect(optimizer.states[0].allSatisfy { $0.values.allSatisfy { $0 == 0 } })
    #expect(updates.count == 12 && updates[0] == 0 && updates[2] > 0)
    try optimizer.group("0.weight", isFrozen: false)
    differentiate(net, 3)
    optimizer.step()
    #expect(net.parameters[0].parameter.value.values != before[0])
    #expect(net.parameters[1].parameter.value.values == before[1])
  }

  @Test(arguments: everyOptimizer.indices) func aNaNGradientChangesOnlyItsWeight(_ index: Int) {
    let pair = Pair([[1, 2, 3], [Double](repeating: 1, count: 35)]), optimizer = everyOptimizer[index](pair)
    pair.setGradients([[1, .nan, 1], [Double](repeating: 1, count: 34) + [.nan]])
    optimizer.step()
    #expect(pair.short.value.values.map(\.isNaN) == [false, true, false])
    #expect(pair.long.value.values.map(\.isNaN) == [Bool](repeating: false, count: 34) + [true])
  }

  @Test(arguments: everyOptimizer.indices) func parametersWithoutElementsWork(_ index: Int) throws {
    let net = Sequential(Linear(0, 2, initializer: .zeros))
    net.initialize(seed: 1)
    let optimizer = everyOptimizer[index](net)
    var seen = 0
    _ = optimizer.observe { _, norms in seen += norms.weight.isFinite && norms.update.isFinite ? 1 : 0 }
    for isFrozen in [false, true] {
      try optimizer.group("**", isFrozen: isFrozen)
      for (_, parameter) in net.parameters { parameter.gradient = Tensor(repeating: 1, shape: parameter.shape) }
      #expect(optimizer.clipGradients(toNorm: 1) >= 0)
      optimizer.clipGradients(toValue: 1)
      optimizer.step()
    }
    #expect(seen == 4)
  }

  @Test func assignedGradientsHaveTheParametersShapeAndPrecision() async {
    let parameter = Parameter([2], initializer: .zeros)
    parameter.gradient = Tensor([1, 2], shape: [2]).cast(to: .bfloat16)
    #expect(parameter.gradient?.precision == .float32 && parameter.gradient?.values == [1, 2])
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      Parameter([2], initializer: .zeros).gradient = Tensor(1)
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("shapes [] and [2] don't fit: a gradient must have the parameter's shape"))
  }

  @Test func aGroupThatMatchesNothingNamesTheNearest() {
    let error = #expect(throws: HookError.self) {
      try SGD(self.net(), learningRate: 1).group("0.wieght", isFrozen: true)
    }
    #expect(error?.description.hasPrefix("no parameter matches “0.wieght”; did you mean “0.weight”") == true)
  }

  @Test func aScheduleSetsTheRateOfEachStep() {
    let pair = Pair([[0, 0, 0], [Double](repeating: 0, count: 35)]), optimizer = SGD(pair, learningRate: 0.5)
    optimizer.schedule = Schedule("halves") { 1 / Double(1 << $0) }
    var rates: [Float] = []
    for _ in 0..<3 {
      pair.setGradients([[1, 1, 1], [Double](repeating: 1, count: 35)])
      optimizer.step()
      rates.append(optimizer.learningRate)
    }
    #expect(rates == [0.5, 0.25, 0.125])
    #expect(pair.short.value.values == [-0.875, -0.875, -0.875])
  }

  @Test func schedulesAreConstantAfterTheirEnd() {
    #expect(Schedule.cosine(over: 10, to: 0.25)(50) == 0.25)
    #expect(abs(Schedule.oneCycle(over: 10)(50) - 1 / 250_000) < 1e-15)
    #expect(Schedule.constant.warmedUp(over: 4)(3) == 1)
    #expect(Schedule.constant.warmedUp(over: 4)(0) == 0.25)
    #expect("\(Schedule.constant.warmedUp(over: 4))" == "constant.warmedUp(over: 4)")
  }

  @Test func clippingScalesExactlyAndIgnoresFrozenParameters() throws {
    let pair = Pair([[0, 0, 0], [Double](repeating: 0, count: 35)]), optimizer = SGD(pair, learningRate: 1)
    let threes = [Double](repeating: 3, count: 35)
    pair.setGradients([[2, 0, 0], threes])
    try optimizer.group("long", isFrozen: true)
    #expect(optimizer.clipGradients(toNorm: 0.5) == 2)
    #expect(optimizer.gradientNorm == 0.5)
    #expect(pair.short.gradient!.values == [0.5, 0, 0])
    #expect(pair.long.gradient!.values == threes.map { Float($0) })
    pair.setGradients([[.nan, 7, -7], threes])
    #expect(optimizer.clipGradients(toNorm: 1).isNaN)
    #expect(pair.short.gradient!.values[1] == 7)
    optimizer.clipGradients(toValue: 2)
    #expect(pair.short.gradient!.values[0].isNaN)
    #expect(pair.short.gradient!.values[1...] == [2, -2])
  }

  /// The first update of a parameter that was frozen has Adam's bias correction of step 1: its size is the learning rate.
  @Test(arguments: [true, false]) func aParametersFirstUpdateIsStepOne(_ decoupled: Bool) throws {
    let net = net()
    let adam = decoupled ? AdamW(net, learningRate: 0.01, weightDecay: 0) : Adam(net, learningRate: 0.01)
    let late = net.parameters[0].parameter, all = net.parameters.map(\.parameter)
    func step() {
      for parameter in all { parameter.gradient = Tensor(repeating: 1, shape: parameter.shape) }
      adam.step()
    }
    try adam.group("0.**", isFrozen: true)
    for _ in 0..<100 { step() }
    try adam.group("0.**", isFrozen: false)
    let before = late.value.values
    for count in 1...5 {
      step()
      for (old, new) in zip(before, late.value.values) { #expect(abs(old - new - 0.01 * Float(count)) < 1e-5) }
    }
  }
}
