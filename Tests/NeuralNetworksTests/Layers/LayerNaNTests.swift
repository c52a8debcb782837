import Autodiff
import NeuralNetworks
import TestSupport
import Testing

/// NaN reaches outputs and gradients of every layer.
@Suite struct LayerNaNTests {
  private let weights = sampleValues(500, seed: 77)

  private func weights(of shape: Shape) -> Tensor { Tensor(Array(weights.prefix(shape.elementCount)), shape: shape) }

  /// First, middle and last.
  private func elements(_ count: Int) -> [Int] { Set([0, count / 2, count - 1]).sorted() }

  private func replacing(_ point: [Tensor], _ which: Int, _ element: Int, _ change: (Float) -> Float) -> [Tensor] {
    var point = point, values = point[which].values
    values[element] = change(values[element])
    point[which] = Tensor(values, shape: point[which].shape)
    return point
  }

  /// Calls `body` with a point and one of its elements, to be changed. Token indices are left out.
  private func forEachElement(
    _ layerCase: LayerCase, among count: (Module) -> Int, _ body: ([Tensor], _ which: Int, _ element: Int) -> Void
  ) {
    let layer = layerCase.layer()
    for shape in layerCase.shapes {
      let point = layerCase.point(shape)
      for which in (layer is Embedding ? 1 : 0)..<count(layer) {
        for element in elements(point[which].elementCount) { body(point, which, element) }
      }
    }
  }

  /// NaN in the input, a parameter or a buffer: the output has NaN exactly where the formula in Float64 has it. Convolutions may
  /// have more NaN: some processors multiply padding, and 0 · NaN is NaN.
  @Test(arguments: layerCases) func reachesOutputs(_ layerCase: LayerCase) {
    forEachElement(layerCase, among: { 1 + $0.parameters.count + $0.buffers.count }) { point, which, element in
      let point = replacing(point, which, element) { _ in .nan }
      let (layer, variables) = layerCase.layer(at: point)
      let expected = layerCase.output(at: point.map { Float64Array($0) }).values
      let found = layer(variables[0]).values, maySpread = layer is NeuralNetworks.Convolution
      #expect(
        zip(found, expected).allSatisfy { $0.isNaN == $1.isNaN || maySpread && $0.isNaN },
        "number \(which), element \(element)")
    }
  }

  /// NaN in the input or a parameter: every gradient of Σ weights · output² that depends on that element is NaN. But the gradient
  /// of a max pool's window reaches only the NaN, as in PyTorch.
  @Test(arguments: layerCases) func reachesGradientsFromInputsAndParameters(_ layerCase: LayerCase) {
    func gradients(_ point: [Tensor]) -> [[Float]] {
      let (layer, variables) = layerCase.layer(at: point)
      let y = layer(variables[0])
      (square(y) * weights(of: y.shape)).sum().backward()
      return variables.map { $0.gradient?.values ?? [] }
    }
    forEachElement(layerCase, among: { 1 + $0.parameters.count }) { point, which, element in
      let sound = gradients(point), broken = gradients(replacing(point, which, element) { _ in .nan })
      let moved = gradients(replacing(point, which, element) { -1.5 * $0 - 0.3 })
      for variable in sound.indices {
        for index in sound[variable].indices where sound[variable][index] != moved[variable][index] {
          let goesElsewhere = layerCase.description.hasPrefix("MaxPool") && index != element
          #expect(
            broken[variable][index].isNaN || goesElsewhere, "number \(which), element \(element): \(variable), \(index)"
          )
        }
      }
    }
  }

  /// NaN in an element of the output's gradient: every gradient that this element alone contributes to is NaN.
  @Test(arguments: layerCases) func reachesGradientsFromTheOutputsGradient(_ layerCase: LayerCase) {
    for shape in layerCase.shapes {
      let point = layerCase.point(shape)
      func gradients(_ change: (Tensor) -> [Float]) -> [[Float]] {
        let (layer, variables) = layerCase.layer(at: point)
        let y = layer(variables[0])
        (y * Tensor(change(y), shape: y.shape)).sum().backward()
        return variables.map { $0.gradient?.values ?? [] }
      }
      for element in elements(layerCase.layer()(point[0]).elementCount) {
        let sound = gradients { y in (0..<y.elementCount).map { $0 == element ? 1 : 0 } }
        let broken = gradients { y in (0..<y.elementCount).map { $0 == element ? .nan : weights[$0] } }
        for (sound, broken) in zip(sound.joined(), broken.joined()) {
          #expect(sound == 0 || broken.isNaN, "\(shape), element \(element)")
        }
      }
    }
  }
}
