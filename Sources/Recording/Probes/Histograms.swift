import Autodiff
import RunFile

/// How often values fall into each of the `HistogramBins`: histograms `activation`, `gradient`, `weight` and
/// `weight_gradient`, with zeros, NaN and infinities counted apart. Outputs and their gradients are those of all passes in the step.
public struct Histograms: Probe {
  /// What is measured.
  public let about = ProbeDescription(
    name: "histograms", quantity: "outputs, dL/d(output), W after the step and dL/dW by bins that are even in asinh",
    unit: "values", cost: "about 0.5 ns a value", source: "Glorot and Bengio 2010, in bins of equal width")

  /// A probe that has seen nothing yet.
  public init() {}

  /// Counts an output.
  public func observe(output: Tensor, of layer: ProbedLayer, into results: inout ProbeOutput) {
    results.accumulate("activation", histogram: counts(of: output))
  }

  /// Counts a gradient.
  public func observe(gradient: Tensor, of layer: ProbedLayer, into results: inout ProbeOutput) {
    results.accumulate("gradient", histogram: counts(of: gradient))
  }

  /// Counts a weight and its gradient.
  public func observe(update: ParameterChange, of layer: ProbedLayer, into results: inout ProbeOutput) {
    guard update.name == layer.weightName else { return }
    results.record("weight", histogram: counts(of: update.parameter.value))
    results.record("weight_gradient", histogram: counts(of: update.gradient))
  }
}

/// As `HistogramBins.counts`, fast.
func counts(of tensor: Tensor) -> [UInt32] { kernel.counts(of: tensor) }

private let kernel = HistogramKernel(edges: HistogramBins.edges)
