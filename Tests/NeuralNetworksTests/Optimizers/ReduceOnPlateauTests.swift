import NeuralNetworks
import Testing

@Suite struct ReduceOnPlateauTests {
  private func rates(_ measures: [Double], _ make: (Optimizer) -> ReduceOnPlateau) -> [Float] {
    let net = Linear(1, 1)
    net.initialize(seed: 1)
    let optimizer = SGD(net, learningRate: 1), plateau = make(optimizer)
    return measures.map {
      plateau.report($0)
      return optimizer.learningRate
    }
  }

  /// What PyTorch 2.13's ReduceLROnPlateau does with the same measures.
  @Test func ratesAreThoseOfPyTorch() {
    let measures: [Double] = [1, 0.9, 0.95, 0.9, 0.89999, 0.91, 0.5, 0.6, 0.6, 0.6, 0.6, 0.6, .nan, 0.6]
    #expect(
      rates(measures) { ReduceOnPlateau($0, factor: 0.5, patience: 2) }
        == [1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125, 0.125])
    #expect(
      rates(measures) { ReduceOnPlateau($0, factor: 0.5, patience: 0, threshold: 0.1, cooldown: 2, minimum: 0.2) }
        == [1.0, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2])
  }

  @Test func aScheduleMultipliesTheLoweredRate() {
    let net = Linear(1, 1)
    net.initialize(seed: 1)
    let optimizer = SGD(net, learningRate: 1)
    optimizer.schedule = .exponential(factor: 0.5)
    optimizer.step()
    let plateau = ReduceOnPlateau(optimizer, factor: 0.1, patience: 0)
    #expect(!plateau.report(1) && plateau.report(1))
    optimizer.step()
    #expect(optimizer.learningRate == 0.05)
  }

  @Test func anyNumberIsBetterThanInfinity() {
    let net = Linear(1, 1)
    net.initialize(seed: 1)
    let plateau = ReduceOnPlateau(SGD(net, learningRate: 1), patience: 0)
    #expect(!plateau.report(.infinity) && !plateau.report(5) && plateau.state.best == 5)
  }

  @Test func itsStateGoesOn() {
    let net = Linear(1, 1)
    net.initialize(seed: 1)
    let optimizer = SGD(net, learningRate: 1)
    let plateau = ReduceOnPlateau(optimizer, patience: 1)
    plateau.report(1)
    plateau.report(1)
    #expect(ReduceOnPlateau(optimizer, patience: 1, from: plateau.state).report(1))
  }

  /// As PyTorch's eps.
  @Test func aRateIsNotLoweredByLessThanTheLimit() {
    let net = Linear(1, 1)
    net.initialize(seed: 1)
    let optimizer = SGD(net, learningRate: 2e-8), plateau = ReduceOnPlateau(optimizer, factor: 0.4, patience: 0)
    #expect(!plateau.report(1) && plateau.report(1) && optimizer.learningRate == 8e-9)
    #expect(!plateau.report(1) && optimizer.learningRate == 8e-9)
  }
}
