import Autodiff
import NeuralNetworks
import TestSupport
import Testing

/// Each layer's output against its formula in Float64, and its gradients, with respect to input and each parameter, against
/// central differences of that formula.
@Suite struct LayerGradientTests {
  private let projectionWeights = sampleValues(500, seed: 77)

  /// Σ weights · output.
  private func projection(_ layerCase: LayerCase, _ point: [Float64Array]) -> Double {
    zip(layerCase.output(at: point).values, projectionWeights).reduce(0) { $0 + $1.0 * Double($1.1) }
  }

  private func differences(_ layerCase: LayerCase, _ point: [Float64Array], _ which: Int) -> [Double] {
    let step = 1e-5
    return point[which].values.indices.map { index in
      func at(_ move: Double) -> Double {
        var moved = point
        moved[which].values[index] += move
        return projection(layerCase, moved)
      }
      return (at(step) - at(-step)) / (2 * step)
    }
  }

  private func largest(_ values: [Double]) -> Double { values.reduce(0) { max($0, abs($1)) } }

  @Test(arguments: layerCases) func agreeWithDifferences(_ layerCase: LayerCase) {
    for shape in layerCase.shapes {
      let point = layerCase.point(shape), exact = point.map { Float64Array($0) }
      let (layer, variables) = layerCase.layer(at: point)
      let y = layer(variables[0]), expected = layerCase.output(at: exact)
      #expect(Array(y.shape) == expected.shape)
      #expect(relativeDifference(y.values, expected.values) < 1e-6, "\(shape)")

      (y * Tensor(Array(projectionWeights.prefix(y.elementCount)), shape: y.shape)).sum().backward()
      let slopes = variables.indices.map { differences(layerCase, exact, $0) }
      #expect(largest(Array(slopes.joined())) > 0)
      let paths = ["input"] + layer.parameters.map(\.path)
      let sizes = Dictionary(uniqueKeysWithValues: zip(paths, slopes.map(largest)))
      // Where all terms of a gradient cancel, only their rounding is left.
      let rounding = 0x1p-22 * sizes.values.max()!
      for ((path, variable), slopes) in zip(zip(paths, variables), slopes) {
        // Token indices have no gradient.
        let found = variable.gradient?.values ?? variable.values.map { _ in 0 }
        let limit = 2e-6 * sizes[summands(of: path)]! + rounding
        let errors = zip(found, slopes).map { abs(Double($0) - $1) }
        #expect(
          errors.count == slopes.count && errors.allSatisfy { $0 <= limit },
          "\(shape) \(path): \(errors.max() ?? 0), at most \(limit)")
      }
    }
  }
}
