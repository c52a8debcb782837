import Autodiff
import NeuralNetworks
import TestSupport
import Testing

/// NaN in, NaN out, forward and back through every layer.
@Suite struct LayerNaNTests {
  private let weights = sampleValues(500, seed: 77)

  private func weights(of shape: Shape) -> Tensor { Tensor(Array(weights.prefix(shape.elementCount)), shape: shape) }

  /// First, middle and last.
  private func places(_ count: Int) -> [Int] { Set([0, count / 2, count - 1]).sorted() }

  private func replacing(_ point: [Tensor], _ which: Int, _ place: Int, _ change: (Float) -> Float) -> [Tensor] {
    var point = point, values = point[which].values
    values[place] = change(values[place])
    point[which] = Tensor(values, shape: point[which].shape)
    return point
  }

  /// Calls `body` with a point, and which of its numbers is to change. Indices can't.
  private func forEachPlace(
    _ layerCase: LayerCase, among count: (Module) -> Int, _ body: ([Tensor], _ which: Int, _ place: Int) -> Void
  ) {
    let layer = layerCase.layer()
    for shape in layerCase.shapes {
      let point = layerCase.point(shape)
      for which in (layer is Embedding ? 1 : 0)..<count(layer) {
        for place in places(point[which].elementCount) { body(point, which, place) }
      }
    }
  }

  /// In the input, in a parameter or in a statistic: the output has a NaN where the formula in Float64 has one, and nowhere
  /// else. Convolutions may show more of them: some processors multiply padding, and 0 · NaN is NaN.
  @Test(arguments: layerCases) func outputsShowIt(_ layerCase: LayerCase) {
    forEachPlace(layerCase, among: { 1 + $0.parameters.count + $0.statistics.count }) { point, which, place in
      let point = replacing(point, which, place) { _ in .nan }
      let (layer, variables) = layerCase.layer(at: point)
      let expected = layerCase.output(at: point.map { Float64Array($0) }).values
      let found = layer(variables[0]).values, maySpread = layer is Conv2d
      #expect(
        zip(found, expected).allSatisfy { $0.isNaN == $1.isNaN || maySpread && $0.isNaN },
        "number \(which), element \(place)")
    }
  }

  /// In the input or in a parameter: every gradient of Σ weights · output² is NaN that depends on that number, which is to say that
  /// changes with it. But the gradient of a window's largest element goes to the NaN alone, as in PyTorch.
  @Test(arguments: layerCases) func gradientsShowThatOfANumber(_ layerCase: LayerCase) {
    func gradients(_ point: [Tensor]) -> [[Float]] {
      let (layer, variables) = layerCase.layer(at: point)
      let y = layer(variables[0])
      (square(y) * weights(of: y.shape)).sum().backward()
      return variables.map { $0.gradient?.values ?? [] }
    }
    forEachPlace(layerCase, among: { 1 + $0.parameters.count }) { point, which, place in
      let sound = gradients(point), broken = gradients(replacing(point, which, place) { _ in .nan })
      let moved = gradients(replacing(point, which, place) { -1.5 * $0 - 0.3 })
      for variable in sound.indices {
        for index in sound[variable].indices where sound[variable][index] != moved[variable][index] {
          let goesElsewhere = layerCase.description.hasPrefix("MaxPool2d") && index != place
          #expect(
            broken[variable][index].isNaN || goesElsewhere, "number \(which), element \(place): \(variable), \(index)")
        }
      }
    }
  }

  /// In an element of the output's gradient: every gradient is NaN to which that element alone contributes something.
  @Test(arguments: layerCases) func gradientsShowThatOfTheOutput(_ layerCase: LayerCase) {
    for shape in layerCase.shapes {
      let point = layerCase.point(shape)
      func gradients(_ change: (Tensor) -> [Float]) -> [[Float]] {
        let (layer, variables) = layerCase.layer(at: point)
        let y = layer(variables[0])
        (y * Tensor(change(y), shape: y.shape)).sum().backward()
        return variables.map { $0.gradient?.values ?? [] }
      }
      for place in places(layerCase.layer()(point[0]).elementCount) {
        let sound = gradients { y in (0..<y.elementCount).map { $0 == place ? 1 : 0 } }
        let broken = gradients { y in (0..<y.elementCount).map { $0 == place ? .nan : weights[$0] } }
        for (sound, broken) in zip(sound.joined(), broken.joined()) {
          #expect(sound == 0 || broken.isNaN, "\(shape), element \(place)")
        }
      }
    }
  }
}
