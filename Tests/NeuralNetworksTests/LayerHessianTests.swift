import Autodiff
import NeuralNetworks
import TestSupport
import Testing

/// The Hessian of each layer, over its input and all its parameters, times a direction: by the tape twice, against differences
/// of the tape's own gradients along that direction.
@Suite struct LayerHessianTests {
  @Test(arguments: layerCases + [LayerCase(description: "MaxPool2d", shapes: imageShapes) { MaxPool2d(window: 2) }])
  func productsWithADirectionAgree(_ layerCase: LayerCase) {
    for (place, shape) in layerCase.shapes.enumerated() {
      let layer = layerCase.make()
      layer.initialize(seed: 11)
      var point = [Tensor(sampleValues(shape.elementCount, seed: 9).map(layerCase.domain), shape: shape)]
      point += layer.parameters.enumerated().map { index, named in
        let shift = Tensor(
          sampleValues(named.parameter.shape.elementCount, seed: UInt64(index + 50)), shape: named.parameter.shape)
        return (named.parameter.value + 0.3 * shift).detached()
      }
      let direction = point.enumerated().map { index, tensor in
        Tensor(sampleValues(tensor.elementCount, seed: UInt64(10 * place + index + 90)), shape: tensor.shape)
      }

      let (first, variables) = slopes(of: layer, at: point, keepingTape: true)
      let along = zip(first, direction).map { ($0 * $1).sum() }.reduce(Tensor(0)) { $0 + $1 }
      let found = gradients(of: along, withRespectTo: variables).flatMap(\.values)

      // Of fourth order, so that steps can be large enough for Float32.
      let step: Float = 0x1p-6
      func at(_ steps: Float) -> [Float] {
        let moved = zip(point, direction).map { ($0 + steps * step * $1).detached() }
        return slopes(of: layer, at: moved, keepingTape: false).slopes.flatMap(\.values)
      }
      let (below2, below, above, above2) = (at(-2), at(-1), at(1), at(2))
      let expected = found.indices.map { i in
        (8 * Double(above[i] - below[i]) - Double(above2[i] - below2[i])) / (12 * Double(step))
      }
      #expect(expected.contains { abs($0) > 1e-4 })
      #expect(relativeDifference(found, expected) < 2e-3, "\(shape)")
    }
  }

  /// Gradients of Σ weights · output³, which is curved even where the layer is not, with respect to input and parameters.
  private func slopes(of layer: Module, at point: [Tensor], keepingTape: Bool) -> (
    slopes: [Tensor], variables: [Tensor]
  ) {
    let x = point[0].requiringGradient()
    let parameters = layer.parameters.map(\.parameter)
    for (parameter, value) in zip(parameters, point.dropFirst()) { parameter.set(value) }
    let y = layer(x), variables = [x] + parameters.map(\.value)
    let loss = (y * y * y * Tensor(sampleValues(y.elementCount, seed: 77), shape: y.shape)).sum()
    return (gradients(of: loss, withRespectTo: variables, keepingTape: keepingTape), variables)
  }
}
