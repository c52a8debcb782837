import Rheoscope
import TestSupport
import Testing

/// Remedies that replace activations and norms: those of hidden layers, or the one at the end.
@Suite struct ActivationRemedyTests {
  private let x = Tensor((0..<32).map { Float($0 * 7 % 13) - 6 }, shape: [4, 8])

  private func optimizer(_ model: Module) -> SGD { SGD(model, learningRate: 0.1) }

  private func net(_ hidden: Module, _ last: Module?, _ initializer: Initializer = .leCunNormal) -> Sequential {
    let model = Sequential(
      [
        Linear(8, 8, initializer: initializer), hidden,
        Sequential([Linear(8, 3, initializer: initializer)] + (last.map { [$0] } ?? [])),
      ])
    model.initialize(seed: 3)
    return model
  }

  @Test(arguments: ["SiLU", "Sigmoid", "ELU", "LeakyReLU", "Softplus", "HardTanh", "Mish", "HardSwish", "PReLU"])
  func allActivationsBecomeReLU(_ name: String) {
    let all: [any ActivationModule] = [
      SiLU(), Sigmoid(), ELU(), LeakyReLU(), Softplus(), HardTanh(), Mish(), HardSwish(), PReLU(),
    ]
    let model = net(all.first { $0.kind == name }!, nil), other = net(ReLU(), nil, .heNormal)
    #expect(Remedy.relu.apply(to: model, optimizer(model), seed: 3))
    #expect(model(x).values == other(x).values)
  }

  /// Also without a tape, and in each pass.
  @Test func theActivationOfTheOutputStays() {
    let model = net(Sigmoid(), Sigmoid()), other = net(ReLU(), Sigmoid(), .heNormal)
    #expect(Remedy.relu.apply(to: model, optimizer(model), seed: 3))
    #expect(model(x).values == other(x).values && model(x).values == other(x).values)
    #expect(withoutGradients { model(x).values } == other(x).values)
    for net in [model, other] { net(x).sum().backward() }
    #expect(
      model.parameters.map { $0.parameter.gradient!.values } == other.parameters.map { $0.parameter.gradient!.values })
  }

  @Test func theInputOfTheOutputIsNotNormalized() {
    let model = net(Tanh(), Sigmoid()), plain = net(Identity(), Sigmoid())
    #expect(Remedy.normalization.apply(to: model, optimizer(model), seed: 3))
    let hidden = plain.modules.first { $0.path == "0" }!.module, last = plain.modules.first { $0.path == "2" }!.module
    let norm = LayerNorm(8)
    norm.initialize(seed: 1)
    #expect(model(x).values == last(tanh(norm(hidden(x)))).values)
  }

  /// One module is the activation of the hidden layer and of the output.
  private final class Shared: Module {
    let first = Linear(8, 8), second = Linear(8, 3), activation = Sigmoid()
    override func forward(_ x: Tensor) -> Tensor { activation(second(activation(first(x)))) }
  }

  @Test func theActivationOfTheOutputIsRemoved() {
    let model = Shared()
    model.initialize(seed: 3)
    let wanted = model.second(sigmoid(model.first(x))).values
    #expect(Remedy.linearOutput.apply(to: model, optimizer(model), seed: 3))
    #expect(model(x).values == wanted && model(x).values == wanted)
    let classes = net(ReLU(), Softmax()), logits = net(ReLU(), nil)
    #expect(Remedy.linearOutput.apply(to: classes, optimizer(classes), seed: 3))
    #expect(classes(x).values == logits(x).values)
    for net in [classes, logits] { crossEntropy(net(x), [0, 1, 2, 0]).backward() }
    #expect(
      classes.parameters.map { $0.parameter.gradient!.values }
        == logits.parameters.map { $0.parameter.gradient!.values })
    let linear = Linear(8, 8)
    #expect(!Remedy.linearOutput.apply(to: linear, optimizer(linear), seed: 3), "there is no activation")
  }

  @Test func aCheckpointedNetIsRecomputedWithTheRemedy() {
    func net(_ activation: Module, _ initializer: Initializer, isCheckpointed: Bool) -> Sequential {
      let model = Sequential(
        [Linear(8, 8, initializer: initializer), activation, Linear(8, 3, initializer: initializer)],
        checkpointed: isCheckpointed)
      model.initialize(seed: 3)
      return model
    }
    let model = net(Sigmoid(), .zeros, isCheckpointed: true), other = net(ReLU(), .heNormal, isCheckpointed: false)
    #expect(Remedy.relu.apply(to: model, optimizer(model), seed: 3))
    for net in [model, other] { net(x).sum().backward() }
    #expect(
      model.parameters.map { $0.parameter.gradient!.values } == other.parameters.map { $0.parameter.gradient!.values })
  }

  @Test func ReLUsAreAddedBetweenLayers() {
    let model = Sequential(Linear(8, 8), Linear(8, 3)), other = Sequential(Linear(8, 8), ReLU(), Linear(8, 3))
    for net in [model, other] { net.initialize(seed: 3) }
    for (from, to) in zip(model.parameters, other.parameters) { to.parameter.set(from.parameter.value.detached()) }
    #expect(!Remedy.activations(after: ["0", "7"]).apply(to: model, optimizer(model), seed: 3))
    #expect(Remedy.activations(after: ["0"]).apply(to: model, optimizer(model), seed: 3))
    #expect(model(x).values == other(x).values)
  }

  @Test func batchNormsBecomeLayerNorms() {
    let model = Sequential(BatchNorm(8)), other = LayerNorm(8)
    for net in [model, other] as [Module] { net.initialize(seed: 1) }
    #expect(!Remedy.layerNorm.apply(to: other, optimizer(other), seed: 1))
    #expect(Remedy.layerNorm.apply(to: model, optimizer(model), seed: 1))
    #expect(model(x).values == other(x).values)
    model.evaluate()
    #expect(model(x).values == other(x).values)
  }

  @Test func theModelIsInTrainingModeAfterEachStep() {
    let model = Sequential(Linear(8, 8), BatchNorm(8))
    model.initialize(seed: 1)
    model.evaluate()
    let optimizer = optimizer(model)
    #expect(Remedy.trainingMode.apply(to: model, optimizer, seed: 1))
    #expect(model.modules.allSatisfy { $0.module.isTraining })
    model.evaluate()
    optimizer.step()
    #expect(model.modules.allSatisfy { $0.module.isTraining })
  }
}
