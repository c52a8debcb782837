import Foundation
import Rheoscope
import Testing

// begin
/// x tanh(ln(1 + eˣ)), element by element.
///
/// Source: Misra, "Mish: a self regularized non-monotonic activation function", 2019, arXiv:1908.08681.
func mish(_ x: Tensor) -> Tensor { x * tanh(softplus(x)) }

final class Mish: Module {
  override func forward(_ x: Tensor) -> Tensor { mish(x) }
}
// end

@Suite struct ActivationTests {
  @Test func valuesAndGradientsAreThoseOfTheFormula() {
    let points: [Float] = [-3, -1, -0.1, 0, 0.5, 2]
    let x = Tensor(points, shape: [2, 3]).requiringGradient()
    mish(x).sum().backward()
    func exact(_ x: Double) -> Double { x * Foundation.tanh(Foundation.log(1 + Foundation.exp(x))) }
    for (index, point) in points.enumerated() {
      let point = Double(point)
      #expect(abs(Double(mish(x).values[index]) - exact(point)) < 1e-6)
      let slope = (exact(point + 1e-5) - exact(point - 1e-5)) / 2e-5
      #expect(abs(Double(x.gradient!.values[index]) - slope) < 1e-5)
    }
  }

  @Test func isALayerOfANet() throws {
    let model = Sequential(Linear(4, 8), Mish(), Linear(8, 2))
    model.initialize(seed: 1)
    var seen: [String] = []
    let handle = try model.onForward(Mish.self) { site, _ in
      seen.append(site.path)
      return nil
    }
    #expect(model(Tensor(repeating: 0.5, shape: [3, 4])).shape == [3, 2])
    handle.remove()
    #expect(seen == ["1"])
  }
}
