import Autodiff
import NeuralNetworks
import Testing

/// Steps of optimizers at gradients whose squares overflow, and at weights that are not finite; what PyTorch 2.13 does.
@Suite struct ExtremeStepTests {
  private func weights(
    from weight: Double, gradient: Double, _ optimizer: (Module) -> Optimizer, steps: Int = 1
  ) -> (short: Float, long: Float) {
    let pair = Pair([[weight, weight, weight], [Double](repeating: weight, count: 35)])
    let optimizer = optimizer(pair)
    for _ in 0..<steps {
      pair.setGradients([[gradient, gradient, gradient], [Double](repeating: gradient, count: 35)])
      optimizer.step()
    }
    return (pair.short.value.values[0], pair.long.value.values[0])
  }

  @Test func squaresThatOverflowBeforeTheirFactorStillStep() {
    let adam = weights(from: 1, gradient: 2e19) { Adam($0, learningRate: 0.1) }
    #expect(abs(adam.short - 0.9) < 1e-6 && abs(adam.long - 0.9) < 1e-6)
    let adamW = weights(from: 1, gradient: 2e19) { AdamW($0, learningRate: 0.1) }
    #expect(abs(adamW.short - 0.899) < 1e-6 && abs(adamW.long - 0.899) < 1e-6)
    let rms = weights(from: 1, gradient: 2e19) { RMSProp($0, learningRate: 0.1) }
    #expect(abs(rms.short) < 1e-6 && abs(rms.long) < 1e-6)
    let momentum = weights(from: 1, gradient: 2e19) { RMSProp($0, learningRate: 0.1, momentum: 0.5) }
    #expect(abs(momentum.short) < 1e-6 && abs(momentum.long) < 1e-6)
    // Adagrad has no factor.
    #expect(weights(from: 1, gradient: 2e19) { Adagrad($0, learningRate: 0.1) } == (1, 1))
  }

  @Test func noWeightDecayLeavesInfiniteWeightsInfinite() {
    let optimizers: [(Module) -> Optimizer] = [
      { SGD($0, learningRate: 0.1) }, { SGD($0, learningRate: 0.1, momentum: 0.9) },
      { SGD($0, learningRate: 0.1, momentum: 0.9, nesterov: true) }, { Adam($0) }, { AdamW($0, weightDecay: 0) },
      { RMSProp($0) }, { RMSProp($0, momentum: 0.9) }, { Adagrad($0) }, { Lion($0) },
    ]
    for (index, optimizer) in optimizers.enumerated() {
      #expect(
        weights(from: .infinity, gradient: 1, optimizer, steps: 2) == (.infinity, .infinity), "optimizer \(index)")
    }
  }
}
