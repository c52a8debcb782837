import Autodiff
import NeuralNetworks
import RunFile

/// Histograms `activation`, `gradient`, `weight` and `weight_gradient` with `HistogramBins`, which count zeros, NaN and infinities
/// separately. Those of outputs and their gradients cover all passes of the step.
public struct Histograms: Probe {
  /// The description of the measure.
  public let about = ProbeDescription(
    name: "histograms", quantity: "outputs, dL/d(output), W after the step and dL/dW in bins of equal width in asinh",
    unit: "values", cost: "about 0.5 ns per value", source: "Glorot and Bengio 2010, in bins of equal width")

  /// A probe without settings.
  public init() {}

  /// Adds an output of any shape.
  public func observe(output: Tensor, of layer: ProbedLayer, into results: inout ProbeOutput) {
    results.accumulate("activation", histogram: counts(of: output))
  }

  /// Adds a gradient of any shape.
  public func observe(gradient: Tensor, of layer: ProbedLayer, into results: inout ProbeOutput) {
    results.accumulate("gradient", histogram: counts(of: gradient))
  }

  /// Records a weight and its gradient.
  public func observe(update: ParameterChange, of layer: ProbedLayer, into results: inout ProbeOutput) {
    guard update.name == layer.weightName else { return }
    results.record("weight", histogram: counts(of: update.parameter.value))
    results.record("weight_gradient", histogram: counts(of: update.gradient))
  }
}

/// The same counts as `HistogramBins.counts`, by a fast kernel.
func counts(of tensor: Tensor) -> [UInt32] { kernel.counts(of: tensor) }

private let kernel = HistogramKernel(edges: HistogramBins.edges)
