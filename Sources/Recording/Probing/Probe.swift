import Autodiff
import NeuralNetworks
import RunFile

/// Measures something while a net trains.
///
/// A recorder calls a probe with each layer's output, with the gradient with respect to it, with each parameter's update, and at the end
/// of each step. The probe records numbers, which are rows of the run file's table `measure` under names of the probe's choice, or fills
/// columns of the table `layer`. A probe keeps its state in its own properties; a recorder uses a copy of the probe.
///
/// A probe that records a mean over all passes of a step:
///
///     struct Kurtosis: Probe {
///       let about = ProbeDescription(
///         name: "activation_kurtosis", quantity: "mean(y⁴) / mean(y²)²", unit: "1", cost: "one pass over each output",
///         source: "Pearson 1905")
///
///       mutating func observe(output y: Tensor, of layer: ProbedLayer, into results: inout ProbeOutput) {
///         let square = y.squared()
///         let kurtosis = (square.squared().mean() / square.mean().squared()).value
///         results.accumulate("activation_kurtosis", Double(kurtosis), weight: Double(y.elementCount))
///       }
///     }
///
/// A probe that records a number per layer at the end of a step, here the mean of its bias:
///
///     struct BiasMean: Probe {
///       let about = ProbeDescription(
///         name: "bias_mean", quantity: "mean(b)", unit: "1", cost: "one pass over each bias", source: "my own")
///
///       mutating func stepDidEnd(_ step: ProbedStep, into results: inout ProbeOutput) throws {
///         for layer in step.layers {
///           guard let bias = layer.parameter("bias") else { continue }
///           step.record("bias_mean", Double(bias.value.mean().value), of: layer)
///         }
///       }
///     }
///
/// `results` are the numbers of one layer at this step; in `stepDidEnd` they are those of the whole model, and `step.record(…, of: layer)`
/// adds to a layer's.
///
/// A probe that fills a column of the table `layer`, which charts and rules read:
///
///     struct LargestGradient: Probe {
///       let about = ProbeDescription(
///         name: "largest gradient", quantity: "max |g|", unit: "loss / output", cost: "one pass over each gradient", source: "my own")
///
///       mutating func observe(gradient g: Tensor, of layer: ProbedLayer, into results: inout ProbeOutput) {
///         let largest = Double(g.values.map(abs).max() ?? 0)
///         results[.gradientMax] = max(results[.gradientMax] ?? 0, largest)
///       }
///     }
///
/// In a step of several forward passes, and where one call of a module returns several tensors, `observe` is called several times:
/// `record` keeps the last value, `accumulate` the mean of all. Setting `results[column]` replaces what was set earlier in the step. Each
/// call of a recurrent module is a layer of its own.
///
/// Gradients are disabled in `observe`, as in `withoutGradients`. In `stepDidEnd` they are enabled, so that a probe can run a forward and
/// a backward pass of its own there. A probe must not change tensors that it is given.
public protocol Probe {
  /// The name, formula, unit, cost and source of the measure.
  var about: ProbeDescription { get }

  /// Data that the recorder keeps only if a probe needs it; nothing by default.
  var needs: ProbeNeeds { get }

  /// Called after each call of a module whose output is on the tape. `output` has any shape.
  mutating func observe(output: Tensor, of layer: ProbedLayer, into results: inout ProbeOutput)

  /// Called in the backward pass. `gradient` is dL/d(output) and has the shape of the output.
  mutating func observe(gradient: Tensor, of layer: ProbedLayer, into results: inout ProbeOutput)

  /// Called after the optimizer changed a parameter that the layer's module holds itself.
  mutating func observe(update: ParameterChange, of layer: ProbedLayer, into results: inout ProbeOutput)

  /// Called at the end of each step. `results` record numbers of the whole model, `step.record(_:_:of:)` numbers of a layer. Operations
  /// are on the tape, and calls of the model run none of its hooks. Throws any error of the probe, which `Recorder.step` rethrows.
  mutating func stepDidEnd(_ step: ProbedStep, into results: inout ProbeOutput) throws

