import Autodiff
import NeuralNetworks
import TestSupport
import Testing

/// What the table can't show of stochastic depth: which samples it leaves out.
@Suite struct StochasticDepthTests {
  @Test(arguments: [Precision.float32, .bfloat16, .float16])
  func wholeSamplesAreLeftOutAndTheMeanStays(_ precision: Precision) {
    let layer = Sequential(StochasticDepth(0.3)), count = 20_000
    layer.initialize(seed: 1)
    let x = Tensor(repeating: 1, shape: [count, 3]).cast(to: precision), y = layer(x)
    let rows = (0..<count).map { Array(y.values[3 * $0..<3 * $0 + 3]) }
    #expect(rows.allSatisfy { Set($0).count == 1 } && y.precision == precision)
    let kept = Tensor(1 / Float(0.7)).cast(to: precision).value
    #expect(Set(y.values) == [0, kept])
    // Five standard deviations.
    let share = Double(rows.count { $0[0] == 0 }) / Double(count)
    #expect(abs(share - 0.3) < 5 * (0.3 * 0.7 / Double(count)).squareRoot())
    #expect(layer(x).values != y.values)
    layer.initialize(seed: 1)
    #expect(layer(x).values == y.values)
    layer.evaluate()
    #expect(layer(x) === x)
  }

  /// A residual branch that is left out passes on its input, and no gradient reaches its weights.
  @Test func aBranchIsLeftOut() {
    let block = Residual(Linear(3, 3), StochasticDepth(0.5))
    block.initialize(seed: 2)
    let x = Tensor(sampleValues(24), shape: [8, 3]), y = block(x)
    let branch = (y - x).values
    let isLeftOut = (0..<8).map { row in branch[3 * row..<3 * row + 3].allSatisfy { $0 == 0 } }
    #expect(isLeftOut.contains(true) && isLeftOut.contains(false))
    let bias = block.parameters.first { $0.path == "0.bias" }!.parameter
    y.sum().backward()
    #expect(bias.gradient!.values.allSatisfy { $0 == 2 * Float(isLeftOut.count { !$0 }) })
  }
}
