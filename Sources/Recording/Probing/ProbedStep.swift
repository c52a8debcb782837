import Autodiff
import NeuralNetworks
import RunFile

/// A step that is over, as a probe observes it.
public struct ProbedStep {
  /// Its number, from 0.
  public let number: Int
  /// Its loss.
  public let loss: Double
  /// The losses of its samples; empty where `Recorder.step` was given their mean.
  public let losses: [Double]
  let unhooked: UnhookedModel
  /// The optimizers that train the model.
  public let optimizers: [Optimizer]
  /// The layers of the step that the probe observes, in the order of their calls.
  public internal(set) var layers: [ProbedLayer]
  /// What the model was called with in the step's last pass, while a probe that needs inputs is active; nil where it was
  /// several tensors, or several came out, or the model itself is not called.
  public let input: Tensor?
  /// What samples add to the gradient, while a probe that needs it is active; nil where no layer has had a gradient, or the step
  /// was skipped.
  package internal(set) var samples: SampleGradients?
  /// Computes the step's loss again, a scalar, with the parameters as they are now; nil where the training loop gives no closure.
  /// Running statistics and random streams are restored afterwards.
  public let again: (() -> Tensor)?
  /// Prints a warning, once per first words.
  public let warn: (String) -> Void

  /// The model that is trained. From when a probe asks for it, or calls `again`, until all probes have observed the step, none of the
  /// model's hooks run: what is computed is the model without them.
  public var model: Module { unhooked.withoutHooks() }

  /// The model's output for an input shaped like `input`: called as the training loop does, with a tensor or a list of one.
  public func output(for input: Tensor) -> Tensor { unhooked.output(for: input) }

  /// Records a number of a layer under a name, and replaces one recorded earlier in the step.
  public func record(_ name: MeasureName, _ value: Double, of layer: ProbedLayer) { layer.output.record(name, value) }
}

/// The end of a recording, at which probes record what only the end can tell.
public struct FinalReport {
  let unhooked: UnhookedModel
  /// All layers, in the order of their first calls.
  public let layers: [ProbedLayer]
  let writer: RunWriter

  /// The model as it is at the end; without its hooks, as that of a `ProbedStep`.
  public var model: Module { unhooked.withoutHooks() }

  /// The model's output for an input of the model's input shape, called as the training loop does.
  public func output(for input: Tensor) -> Tensor { unhooked.output(for: input) }

  /// Records a number of a layer, or of the whole model where it is nil, at a step. Throws a `RunFileError` if writing has failed.
  public func record(_ name: MeasureName, _ value: Double, of layer: ProbedLayer?, step: Int) throws {
    try writer.measure(step: step, site: layer?.index, name: name, value: value)
  }
}
