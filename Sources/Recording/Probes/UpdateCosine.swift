import Autodiff
import NeuralNetworks
import RunFile

/// The cosine between a weight's updates in successive recorded steps: `update_cosine`.
public struct UpdateCosine: Probe {
  /// The description of the measure.
  public let about = ProbeDescription(
    name: MeasureName.updateCosine.rawValue, quantity: "Δ·Δ′ / (‖Δ‖ ‖Δ′‖) of successive changes ΔW", unit: "1",
    cost: "three passes over each weight, and two copies kept", source: "Xing et al. 2018, arXiv:1802.08770")
  /// Parameters before the step.
  public let needs: ProbeNeeds = .parametersBefore
  private var last: [Int: Tensor] = [:]

  /// A probe without settings.
  public init() {}

  /// Records the cosine to the last update, if neither is 0.
  public mutating func observe(update: ParameterChange, of layer: ProbedLayer, into results: inout ProbeOutput) {
    guard update.name == layer.weightName, let value = update.before else { return }
    let change = update.parameter.value.detached() - value
    if let before = last.updateValue(change, forKey: layer.index), let cosine = cosine(before, change) {
      results.record(.updateCosine, cosine)
    }
  }

  /// Adds the last updates.
  public func save(to state: inout SavedState, _ layers: [ProbedLayer]) { state.add(last) }

  /// Takes over what `save` added. Throws a `SavedStateError` if a tensor has not the shape of its weight.
  public mutating func restore(from state: SavedState, _ layers: [ProbedLayer]) throws {
    last = try state.weights(of: layers)
  }
}
