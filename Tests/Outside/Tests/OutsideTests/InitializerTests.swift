import Rheoscope
import Testing

// begin
extension Initializer {
  /// `count` normal numbers in each row of a weight [outputs, inputs], all others zero.
  ///
  /// Source: Martens, "Deep learning via Hessian-free optimization", 2010.
  static func sparse(count: Int) -> Initializer {
    Initializer("sparse, \(count) per row") { values, shape, fan, stream in
      values.update(repeating: 0)
      for row in 0..<shape[0] {
        for column in (0..<fan.inputs).shuffled(using: &stream).prefix(count) {
          values[row * fan.inputs + column] = Float(stream.normalPair().0)
        }
      }
    }
  }
}
// end

@Suite struct InitializerTests {
  @Test func fillsSoManyNumbersOfEachRow() {
    let layer = Linear(40, 10, initializer: .sparse(count: 15))
    layer.initialize(seed: 1)
    let values = layer.weight.value.values
    for row in 0..<10 { #expect(values[row * 40..<(row + 1) * 40].count { $0 != 0 } == 15) }
    let first = values
    layer.initialize(seed: 1)
    #expect(layer.weight.value.values == first)
    layer.initialize(seed: 2)
    #expect(layer.weight.value.values != first)
  }
}
