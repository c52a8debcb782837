import Autodiff
import NeuralNetworks
import TestSupport

/// A layer, shapes of its input, and its formula in Float64.
struct LayerCase: Sendable, CustomStringConvertible {
  let description: String
  let shapes: [Shape]
  private let isEvaluated: Bool
  private let inputs: @Sendable (Shape) -> [Float]
  private let make: @Sendable () -> Module
  private let formula: @Sendable (Float64Array, [Float64Array]) -> Float64Array

  /// The layer in the mode of its formula; `n` are its parameters, then its buffers.
  init(
    _ description: String, _ shapes: [Shape], evaluated: Bool = false,
    inputs: @escaping @Sendable (Shape) -> [Float] = { sampleValues($0.elementCount, seed: 9) },
    _ make: @escaping @Sendable () -> Module,
    formula: @escaping @Sendable (_ x: Float64Array, _ n: [Float64Array]) -> Float64Array
  ) {
    (self.description, self.shapes, isEvaluated) = (description, shapes, evaluated)
    (self.inputs, self.make, self.formula) = (inputs, make, formula)
  }

  static let seed: UInt64 = 11

  /// The layer with the same values each time, none of them the initial 0 or 1, which could hide a mistake.
  func layer() -> Module {
    let layer = make()
    layer.initialize(seed: Self.seed)
    func moved(_ value: Tensor, _ seed: Int) -> Tensor {
      value + 0.3 * Tensor(sampleValues(value.elementCount, seed: UInt64(seed)), shape: value.shape)
    }
    for (index, (_, parameter)) in layer.parameters.enumerated() {
      parameter.set(moved(parameter.value, index + 50))
    }
    for (index, (_, buffer)) in layer.buffers.enumerated() {
      buffer.set(moved(buffer.value, index + 70))
    }
    if isEvaluated { layer.evaluate() }
    return layer
  }

  /// An input of a shape, then the layer's parameters and buffers.
  func point(_ shape: Shape) -> [Tensor] {
    let layer = layer()
    return [Tensor(inputs(shape), shape: shape)] + layer.parameters.map(\.parameter.value)
      + layer.buffers.map(\.buffer.value)
  }

  /// The layer with the values of a point, and the tensors that have gradients: input and parameters.
  func layer(at point: [Tensor]) -> (layer: Module, variables: [Tensor]) {
    let layer = layer(), parameters = layer.parameters.map(\.parameter)
    for (parameter, value) in zip(parameters, point.dropFirst()) { parameter.set(value) }
    for ((_, buffer), value) in zip(layer.buffers, point.dropFirst(1 + parameters.count)) {
      buffer.set(value)
    }
    return (layer, [point[0].detached().requiringGradient()] + parameters.map(\.value))
  }

  /// The output at a point, in Float64.
  func output(at point: [Float64Array]) -> Float64Array { formula(point[0], Array(point.dropFirst())) }
}

extension Float64Array {
  init(_ tensor: Tensor) { self.init(Array(tensor.shape), tensor.values.map(Double.init)) }
}

/// The parameter whose gradient has the size of the terms of the gradient at `path`: the same one, except for the bias of keys.
/// That bias, of the map or of the last norm, adds the same number to all scores of a row, which softmax ignores, so its gradient is 0
/// in exact arithmetic and only rounding in Float32. The gradient of the weight beside it has the same terms, times the inputs.
func summands(of path: String) -> String {
  let names = path.split(separator: "."),
    isOfKeys = names.suffix(2) == ["key", "bias"] || names.suffix(2) == ["keyNorm", "bias"]
  return isOfKeys ? String(path.dropLast(4)) + "weight" : path
}
