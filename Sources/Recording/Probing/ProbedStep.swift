import Autodiff
import NeuralNetworks
import RunFile

/// A completed training step, as a probe observes it.
public struct ProbedStep {
  /// The number of the step, from 0.
  public let number: Int
  /// The mean loss.
  public let loss: Double
  /// The losses of the samples; empty if `Recorder.step` was given their mean.
  public let losses: [Double]
  let unhooked: UnhookedModel
  /// The optimizers that train the model.
  public let optimizers: [Optimizer]
  /// The layers that were called in this step and that the probe observes, in the order of their first calls.
  public internal(set) var layers: [ProbedLayer]
  /// The model's input in the last pass of the step, [samples, …]; nil if it had several inputs or outputs, if the model itself was not
  /// called, or unless an active probe needs `.inputs`.
  public let input: Tensor?
  /// Per-sample gradients; nil if no layer has a gradient, if the step was skipped, or unless an active probe needs `.samples`.
  package internal(set) var samples: SampleGradients?
  /// Computes the loss of the step's batch again, a scalar [], with the parameters after the step; nil if `Recorder.step` was given no
  /// `again`. Running statistics and random streams are restored afterwards.
  public let again: (() -> Tensor)?
  /// Prints a warning, unless one with the same first 40 characters was printed.
  public let warn: (String) -> Void

  /// The model that is trained. From the first access, or call of `again`, until all probes have observed the step, the model's hooks
  /// don't run.
  public var model: Module { unhooked.withoutHooks() }

  /// The model's output, of any shape, for an input with the shape of `input`, but for the number of samples. Calls the model as the
  /// training loop does, with a tensor or a list of one.
  public func output(for input: Tensor) -> Tensor { unhooked.output(for: input) }

  /// Records a number of a layer under a name, and replaces one recorded earlier in the step.
  public func record(_ name: MeasureName, _ value: Double, of layer: ProbedLayer) { layer.output.record(name, value) }
}

/// The end of a recording, when probes record numbers that need the trained model.
public struct FinalReport {
  let unhooked: UnhookedModel
  /// All layers, in the order of their first calls.
  public let layers: [ProbedLayer]
  let writer: RunWriter

  /// The trained model; its hooks don't run, as in a `ProbedStep`.
  public var model: Module { unhooked.withoutHooks() }

  /// The model's output, of any shape, for an input with the shape of the training loop's, but for the number of samples.
  public func output(for input: Tensor) -> Tensor { unhooked.output(for: input) }

  /// Records a number of a layer, or of the whole model if `layer` is nil, at a step. Throws a `RunFileError` if writing has failed.
  public func record(_ name: MeasureName, _ value: Double, of layer: ProbedLayer?, step: Int) throws {
    try writer.measure(step: step, site: layer?.index, name: name, value: value)
  }
}
