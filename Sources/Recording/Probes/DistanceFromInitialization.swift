import Autodiff
import RunFile

/// How far a weight is from where it began: `distance_from_initialization`, ‖W − W₀‖₂.
///
/// W₀ is the weight at the first recorded step, before it; that of a layer which is first met later, after the step.
public struct DistanceFromInitialization: Probe {
  /// What is measured.
  public let about = ProbeDescription(
    name: MeasureName.distanceFromInitialization.rawValue, quantity: "‖W − W₀‖₂", unit: "the weight's",
    cost: "one pass over each weight, and a copy kept", source: "Nagarajan and Kolter 2019, arXiv:1901.01672")
  /// The parameters as they were before the first step.
  public var needs: ProbeNeeds { first.isEmpty ? .parametersBefore : [] }
  private var first: [Int: Tensor] = [:]

  /// A probe that has seen nothing yet.
  public init() {}

  /// Notes how far the weight has come.
  public mutating func observe(update: ParameterChange, of layer: ProbedLayer, into results: inout ProbeOutput) {
    guard update.name == layer.weightName else { return }
    if first[layer.index] == nil { first[layer.index] = update.before ?? update.parameter.value.detached() }
    guard let start = first[layer.index] else { return }
    results.record(.distanceFromInitialization, update.parameter.value.squaredDistance(to: start).squareRoot())
  }
}
