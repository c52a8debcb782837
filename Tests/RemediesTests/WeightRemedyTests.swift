import Foundation
import Rheoscope
import TestSupport
import Testing

/// Remedies that change first weights, and leave the others.
@Suite struct WeightRemedyTests {
  private func optimizer(_ model: Module) -> SGD { SGD(model, learningRate: 0.1) }

  private func values(_ parameter: Parameter) -> [Float] { parameter.value.values }

  /// A weight, a bias that was set by hand, and a matrix that is no weight.
  private final class Net: Module {
    let positions = Parameter([3, 4], initializer: .heNormal)
    let layer = Linear(4, 4, initializer: .zeros)
    let cell = LSTMCell(4, 4, forgetBias: 1, initializer: .zeros)
  }

  @Test func initializersSetBiasesTo0AndLeaveOtherMatricesAndGates() {
    let model = Net()
    model.initialize(seed: 1)
    model.layer.bias!.set(Tensor(repeating: -5, shape: [4]))
    let positions = values(model.positions), gates = values(model.cell.input.bias!)
    #expect(Remedy.initializer(.leCunNormal).apply(to: model, optimizer(model), seed: 1))
    #expect(values(model.layer.bias!) == [0, 0, 0, 0] && !values(model.layer.weight).contains(0))
    #expect(values(model.positions) == positions)
    #expect(
      values(model.cell.input.bias!) == gates && gates.contains(1) && !values(model.cell.input.weight).contains(0))
  }

  @Test func loadedWeightsStay() throws {
    try withTemporaryFolder { folder in
      let model = Sequential(Linear(4, 4), Sigmoid(), Linear(4, 2))
      model.initialize(seed: 1)
      try model.saveWeights(to: folder + "/weights.safetensors")
      try model.loadWeights(from: folder + "/weights.safetensors")
      let before = model.parameters.map(\.parameter.value.values)
      for remedy: Remedy in [.initializer(.heNormal), .scaledWeights(2), .orthogonalWeights(of: ["0"])] {
        #expect(!remedy.apply(to: model, optimizer(model), seed: 1), "\(remedy)")
      }
      #expect(Remedy.relu.apply(to: model, optimizer(model), seed: 1), "its activation is replaced")
      #expect(model.parameters.map(\.parameter.value.values) == before)
    }
  }

  @Test func squareWeightsOfARecurrenceBecomeOrthogonal() {
    let model = Sequential(Linear(4, 4), Linear(4, 4), Linear(4, 2))
    model.initialize(seed: 1)
    let first = values(model.parameters[0].parameter)
    #expect(Remedy.orthogonalWeights(of: ["1", "2"]).apply(to: model, optimizer(model), seed: 1))
    let w = values(model.parameters[2].parameter)
    for i in 0..<4 {
      for j in 0..<4 {
        let product = (0..<4).reduce(Float(0)) { $0 + w[4 * i + $1] * w[4 * j + $1] }
        #expect(abs(product - (i == j ? 1 : 0)) < 1e-5)
      }
    }
    #expect(values(model.parameters[0].parameter) == first)
    #expect(!Remedy.orthogonalWeights(of: ["2"]).apply(to: model, optimizer(model), seed: 1), "it is not square")
  }

  @Test func forgetGatesBeginOpen() {
    let model = LSTM(2, 3)
    model.initialize(seed: 1)
    let before = values(model.cell.input.bias!)
    #expect(Remedy.forgetBias(3).apply(to: model, optimizer(model), seed: 1))
    let after = values(model.cell.input.bias!)
    #expect(after[3..<6] == [3, 3, 3] && after[..<3] == before[..<3] && after[6...] == before[6...])
    let other = Linear(2, 2)
    other.initialize(seed: 1)
    #expect(!Remedy.forgetBias(3).apply(to: other, optimizer(other), seed: 1))
  }

  @Test func branchesAreScaled() {
    func net(_ scale: Float) -> Sequential {
      let model = Sequential(
        Residual(Linear(4, 4), Tanh(), scale: 2 * scale), Residual([Linear(4, 4)], scale: scale, learnsScale: true))
      model.initialize(seed: 1)
      return model
    }
    let model = Sequential(net(1)), x = Tensor((0..<8).map { Float($0) / 8 }, shape: [2, 4])
    let halves = Sequential(Residual(Linear(4, 4), Tanh(), scale: 0.5), Residual([Linear(4, 4)], scale: 0.5))
    halves.initialize(seed: 1)
    #expect(Remedy.branchScale(0.5).apply(to: model, optimizer(model), seed: 1))
    // The parameters of `model` have a path with one more name in front, and other values.
    for (from, to) in zip(model.parameters.filter { !$0.path.hasSuffix("Scale") }, halves.parameters) {
      to.parameter.set(from.parameter.value.detached())
    }
    expectClose(model(x).values, halves(x).values)
    let plain = Linear(4, 4)
    #expect(!Remedy.branchScale(0.5).apply(to: plain, optimizer(net(1)), seed: 1))
  }

  private func expectClose(_ a: [Float], _ b: [Float]) {
    #expect(a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) < 1e-5 }, "\(a), \(b)")
  }
}
