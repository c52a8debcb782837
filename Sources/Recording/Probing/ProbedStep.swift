import Autodiff
import NeuralNetworks
import RunFile

/// A step that is over.
public struct ProbedStep {
  /// Its number, from 0.
  public let number: Int
  /// Its loss.
  public let loss: Double
  /// The losses of its samples; empty where `Recorder.step` was given their mean.
  public let losses: [Double]
  let quiet: UnhookedModel
  /// What trains it.
  public let optimizers: [Optimizer]
  /// The layers of the step that the probe looks at, in forward order.
  public internal(set) var layers: [ProbedLayer]
  /// What the model was called with in the step's last pass, while a probe that needs inputs is at work; nil where that were
  /// several tensors, or several came out, or the model itself is not called.
  public let input: Tensor?
  /// What samples add to the gradient, while a probe that needs it is at work; nil where no layer has had a gradient, or the step
  /// was skipped.
  package internal(set) var samples: SampleGradients?
  /// Computes the step's loss again, with the parameters as they are now; nil where the training loop gives none. Running
  /// statistics and streams of random numbers are afterwards as they were.
  public let again: (() -> Tensor)?
  /// Tells the user something that nobody has been told before in the same first words.
  public let tell: (String) -> Void

  /// The model that is trained. When a probe has asked for it, or called `again`, none of the model's hooks run until all probes
  /// have looked at the step: what is computed is the model without them.
  public var model: Module { quiet.taken() }

  /// The model's output for an input like `input`: called as the training loop does, with a tensor or a list of one.
  public func output(for input: Tensor) -> Tensor { quiet.output(for: input) }
}

/// The end of a recording, at which probes note what they can tell only then.
public struct FinalReport {
  let quiet: UnhookedModel
  /// All layers, in forward order.
  public let layers: [ProbedLayer]
  let writer: RunWriter

  /// The model as it is at the end; without its hooks, as that of a `ProbedStep`.
  public var model: Module { quiet.taken() }

  /// The model's output for an input, called as the training loop does.
  public func output(for input: Tensor) -> Tensor { quiet.output(for: input) }

  /// Notes a number about a layer, or the whole model, at a step.
  public func note(_ name: String, _ value: Double, of layer: ProbedLayer?, step: Int) throws {
    try writer.measure(step: step, site: layer?.index, name: name, value: value)
  }
}
