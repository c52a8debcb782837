import Autodiff
import RunFile

/// The cosine between a weight's gradient at this recorded step and at the one before: `gradient_cosine`. About −1 it swings
/// from side to side of a valley, about 1 it goes straight on.
public struct GradientCosine: Probe {
  /// What is measured.
  public let about = ProbeDescription(
    name: MeasureName.gradientCosine.rawValue, quantity: "g·g′ / (‖g‖ ‖g′‖) of successive dL/dW", unit: "1",
    cost: "one pass over two gradients, and a gradient kept", source: "Balles and Hennig 2018, arXiv:1705.07774")
  private var last: [Int: Tensor] = [:]

  /// A probe that has seen nothing yet.
  public init() {}

  /// Notes the cosine to the gradient before.
  public mutating func observe(update: ParameterChange, of layer: ProbedLayer, into results: inout ProbeOutput) {
    guard update.name == layer.weightName else { return }
    if let before = last.updateValue(update.gradient, forKey: layer.index) {
      results.record(.gradientCosine, cosine(before, update.gradient))
    }
  }
}
