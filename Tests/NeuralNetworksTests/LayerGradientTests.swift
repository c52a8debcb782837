import Autodiff
import NeuralNetworks
import TestSupport
import Testing

/// A layer with inputs of odd shapes.
private struct LayerCase: Sendable, CustomStringConvertible {
  let description: String
  let shapes: [Shape]
  var domain: @Sendable (Float) -> Float = { $0 }
  let make: @Sendable () -> Module
}

/// A batch of one, rows of one, and sizes that are no multiple of a vector's length.
private let rows: [Shape] = [[1, 5], [4, 1], [3, 17], [2, 3, 7]]
private let images: [Shape] = [[1, 3, 4, 2], [2, 5, 3, 2]]

private func activation(_ make: @escaping @Sendable () -> Module) -> LayerCase {
  // Away from the kinks at 0 and ±1.
  LayerCase(
    description: make().kind, shapes: rows, domain: { 0.7 * $0 + ($0 < 0 ? -0.15 : 0.15) }, make: make)
}

private let cases: [LayerCase] =
  [
    activation { ReLU() }, activation { LeakyReLU(slope: 0.2) }, activation { ELU() }, activation { SELU() },
    activation { GELU() }, activation { GELU(tanhApproximation: true) }, activation { SiLU() },
    activation { Softplus() }, activation { Softsign() }, activation { HardTanh() }, activation { Sigmoid() },
    activation { Tanh() },
    // Of rows of width 1 the share is 1 whatever they hold.
    LayerCase(description: "Softmax", shapes: [[1, 5], [3, 17], [2, 3, 7]]) { Softmax() },
    LayerCase(description: "LogSoftmax", shapes: [[1, 5], [3, 17], [2, 3, 7]]) { LogSoftmax() },
    LayerCase(description: "Linear", shapes: [[1, 5], [17, 5]]) { Linear(5, 3) },
    LayerCase(description: "Linear of width 1", shapes: [[1, 1], [3, 1]]) { Linear(1, 1) },
    LayerCase(description: "Conv2d", shapes: images) { Conv2d(2, 3, window: 3, stride: 2, padding: 1) },
    LayerCase(description: "Conv2d, grouped", shapes: images) { Conv2d(2, 4, window: 3, padding: 1, groups: 2) },
    LayerCase(description: "Conv2d of window 1", shapes: images) { Conv2d(2, 3, window: 1, stride: 2) },
    LayerCase(description: "AveragePool2d", shapes: images) { AveragePool2d(window: 2, stride: 1) },
    LayerCase(description: "GlobalAveragePool2d", shapes: images) { GlobalAveragePool2d() },
    LayerCase(description: "Flatten", shapes: images) { Flatten() },
    LayerCase(description: "BatchNorm", shapes: [[3, 5], [17, 5], [2, 3, 2, 5]]) { BatchNorm(5) },
    LayerCase(description: "BatchNorm of width 1", shapes: [[7, 1]]) { BatchNorm(1) },
    LayerCase(description: "LayerNorm", shapes: [[1, 5], [3, 5], [2, 3, 5]]) { LayerNorm(5) },
    LayerCase(description: "RMSNorm", shapes: [[1, 5], [3, 5], [2, 3, 5]]) { RMSNorm(5) },
    LayerCase(description: "MultiHeadAttention", shapes: [[1, 1, 6], [2, 3, 6]]) { MultiHeadAttention(6, heads: 2) },
    LayerCase(description: "MultiHeadAttention, causal", shapes: [[1, 5, 6]]) {
      MultiHeadAttention(6, heads: 3, isCausal: true)
    },
    LayerCase(description: "MultiHeadAttention of width 1", shapes: [[2, 3, 1]]) { MultiHeadAttention(1, heads: 1) },
    LayerCase(description: "Residual", shapes: [[1, 5], [3, 5]]) {
      Residual(Linear(5, 4), Tanh(), scale: 0.3, learnsScale: true, shortcut: Linear(5, 4, bias: false))
    },
    LayerCase(description: "TransformerBlock, pre-norm", shapes: [[1, 3, 6]]) { TransformerBlock(6, heads: 2) },
    LayerCase(description: "TransformerBlock, post-norm", shapes: [[1, 3, 6]]) {
      TransformerBlock(6, heads: 2, hidden: 5, placement: .post, isCausal: true)
    },
    LayerCase(description: "Sequential, checkpointed", shapes: [[1, 5], [3, 5]]) {
      Sequential([Linear(5, 4), Tanh(), Linear(4, 5), Tanh()], checkpointed: true)
    },
  ]

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

  @Test(arguments: cases) fileprivate func agreeWithDifferences(_ layerCase: LayerCase) {
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
  @Test(arguments: images) func largestOfAWindow(_ shape: Shape) {
    let layer = MaxPool2d(window: 3, stride: 2, padding: 1), count = shape.elementCount
    let values = (0..<count).map { Float($0 * 7 % count) }
    let x = Tensor(values, shape: shape).requiringGradient(), y = layer(x)
    (y * Tensor(Array(projectionWeights.prefix(y.elementCount)), shape: y.shape)).sum().backward()
    let expected = differences(values) { projection(layer, Tensor($0, shape: shape)) }
    check(x.gradient, expected, 1, "\(shape)")
  }

  /// The mask is the same while the stream is at the same place.
  @Test(arguments: rows) func dropout(_ shape: Shape) {
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
