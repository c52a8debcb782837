import Autodiff
import NeuralNetworks
import TestSupport
import Testing

/// An optimizer whose update assigns what a test says.
private final class Assigning: Optimizer {
  private let assign: (ParameterUpdate) -> Void

  init(_ model: Module, states: [String] = [], _ assign: @escaping (ParameterUpdate) -> Void) {
    self.assign = assign
    super.init(model, learningRate: 0.5, weightDecay: 0.25, states: states)
  }

  override func update(_ step: ParameterUpdate) { assign(step) }
}

/// A layer with two weights of one kind and a bias.
private final class Bilinear: Module {
  let left = Parameter([4, 3], initializer: .xavierNormal)
  let right = Parameter([4, 3], initializer: .xavierNormal)
  let bias = Parameter([4], initializer: .zeros)

  override func forward(_ x: Tensor) -> Tensor {
    linear(x, weight: left.value) * linear(x, weight: right.value) + bias.value
  }
}

/// A container that names its children itself.
private final class Parallel: Module {
  private let branches: [Module]

  init(_ branches: [Module]) { self.branches = branches }

  override func forward(_ x: Tensor) -> Tensor { branches.dropFirst().reduce(branches[0](x)) { $0 + $1(x) } }

  override var namedChildren: [(name: String, module: Module)]? {
    branches.enumerated().map { ("branch\($0.offset)", $0.element) }
  }
}

private final class ScaledTanh: Module, Saturating {
  let saturationLimits: ClosedRange<Float> = -1.6...1.6

  override func forward(_ x: Tensor) -> Tensor { 1.7159 * tanh(2 / 3 * x) }
}

/// The pieces that a user writes: an optimizer, layers, an activation and an initializer.
@Suite struct OwnPiecesTests {
  private let gradients: [[Double]] = [[1, 2, 3], [Double](repeating: 1, count: 35)]

