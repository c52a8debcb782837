import Autodiff
import NeuralNetworks
import RunFile

/// The norms of each weight, of its gradient and of its update: the table `weight`.
///
/// There is a row for each parameter of two or more dimensions. The update ΔW is the change that the optimizer made, with momentum and
/// weight decay. The update-to-weight ratio ‖ΔW‖₂ / ‖W‖₂, with W before the step, is `update_norm / norm` of a row:
/// `run.weights([.updateNorm, .norm])` reads both.
public struct WeightStatistics: Probe {
  /// The description of the measure.
  public let about = ProbeDescription(
    name: "weight statistics",
    quantity: "‖W‖₂ before the step, ‖dL/dW‖₂, max |dL/dW| and ‖ΔW‖₂ of each parameter of two or more dimensions",
    unit: "the weight's", cost: "sums in the pass that updates the weight", source: "Karpathy 2015; Cockpit 2021")

  /// A probe without settings.
  public init() {}

  /// Records the norms, from sums that the optimizer computed.
  public func observe(update: ParameterChange, of layer: ProbedLayer, into results: inout ProbeOutput) {
    guard update.parameter.shape.count > 1 else { return }
    results.record(Self.row(update, step: results.step))
  }

  /// The row of a parameter.
  static func row(_ update: ParameterChange, step: Int) -> WeightRow {
    WeightRow(
      step: step, parameter: update.id, norm: update.norms.weight.squareRoot(),
      gradientNorm: update.norms.gradient.squareRoot(), gradientMax: Double(update.norms.largestGradient),
      updateNorm: update.norms.update.squareRoot())
  }
}
