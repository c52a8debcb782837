import Autodiff
import NeuralNetworks
import TestSupport

/// A layer, inputs of odd shapes for it, and what it makes of them in Float64.
struct LayerCase: Sendable, CustomStringConvertible {
  let description: String
  let shapes: [Shape]
  private let isEvaluated: Bool
  private let inputs: @Sendable (Shape) -> [Float]
  private let make: @Sendable () -> Module
  private let formula: @Sendable (Float64Array, [Float64Array]) -> Float64Array

  /// A layer in the state that its formula is of; `n` are its parameters, then its statistics.
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

  /// The layer with the same numbers each time, off the first ones, at which a mistake could hide behind a 0 or a 1.
  func layer() -> Module {
    let layer = make()
    layer.initialize(seed: Self.seed)
    func moved(_ value: Tensor, _ seed: Int) -> Tensor {
      value + 0.3 * Tensor(sampleValues(value.elementCount, seed: UInt64(seed)), shape: value.shape)
    }
    for (index, (_, parameter)) in layer.parameters.enumerated() {
      parameter.set(moved(parameter.value, index + 50))
    }
    for (index, (_, statistic)) in layer.statistics.enumerated() {
      statistic.set(moved(statistic.value, index + 70))
    }
    if isEvaluated { layer.evaluate() }
    return layer
  }

  /// An input of a shape, then the layer's parameters and statistics.
  func point(_ shape: Shape) -> [Tensor] {
    let layer = layer()
    return [Tensor(inputs(shape), shape: shape)] + layer.parameters.map(\.parameter.value)
      + layer.statistics.map(\.statistic.value)
  }

  /// The layer at a point, and the variables of its gradients: input and parameters.
  func layer(at point: [Tensor]) -> (layer: Module, variables: [Tensor]) {
    let layer = layer(), parameters = layer.parameters.map(\.parameter)
    for (parameter, value) in zip(parameters, point.dropFirst()) { parameter.set(value) }
    for ((_, statistic), value) in zip(layer.statistics, point.dropFirst(1 + parameters.count)) {
      statistic.set(value)
    }
    return (layer, [point[0].detached().requiringGradient()] + parameters.map(\.value))
  }

  /// The output at a point, in Float64.
  func output(at point: [Float64Array]) -> Float64Array { formula(point[0], Array(point.dropFirst())) }
}

extension Float64Array {
  init(_ tensor: Tensor) { self.init(Array(tensor.shape), tensor.values.map(Double.init)) }
}

/// The parameter whose gradient is as large as what the gradient at `path` sums up: the same one, but for the bias of keys. That
/// adds the same to all scores of a row, which softmax does not see, so its gradient, the sum of all keys', is 0 in exact
/// arithmetic, and what is found is that sum's rounding. The gradient of the keys' weights sums up the same, times the inputs.
func summands(of path: String) -> String {
  path == "key.bias" || path.hasSuffix(".key.bias") ? String(path.dropLast(4)) + "weight" : path
}