  /// Called once at the end of the recording, to record numbers at past steps that need the trained model. Throws any error of the
  /// probe, which `Recorder.finish` rethrows.
  mutating func finish(_ report: FinalReport) throws

  /// Adds to `state` what the probe remembers between steps, for a checkpoint; nothing by default. `layers` are all sites so far.
  func save(to state: inout SavedState, _ layers: [ProbedLayer])

  /// Takes over what `save` added, in a recording that is resumed with the same probes. Throws any error of the probe, such as
  /// a `SavedStateError`, which `Recorder.init(resuming:)` shows.
  mutating func restore(from state: SavedState, _ layers: [ProbedLayer]) throws
}

extension Probe {
  /// No data.
  public var needs: ProbeNeeds { [] }
  /// Does nothing. `output` has any shape.
  public mutating func observe(output: Tensor, of layer: ProbedLayer, into results: inout ProbeOutput) {}
  /// Does nothing. `gradient` has the shape of the output.
  public mutating func observe(gradient: Tensor, of layer: ProbedLayer, into results: inout ProbeOutput) {}
  /// Does nothing.
  public mutating func observe(update: ParameterChange, of layer: ProbedLayer, into results: inout ProbeOutput) {}
  /// Does nothing. Throws never.
  public mutating func stepDidEnd(_ step: ProbedStep, into results: inout ProbeOutput) throws {}
  /// Does nothing. Throws never.
  public mutating func finish(_ report: FinalReport) throws {}
  /// Adds nothing.
  public func save(to state: inout SavedState, _ layers: [ProbedLayer]) {}
  /// Does nothing. Throws never.
  public mutating func restore(from state: SavedState, _ layers: [ProbedLayer]) throws {}
}

/// A description of what a probe measures.
public struct ProbeDescription: Sendable {
  /// The name of the probe, or of its measure if it has one. Of probes with the same name only the first runs at a layer.
  public let name: String
  /// What is measured, as a formula if there is one.
  public let quantity: String
  /// The unit of the numbers; "1" for pure numbers.
  public let unit: String
  /// The cost in time and memory.
  public let cost: String
  /// The publication that defines the measure.
  public let source: String

  /// A description; `unit` "1" stands for pure numbers.
  public init(name: String, quantity: String, unit: String, cost: String, source: String) {
    self.name = name
    self.quantity = quantity
    self.unit = unit
    self.cost = cost
    self.source = source
  }
}

/// Data that a recorder keeps only if a probe needs it.
public struct ProbeNeeds: OptionSet, Sendable {
  /// The needs as bits.
  public let rawValue: Int
  /// The needs with these bits.
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// `ProbedLayer.input` and `ProbedStep.input`, kept until the step ends.
  public static let inputs = ProbeNeeds(rawValue: 1)
  /// `ParameterChange.before`. The optimizer then changes a copy of each parameter, which takes as much memory again.
  public static let parametersBefore = ProbeNeeds(rawValue: 2)
  /// Per-sample gradients, computed from the input, the output's gradient and the parameters' gradients of each layer with parameters,
  /// which are kept until the step ends.
  package static let samples = ProbeNeeds(rawValue: 8)
  /// `ProbedStep.again`, the closure that `Recorder.step` was given. If it was given none, a warning is printed.
  public static let lossAgain = ProbeNeeds(rawValue: 4)
}

/// The change of one parameter in an optimizer's step.
public struct ParameterChange {
  /// The parameter's name in its layer, such as `weight`.
  public let name: String
  /// The parameter after the step.
  public let parameter: Parameter
  /// dL/d(parameter), after clipping; it has the parameter's shape.
  public let gradient: Tensor
  /// The value before the step, of the parameter's shape; nil unless a probe needs `.parametersBefore`.
  public let before: Tensor?
  /// The `id` of its row in the run file.
  let id: Int
  let norms: StepNorms
}
