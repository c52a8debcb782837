import Autodiff
import NeuralNetworks
import TestSupport
import Testing

/// The Hessian of each layer, over its input and all its parameters, times a direction: by the tape twice, against mixed
/// differences of its formula in Float64.
@Suite struct LayerHessianTests {
  private let projectionWeights = sampleValues(500, seed: 77)

  /// Σ weights · output³, which is curved even where the layer is not.
  private func loss(_ layerCase: LayerCase, _ point: [Float64Array]) -> Double {
    zip(layerCase.output(at: point).values, projectionWeights).reduce(0) { $0 + $1.0 * $1.0 * $1.0 * Double($1.1) }
  }

  @Test(arguments: layerCases) func productsWithADirectionAgree(_ layerCase: LayerCase) {
    for (place, shape) in layerCase.shapes.enumerated() {
      let point = layerCase.point(shape), exact = point.map { Float64Array($0) }
      let (layer, all) = layerCase.layer(at: point)
      // Indices have no gradient.
      let variables = layer is Embedding ? Array(all.dropFirst()) : all, first = all.count - variables.count
      let direction = variables.enumerated().map { index, tensor in
        Tensor(sampleValues(tensor.elementCount, seed: UInt64(10 * place + index + 90)), shape: tensor.shape)
      }

      let y = layer(all[0])
      let cubes = (y * y * y * Tensor(Array(projectionWeights.prefix(y.elementCount)), shape: y.shape)).sum()
      let slopes = gradients(of: cubes, withRespectTo: variables, keepingTape: true)
      let along = zip(slopes, direction).map { ($0 * $1).sum() }.reduce(Tensor(0)) { $0 + $1 }
      let found = gradients(of: along, withRespectTo: variables).flatMap(\.values)

      let step = 1e-4
      func moved(_ steps: Double) -> [Float64Array] {
        var moved = exact
        for (which, direction) in direction.enumerated() {
          moved[first + which] = moved[first + which] + Float64Array(direction).map { $0 * steps * step }
        }
        return moved
      }
      let ends = [moved(1), moved(-1)]
      let expected = direction.indices.flatMap { which in
        exact[first + which].values.indices.map { index in
          func at(_ end: Int, _ move: Double) -> Double {
            var point = ends[end]
            point[first + which].values[index] += move
            return loss(layerCase, point)
          }
          return (at(0, step) - at(0, -step) - at(1, step) + at(1, -step)) / (4 * step * step)
        }
      }
      #expect(expected.contains { abs($0) > 1e-4 })
      #expect(relativeDifference(found, expected) < 4e-6, "\(shape)")
    }
  }
}
