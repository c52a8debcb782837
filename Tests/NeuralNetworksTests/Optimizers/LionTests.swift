import Autodiff
import NeuralNetworks
import TestSupport
import Testing

/// Lion against the formulas of the paper, element by element in Float64.
@Suite struct LionTests {
  /// One weight of the paper's algorithm 2.
  private struct Reference {
    var weight: Double
    var momentum = 0.0

    mutating func step(_ gradient: Double, rate: Double, beta1: Double, beta2: Double, decay: Double) {
      let interpolated = beta1 * momentum + (1 - beta1) * gradient
      let sign = interpolated > 0 ? 1.0 : interpolated < 0 ? -1.0 : 0
      weight -= rate * (sign + decay * weight)
      momentum = beta2 * momentum + (1 - beta2) * gradient
    }
  }

  private let weights: [[Double]] = [[0.5, -1.5, 0], sampleValues(35, seed: 3).map { Double($0) }]

  /// Gradients that change their sign, whose interpolation is never nearly 0 after the first step, and some zeros at first.
  private func gradients(_ step: Int) -> [[Double]] {
    let seed = UInt64(10 + step)
    let short: [Double] = step == 0 ? [1, -2, 0] : sampleValues(3, seed: seed).map { Double($0) }
    return [short, sampleValues(35, seed: seed + 100).map { Double($0) }]
  }

  @Test(arguments: [(0.9, 0.99, 0), (0.9, 0.99, 0.3), (0.5, 0.8, 0.1), (0, 0, 0)] as [(Double, Double, Double)])
  func stepsAreThoseOfThePaper(_ beta1: Double, _ beta2: Double, _ decay: Double) {
    let pair = Pair(weights)
    let lion = Lion(
      pair, learningRate: 0.05, beta1: Float(beta1), beta2: Float(beta2), weightDecay: Float(decay))
    var expected = weights.map { $0.map { Reference(weight: Double(Float($0))) } }
    for step in 0..<8 {
      pair.setGradients(gradients(step))
      for (row, values) in gradients(step).enumerated() {
        for (column, value) in values.enumerated() {
          expected[row][column].step(
            Double(Float(value)), rate: Double(Float(0.05)), beta1: beta1, beta2: beta2, decay: decay)
        }
      }
      lion.step()
      for (parameter, row) in zip([pair.short, pair.long], expected) {
        #expect(relativeDifference(parameter.value.values, row.map(\.weight)) < 1e-6, "step \(step)")
      }
    }
    #expect(relativeDifference(lion.states[1][0].values, expected[1].map(\.momentum)) < 1e-5)
  }

  @Test func defaultsAreThePapers() {
    let pair = Pair([[1, 1, 1], [Double](repeating: 1, count: 35)]), lion = Lion(pair)
    pair.setGradients([[1, -1, 0], [Double](repeating: 1, count: 35)])
    lion.step()
    let rate: Float = 0.0001
    #expect(pair.short.value.values == [1 - rate, 1 + rate, 1])
    #expect(lion.states[0][0].values.map { ($0 * 10_000).rounded() } == [100, -100, 0])
  }

  @Test func signsOfTensors() {
    let x = Tensor([-2, -0.0, 0, .leastNonzeroMagnitude, .infinity, .nan], shape: [2, 3])
    #expect(x.sign().shape == [2, 3])
    #expect(Array(x.sign().values.dropLast()) == [-1, 0, 0, 1, 1] && x.sign().values[5].isNaN)
    let leaf = x.requiringGradient()
    leaf.sign().sum().backward()
    #expect(leaf.gradient?.values == [0, 0, 0, 0, 0, 0])
    let half = x.cast(to: .bfloat16).sign()
    #expect(half.precision == .bfloat16 && half.values[0] == -1)
  }
}
