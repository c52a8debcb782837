import Autodiff
import NeuralNetworks
import RunFile

/// The cosine between a weight's gradients at successive recorded steps: `gradient_cosine`. Near −1 the weight oscillates, near 1 it moves
/// in one direction.
public struct GradientCosine: Probe {
  /// The description of the measure.
  public let about = ProbeDescription(
    name: MeasureName.gradientCosine.rawValue, quantity: "g·g′ / (‖g‖ ‖g′‖) of successive dL/dW", unit: "1",
    cost: "one pass over two gradients, and a gradient kept", source: "Balles and Hennig 2018, arXiv:1705.07774")
  private var last: [Int: Tensor] = [:]

  /// A probe without settings.
  public init() {}

  /// Records the cosine to the last gradient, if neither is 0.
  public mutating func observe(update: ParameterChange, of layer: ProbedLayer, into results: inout ProbeOutput) {
    guard update.name == layer.weightName else { return }
    if let before = last.updateValue(update.gradient, forKey: layer.index),
      let cosine = cosine(before, update.gradient)
    {
      results.record(.gradientCosine, cosine)
    }
  }

  /// Adds the last gradients.
  public func save(to state: inout SavedState, _ layers: [ProbedLayer]) { state.add(last) }

  /// Takes over what `save` added. Throws a `SavedStateError` if a tensor has not the shape of its weight.
  public mutating func restore(from state: SavedState, _ layers: [ProbedLayer]) throws {
    last = try state.weights(of: layers)
  }
}
