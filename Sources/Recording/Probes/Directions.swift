import Autodiff
import CKernels

/// The cosine between a weight's gradient at this recorded step and at the one before: `gradient_cosine`. About −1 it swings
/// from side to side of a valley, about 1 it goes straight on.
public struct GradientCosine: Probe {
  /// What is measured.
  public let about = ProbeDescription(
    name: "gradient_cosine", quantity: "g·g′ / (‖g‖ ‖g′‖) of successive dL/dW", unit: "1",
    cost: "one pass over two gradients, and a gradient kept", source: "Balles and Hennig 2018, arXiv:1705.07774")
  private var last: [Int: Tensor] = [:]

  /// A probe that has seen nothing yet.
  public init() {}

  /// Notes the cosine to the gradient before.
  public mutating func look(at update: ParameterChange, of layer: ProbedLayer, _ findings: inout Findings) {
    guard update.name == layer.weightName else { return }
    if let before = last.updateValue(update.gradient, forKey: layer.index) {
      findings.note(about.name, cosine(before, update.gradient))
    }
  }
}

/// The cosine between a weight's update in this recorded step and in the one before: `update_cosine`.
public struct UpdateCosine: Probe {
  /// What is measured.
  public let about = ProbeDescription(
    name: "update_cosine", quantity: "Δ·Δ′ / (‖Δ‖ ‖Δ′‖) of successive changes ΔW", unit: "1",
    cost: "three passes over each weight, and two copies kept", source: "Xing et al. 2018, arXiv:1802.08770")
  /// The parameters as they were before the step.
  public let needs: ProbeNeeds = .parametersBefore
  private var last: [Int: Tensor] = [:]

  /// A probe that has seen nothing yet.
  public init() {}

  /// Notes the cosine to the update before.
  public mutating func look(at update: ParameterChange, of layer: ProbedLayer, _ findings: inout Findings) {
    guard update.name == layer.weightName, let value = update.before else { return }
    let change = update.parameter.value.detached() - value
    if let before = last.updateValue(change, forKey: layer.index) { findings.note(about.name, cosine(before, change)) }
  }
}

/// How far a weight is from where it began: `distance_from_initialization`, ‖W − W₀‖₂.
///
/// W₀ is the weight at the first recorded step, before it; that of a layer which is first met later, after the step.
public struct DistanceFromInitialization: Probe {
  /// What is measured.
  public let about = ProbeDescription(
    name: "distance_from_initialization", quantity: "‖W − W₀‖₂", unit: "the weight's",
    cost: "one pass over each weight, and a copy kept", source: "Nagarajan and Kolter 2019, arXiv:1901.01672")
  /// The parameters as they were before the first step.
  public var needs: ProbeNeeds { first.isEmpty ? .parametersBefore : [] }
  private var first: [Int: Tensor] = [:]

  /// A probe that has seen nothing yet.
  public init() {}

  /// Notes how far the weight has come.
  public mutating func look(at update: ParameterChange, of layer: ProbedLayer, _ findings: inout Findings) {
    guard update.name == layer.weightName else { return }
    if first[layer.index] == nil { first[layer.index] = update.before ?? update.parameter.value.detached() }
    guard let start = first[layer.index] else { return }
    let now = update.parameter.value
    let square = start.withValues { start in
      now.withValues { squared_distance($0.baseAddress!, start.baseAddress!, $0.count) }
    }
    findings.note(about.name, square.squareRoot())
  }
}

/// a·b / (‖a‖ ‖b‖), NaN where one is 0.
private func cosine(_ a: Tensor, _ b: Tensor) -> Double {
  let sums = products(a, b)
  return sums.product_sum / (sums.first_square_sum * sums.second_square_sum).squareRoot()
}
