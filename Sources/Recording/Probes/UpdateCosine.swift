import Autodiff
import RunFile

/// The cosine between a weight's update in this recorded step and in the one before: `update_cosine`.
public struct UpdateCosine: Probe {
  /// What is measured.
  public let about = ProbeDescription(
    name: MeasureName.updateCosine.rawValue, quantity: "Δ·Δ′ / (‖Δ‖ ‖Δ′‖) of successive changes ΔW", unit: "1",
    cost: "three passes over each weight, and two copies kept", source: "Xing et al. 2018, arXiv:1802.08770")
  /// The parameters as they were before the step.
  public let needs: ProbeNeeds = .parametersBefore
  private var last: [Int: Tensor] = [:]

  /// A probe that has seen nothing yet.
  public init() {}

  /// Notes the cosine to the update before.
  public mutating func observe(update: ParameterChange, of layer: ProbedLayer, into results: inout ProbeOutput) {
    guard update.name == layer.weightName, let value = update.before else { return }
    let change = update.parameter.value.detached() - value
    if let before = last.updateValue(change, forKey: layer.index) { results.record(.updateCosine, cosine(before, change)) }
  }
}
