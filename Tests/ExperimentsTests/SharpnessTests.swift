import Experiments
import Foundation
import Rheoscope
import Testing

@Suite struct SharpnessTests {
  /// The squared error of a layer without activation is a parabola: H = 2 Xᵀ X / n, here diagonal.
  @Test func aParabolaHasTheCurvatureOfItsInputs() {
    let model = Linear(3, 1, bias: false), x = Tensor([3, 0, 0, 0, 1, 0, 0, 0, 0.5], shape: [3, 3])
    model.initialize(seed: 1)
    let loss = { meanSquaredError(model(x), Tensor([1, 2, 3], shape: [3, 1])) }
    #expect(abs(sharpness(model, seed: 1, loss: loss) - 6) < 1e-2)
    let product = hessianProduct(model, [Tensor([1, 10, 100], shape: [1, 3])], loss: loss)[0].values
    let expected: [Float] = [6, 20.0 / 3, 50.0 / 3]
    for (found, value) in zip(product, expected) { #expect(abs(found / value - 1) < 1e-5) }
  }

  /// A saddle, w₁² − 3 w₂²: curved downward more than upward.
  @Test func whatIsCurvedDownwardDoesNotCount() {
    let model = Linear(2, 1, bias: false)
    model.initialize(seed: 1)
    let curvature = sharpness(model, seed: 1) {
      (model.weight.value.squared() * Tensor([1, -3], shape: [1, 2])).sum()
    }
    #expect(abs(curvature - 2) < 1e-2)
  }

  /// By how much the gradient changes for a little step, forward and backward.
  @Test func productsAreDifferencesOfGradients() {
    let model = Sequential(Linear(4, 8), Tanh(), Linear(8, 3))
    model.initialize(seed: 2)
    let x = Tensor(waves(20), shape: [5, 4]), labels = [0, 1, 2, 1, 0]
    let parameters = model.parameters.map(\.parameter)
    let v = parameters.map { Tensor(waves($0.shape.elementCount), shape: $0.shape) }
    let product = hessianProduct(model, v) { crossEntropy(model(x), labels) }
    let begin = parameters.map(\.value)
    func gradient(after step: Float) -> [[Float]] {
      for (index, parameter) in parameters.enumerated() { parameter.set(begin[index] + step * v[index]) }
      crossEntropy(model(x), labels).backward()
      defer { for parameter in parameters { parameter.gradient = nil } }
      return parameters.map { $0.gradient!.values }
    }
    let more = gradient(after: 1e-2), less = gradient(after: -1e-2)
    for (index, exact) in product.enumerated() {
      let differences: [Float] = zip(more[index], less[index]).map { ($0 - $1) / 2e-2 }
      for (difference, value) in zip(differences, exact.values) { #expect(abs(difference - value) < 1e-3) }
    }
  }

  private func waves(_ count: Int) -> [Float] { (0..<count).map { Foundation.sin(Float(3 * $0)) } }
}
