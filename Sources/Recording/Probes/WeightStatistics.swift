import RunFile

/// How large a layer's weight, its gradient and its update are: columns `weight_norm`, `weight_gradient_norm`,
/// `weight_gradient_max` and `update_norm`.
///
/// The update is the change really made, momentum and decay included. So the update-to-weight ratio, ‖ΔW‖₂ / ‖W‖₂ with W before the
/// step, is `update_norm / weight_norm` of a row, which is why it is no column of its own: `run.layers([.updateNorm, .weightNorm])`
/// has both, and `Chart.updateRatios` draws it.
public struct WeightStatistics: Probe {
  /// What is measured.
  public let about = ProbeDescription(
    name: "weight statistics",
    quantity:
      "‖W‖₂ before the step, ‖dL/dW‖₂, max |dL/dW| and ‖ΔW‖₂ of the parameter `weight`, or the layer's only matrix",
    unit: "the weight's", cost: "sums in the pass that updates the weight", source: "Karpathy 2015; Cockpit 2021")

  /// A probe that has seen nothing yet.
  public init() {}

  /// Fills the columns from the sums that the optimizer took.
  public func look(at update: ParameterChange, of layer: ProbedLayer, _ findings: inout Findings) {
    guard update.name == layer.weightName else { return }
    findings.row[.weightNorm] = update.norms.weight.squareRoot()
    findings.row[.weightGradientNorm] = update.norms.gradient.squareRoot()
    findings.row[.weightGradientMax] = Double(update.norms.largestGradient)
    findings.row[.updateNorm] = update.norms.update.squareRoot()
  }
}
