import Autodiff
import NeuralNetworks
import RunFile

/// The distance of a weight from its initial value: `distance_from_initialization`, ‖W − W₀‖₂.
///
/// W₀ is the weight before the first recorded step. For a layer that is first called later, it is the weight after its first step.
public struct DistanceFromInitialization: Probe {
  /// The description of the measure.
  public let about = ProbeDescription(
    name: MeasureName.distanceFromInitialization.rawValue, quantity: "‖W − W₀‖₂", unit: "the weight's",
    cost: "one pass over each weight, and a copy kept", source: "Nagarajan and Kolter 2019, arXiv:1901.01672")
  /// Parameters before the first recorded step.
  public var needs: ProbeNeeds { first.isEmpty ? .parametersBefore : [] }
  private var first: [Int: Tensor] = [:]

  /// A probe without settings.
  public init() {}

  /// Records the distance.
  public mutating func observe(update: ParameterChange, of layer: ProbedLayer, into results: inout ProbeOutput) {
    guard update.name == layer.weightName else { return }
    if first[layer.index] == nil { first[layer.index] = update.before ?? update.parameter.value.detached() }
    guard let start = first[layer.index] else { return }
    results.record(.distanceFromInitialization, update.parameter.value.squaredDistance(to: start).squareRoot())
  }

  /// Adds the first weights.
  public func save(to state: inout SavedState, _ layers: [ProbedLayer]) { state.add(first) }

  /// Takes over what `save` added. Throws a `SavedStateError` if a tensor has not the shape of its weight.
  public mutating func restore(from state: SavedState, _ layers: [ProbedLayer]) throws {
    first = try state.weights(of: layers)
  }
}
