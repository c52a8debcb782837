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

  /// h
  private let step: Float = 0x1p-5

  /// Differences of eighth order, so that steps can be large enough for Float32:
  /// (4/5 (f₁ − f₋₁) − 1/5 (f₂ − f₋₂) + 4/105 (f₃ − f₋₃) − 1/280 (f₄ − f₋₄)) / h.
  private func differences(_ values: [Float], _ projection: ([Float]) -> Double) -> [Double] {
    values.indices.map { index in
      func at(_ steps: Int) -> Double {
        var moved = values
        moved[index] += Float(steps) * step
        return projection(moved)
      }
      let terms = [4.0 / 5, -1.0 / 5, 4.0 / 105, -1.0 / 280].enumerated().map { order, factor in
        factor * (at(order + 1) - at(-order - 1))
      }
      return terms.reduce(0, +) / Double(step)
    }
  }

  private func largest(_ values: [Double]) -> Double { values.reduce(0) { max($0, abs($1)) } }

  /// Holds a gradient against differences: to 10⁻⁴ of the largest of them, or of `size`, beside what rounding adds to them.
  private func check(
    _ found: Tensor?, _ expected: [Double], size: Double? = nil, rounding: Double = 0, _ what: String
  ) {
    let found = found?.values ?? [], limit = 1e-4 * (size ?? largest(expected)) + rounding
    #expect(found.count == expected.count, "\(what)")
    let errors = zip(found, expected).map { abs(Double($0) - $1) }
    #expect(errors.allSatisfy { $0 <= limit }, "\(what): \(errors.max() ?? 0), at most \(limit)")
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
      #expect(largest(ofInput + ofParameters.joined()) > 0)
      // Outputs are right to 2⁻²³ of the largest, and differences magnify what is missing by 2 · 4/5 / h.
      let rounding = 0x1p-22 * largest(y.values.map(Double.init)) * 1.6 / Double(step)
      check(x.gradient, ofInput, rounding: rounding, "\(shape): input")
      let sizes = Dictionary(uniqueKeysWithValues: zip(layer.parameters.map(\.path), ofParameters.map(largest)))
      for ((path, parameter), expected) in zip(layer.parameters, ofParameters) {
        check(
          parameter.gradient, expected, size: sizes[summands(of: path)]!, rounding: rounding, "\(shape): \(path)")
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
    check(x.gradient, expected, "\(shape)")
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
    check(x.gradient, expected, "\(shape)")
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
    check(layer.weight.gradient, expected, "weight")
  }
}
