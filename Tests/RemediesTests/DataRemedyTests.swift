import Foundation
import Rheoscope
import TestSupport
import Testing

/// Remedies that change what goes into a model and what comes out.
@Suite struct DataRemedyTests {
  private func optimizer(_ model: Module) -> SGD { SGD(model, learningRate: 0.1) }

  /// Two features of other means and deviations, and one that never varies.
  @Test func featuresAreStandardizedOverAllTrainingBatches() {
    let model = Sequential(Identity()), rows = 200
    #expect(Remedy.standardizedInputs.apply(to: model, optimizer(Linear(1, 1)), seed: 1))
    var random = RandomStream(seed: 1, name: "inputs")
    func batch(_ shift: Float) -> Tensor {
      Tensor(
        (0..<rows).flatMap { _ in [100 + 30 * Float(random.normalPair().0), shift + Float(random.normalPair().0), 7] },
        shape: [rows, 3])
    }
    for _ in 0..<20 { _ = model(batch(0)) }
    let y = model(batch(0)).values
    for feature in 0..<2 {
      let values = (0..<rows).map { Double(y[3 * $0 + feature]) }, mean = values.reduce(0, +) / Double(rows)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(rows)
      #expect(abs(mean) < 0.3 && abs(variance - 1) < 0.4, "\(feature)")
    }
    #expect((0..<rows).allSatisfy { y[3 * $0 + 2] == 0 })
    // Evaluation neither changes the moments nor hides that inputs differ.
    model.evaluate()
    for _ in 0..<2 {
      let other = model(batch(10)).values
      #expect(abs((0..<rows).reduce(Float(0)) { $0 + other[3 * $1 + 1] } / Float(rows) - 10) < 0.5)
    }
  }

  @Test func meansReplaceWhatIsNotFinite() {
    let model = Sequential(Identity())
    #expect(Remedy.finiteInputs.apply(to: model, optimizer(Linear(1, 1)), seed: 1))
    let x = Tensor([1, 4, .nan, 6, 3, .infinity], shape: [3, 2])
    #expect(model(x).values == [1, 4, 2, 6, 3, 5])
    let finite = Tensor([1, 2], shape: [1, 2])
    #expect(model(finite).values == [1, 2])
  }

  /// One step changes weights as it does with standardized targets, and the loss is that of the given ones.
  @Test func targetsAreTrainedOnAsIfTheyWereStandardized() {
    func net() -> Sequential {
      let model = Sequential(Linear(4, 4), Tanh(), Linear(4, 1))
      model.initialize(seed: 1)
      return model
    }
    let x = Tensor((0..<32).map { Float($0 * 7 % 13) / 6 - 1 }, shape: [8, 4])
    let standardized = Tensor((0..<8).map { Float($0 % 3) - 1 }, shape: [8, 1]), targets = standardized * 50 + 300
    let model = net(), other = net(), own = optimizer(model), others = optimizer(other)
    #expect(Remedy.standardizedTargets(mean: 300, deviation: 50).apply(to: model, own, seed: 1))
    #expect(!Remedy.standardizedTargets(mean: 300, deviation: 0).apply(to: other, others, seed: 1))
    for _ in 0..<3 {
      let loss = meanSquaredError(model(x), targets), wanted = meanSquaredError(other(x), standardized)
      #expect(abs(loss.value / (2500 * wanted.value) - 1) < 1e-3)
      loss.backward()
      wanted.backward()
      own.step()
      others.step()
    }
    for (a, b) in zip(model.parameters, other.parameters) {
      #expect(zip(a.parameter.value.values, b.parameter.value.values).allSatisfy { abs($0 - $1) < 1e-4 }, "\(a.path)")
    }
  }
}
