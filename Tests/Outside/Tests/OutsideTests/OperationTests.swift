import Foundation
import Rheoscope
import Testing

// begin
/// ∛x, element by element; its derivative is 1 / (3 ∛x²).
func cubeRoot(_ x: Tensor) -> Tensor {
  customOperation("cubeRoot", [x]) { inputs in
    Tensor(inputs[0].values.map { cbrtf($0) }, shape: inputs[0].shape)
  } backward: { gradient, output, inputs in
    [gradient / (3 * output.squared())]
  }
}
// end

// begin reversal
/// x, whose gradient is −factor times the gradient of the output.
///
/// Source: Ganin and Lempitsky, "Unsupervised domain adaptation by backpropagation", 2015, arXiv:1409.7495.
func reversed(_ x: Tensor, factor: Float) -> Tensor {
  customOperation("reversed", [x]) {
    $0[0]
  } backward: { gradient, _, _ in
    [gradient * -factor]
  }
}
// end reversal

@Suite struct OperationTests {
  private let points: [Float] = [-8, -1.5, -0.2, 0.3, 1, 27]

  @Test func theGradientIsThatOfFiniteDifferences() {
    let x = Tensor(points, shape: [2, 3]).requiringGradient()
    let weights = Tensor([1, -2, 3, 0.5, 4, -1], shape: [2, 3])
    (cubeRoot(x) * weights).sum().backward()
    for (index, point) in points.enumerated() {
      let point = Double(point), step = 1e-4
      let slope = (cbrt(point + step) - cbrt(point - step)) / (2 * step) * Double(weights.values[index])
      #expect(abs(Double(x.gradient!.values[index]) - slope) < 1e-4 * max(abs(slope), 1), "\(point)")
    }
  }

  @Test func theGradientHasAGradient() {
    let x = Tensor([8], shape: [1]).requiringGradient()
    let first = gradients(of: cubeRoot(x).sum(), withRespectTo: [x], keepingTape: true)[0]
    let second = gradients(of: first.sum(), withRespectTo: [x])[0]
    // −2/9 x^(−5/3) at 8.
    #expect(abs(second.values[0] + 2 / 9 / 32) < 1e-6)
  }

  @Test func reversesAGradient() {
    let x = Tensor(points, shape: [6]).requiringGradient()
    let y = reversed(x, factor: 0.5)
    #expect(y.values == points)
    y.sum().backward()
    #expect(x.gradient!.values == [Float](repeating: -0.5, count: 6))
  }
}
