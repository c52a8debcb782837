import Autodiff
import NeuralNetworks
import TestSupport
import Testing

/// Gradients of each layer, with respect to its input and each parameter, against differences of its own output.
@Suite struct LayerGradientTests {
  /// Σ weights · output, added up in Float64.
  private func projection(_ layer: Module, _ x: Tensor) -> Double {
    zip(withoutGradients { layer(x) }.values, projectionWeights).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }

  private let projectionWeights = sampleValues(500, seed: 77)

  /// Differences of fourth order, so that steps can be large enough for Float32: (8 (f₁ − f₋₁) − (f₂ − f₋₂)) / 12 h.
  private func differences(_ values: [Float], _ projection: ([Float]) -> Double) -> [Double] {
    let step: Float = 0x1p-5
    return values.indices.map { index in
      func at(_ steps: Float) -> Double {
        var moved = values
        moved[index] += steps * step
        return projection(moved)
      }
      return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * Double(step))
    }
  }

  private func check(_ found: Tensor?, _ expected: [Double], _ largest: Double, _ what: String) {
    let found = found?.values ?? []
    #expect(found.count == expected.count, "\(what)")
    #expect(zip(found, expected).allSatisfy { abs(Double($0.0) - $0.1) <= 1e-3 * largest }, "\(what)")
  }

  @Test(arguments: layerCases) func agreeWithDifferences(_ layerCase: LayerCase) {
    for shape in layerCase.shapes {
      let layer = layerCase.make()
      layer.initialize(seed: 11)
      // Off their first values, at which a mistake could hide behind a 0 or a 1.
      for (index, (_, parameter)) in layer.parameters.enumerated() {
        let shift = sampleValues(parameter.shape.elementCount, seed: UInt64(index + 50))
        parameter.set(parameter.value + 0.3 * Tensor(shift, shape: parameter.shape))
      }
      let values = sampleValues(shape.elementCount, seed: 9).map(layerCase.domain)
      let x = Tensor(values, shape: shape).requiringGradient()
      let y = layer(x)
      (y * Tensor(Array(projectionWeights.prefix(y.elementCount)), shape: y.shape)).sum().backward()

      let ofInput = differences(values) { projection(layer, Tensor($0, shape: shape)) }
      let ofParameters = layer.parameters.map { _, parameter in
        let before = parameter.value
        defer { parameter.set(before) }
        return differences(before.values) {
          parameter.set(Tensor($0, shape: parameter.shape))
          return projection(layer, x)
        }
      }
      // Some gradients are 0 in exact arithmetic, as that of a key's bias; so all are held against the largest.
      let largest = (ofInput + ofParameters.joined()).reduce(0) { max($0, abs($1)) }
      #expect(largest > 0)
      check(x.gradient, ofInput, largest, "\(shape): input")
      for ((path, parameter), expected) in zip(layer.parameters, ofParameters) {
        check(parameter.gradient, expected, largest, "\(shape): \(path)")
      }
    }
  }

  /// Far enough apart that no difference changes which one is largest.
  @Test(arguments: imageShapes) func largestOfAWindow(_ shape: Shape) {
    let layer = MaxPool2d(window: 3, stride: 2, padding: 1), count = shape.elementCount
    let values = (0..<count).map { Float($0 * 7 % count) }
    let x = Tensor(values, shape: shape).requiringGradient(), y = layer(x)
    (y * Tensor(Array(projectionWeights.prefix(y.elementCount)), shape: y.shape)).sum().backward()
    let expected = differences(values) { projection(layer, Tensor($0, shape: shape)) }
    check(x.gradient, expected, 1, "\(shape)")
  }

  /// The mask is the same while the stream is at the same place.
  @Test(arguments: rowShapes) func dropout(_ shape: Shape) {
    let layer = Dropout(0.4), values = sampleValues(shape.elementCount)
    layer.initialize(seed: 3)
    let x = Tensor(values, shape: shape).requiringGradient(), y = layer(x)
    (y * Tensor(Array(projectionWeights.prefix(y.elementCount)), shape: y.shape)).sum().backward()
    let expected = differences(values) {
      layer.initialize(seed: 3)
      return projection(layer, Tensor($0, shape: shape))
    }
    check(x.gradient, expected, 1, "\(shape)")
  }

  @Test func embedding() {
    let layer = Embedding(4, 3), x = Tensor([1, 3, 3, 0, 3], shape: [1, 5])
    layer.initialize(seed: 3)
    let y = layer(x)
    (y * Tensor(Array(projectionWeights.prefix(y.elementCount)), shape: y.shape)).sum().backward()
    let expected = differences(layer.weight.value.values) {
      layer.weight.set(Tensor($0, shape: [4, 3]))
      return projection(layer, x)
    }
    check(layer.weight.gradient, expected, 1, "weight")
  }
}