  @Test func anUpdateHasTheParametersTensorsAndSettings() throws {
    let pair = Pair([[1, 2, 3], [Double](repeating: 0, count: 35)])
    var seen: [String] = []
    let optimizer = Assigning(pair, states: ["a", "b"]) { step in
      seen.append("\(step.path) \(step.step) \(step.learningRate) \(step.weightDecay) \(step.weight.isOnTape)")
      #expect(step.states.map(\.shape) == [step.weight.shape, step.weight.shape])
      step.states[1] = step.states[1] + 1
      step.weight = step.weight - step.learningRate * (step.gradient + step.states[1])
    }
    try optimizer.group("long", learningRateFactor: 2, weightDecay: 0)
    for _ in 0..<2 {
      pair.setGradients(gradients)
      optimizer.step()
    }
    #expect(
      seen == ["short 1 0.5 0.25 false", "long 1 1.0 0.0 false", "short 2 0.5 0.25 false", "long 2 1.0 0.0 false"])
    // After both steps: 1 − ½ (1 + 1) − ½ (1 + 2).
    #expect(pair.short.value.values == [-1.5, -1.5, -1.5])
    #expect(optimizer.states[0].map(\.values) == [[0, 0, 0], [2, 2, 2]])
    #expect(pair.short.gradient == nil)
  }

  /// An update may assign a tensor that is on the tape, of 16 bits, or used elsewhere; later steps change none of those.
  @Test func anUpdateMayAssignAnyTensorOfTheShape() {
    let pair = Pair([[1, 2, 3], [Double](repeating: 0, count: 35)])
    let kept = Tensor([7, 8, 9], shape: [3])
    let optimizer = Assigning(pair, states: ["s"]) { step in
      guard step.path == "short" else { return }
      step.states[0] = step.gradient.cast(to: .bfloat16)
      step.weight = kept.requiringGradient()
    }
    pair.setGradients(gradients)
    optimizer.step()
    #expect(optimizer.states[0][0].precision == .float32 && optimizer.states[0][0].values == [1, 2, 3])
    let value = pair.short.value
    #expect(value.values == [7, 8, 9] && value.precision == .float32)
    let sgd = SGD(pair, learningRate: 1)
    (value * value).sum().backward()
    #expect(pair.short.gradient?.values == [14, 16, 18])
    sgd.step()
    #expect(pair.short.value.values == [-7, -8, -9] && kept.values == [7, 8, 9])
  }

  static let wrongUpdates: [(@Sendable (ParameterUpdate) -> Void, String)] = [
    (
      { $0.weight = Tensor(1) },
      "update of short: shapes [] and [3] don't fit: a weight must have the parameter's shape"
    ),
    (
      { $0.states[0] = Tensor(1) },
      "update of short: shapes [] and [3] don't fit: a state must have the parameter's shape"
    ),
    ({ $0.states = [] }, "update of short: 0 states were assigned; the optimizer declares 1"),
  ]

  private static let input = ExitTestInput("wrong-updates")

  @Test(.serialized, arguments: wrongUpdates.indices) func anUpdateOfAnotherShapeStops(_ index: Int) async throws {
    try Self.input.set(index)
    defer { Self.input.remove() }
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let index = try OwnPiecesTests.input.value(Int.self)
      let pair = Pair([[1, 2, 3], [Double](repeating: 0, count: 35)])
      pair.setGradients([[1, 2, 3], [Double](repeating: 1, count: 35)])
      Assigning(pair, states: ["s"], OwnPiecesTests.wrongUpdates[index].0).step()
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains(Self.wrongUpdates[index].1), "\(text)")
  }

  @Test func clippingSeveralOptimizersUsesOneNorm() {
    let first = Pair([[0, 0, 0], [Double](repeating: 0, count: 35)])
    let second = Pair([[0, 0, 0], [Double](repeating: 0, count: 35)])
    let zeros = [Double](repeating: 0, count: 35)
    first.setGradients([[3, 0, 0], zeros])
    second.setGradients([[0, 4, 0], zeros])
    // A parameter of two optimizers counts once.
    let optimizers = [SGD(first, learningRate: 1), SGD(second, learningRate: 1), Adam(second)]
    #expect(optimizers.gradientNorm == 5)
    #expect(optimizers.clipGradients(toNorm: 2.5) == 5)
    #expect(first.short.gradient?.values == [1.5, 0, 0] && second.short.gradient?.values == [0, 2, 0])
    optimizers.clipGradients(toValue: 1)
    #expect(first.short.gradient?.values == [1, 0, 0] && second.short.gradient?.values == [0, 1, 0])
  }

  @Test func aLayerWithSeveralWeightsTrains() throws {
    let ramp = Initializer("ramp") { values, shape, fan, stream in
      let offset = Float(stream.uniform())
      for index in values.indices { values[index] = offset + Float(index) / Float(shape.elementCount * fan.inputs) }
    }
    let net = Parallel([Sequential(Bilinear(), ScaledTanh()), Linear(3, 4, initializer: ramp)])
    net.initialize(seed: 5)
    #expect(
      net.parameters.map(\.path) == [
        "branch0.0.left", "branch0.0.right", "branch0.0.bias", "branch1.weight", "branch1.bias",
      ])
    let ramped = net.parameters[3].parameter.value.values
    #expect((0..<1).contains(ramped[0]))
    for index in 0..<12 { #expect(abs(ramped[index] - ramped[0] - Float(index) / 36) < 1e-6) }
    let optimizer = Lion(net, learningRate: 0.01)
    let x = samples(6, 3), target = samples(6, 4)
    var losses: [Float] = []
    for _ in 0..<50 {
      let loss = meanSquaredError(net(x), target)
      losses.append(loss.value)
      loss.backward()
      optimizer.step()
    }
    #expect(losses[49] < 0.7 * losses[0])
    #expect(net.modules.compactMap { ($0.module as? any Saturating)?.saturationLimits } == [-1.6...1.6])
  }
}
