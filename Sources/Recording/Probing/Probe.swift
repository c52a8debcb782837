import Autodiff
import NeuralNetworks
import RunFile

/// Something that is measured while a net trains.
///
/// A recorder lets a probe observe each layer's output and the gradient with respect to it, what the optimizer does to each
/// parameter, and each step when it is over. The probe computes what it needs and records numbers. They are written to the run file's table
/// `measure` under the names that the probe gives them, or fill columns of the table `layer`. What a probe keeps from step to step are
/// its own properties: a recorder works with a copy.
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
/// What a probe computes is on the tape in `stepDidEnd` alone, so that it can differentiate there. A probe must not change what it is
/// given. In a step of several passes, or of a module with several outputs, it observes each: what it records is the last,
/// what it accumulates covers all.
public protocol Probe {
  /// What is measured, for people.
  var about: ProbeDescription { get }

  /// What the recorder prepares for this probe because it costs something; nothing by default.
  var needs: ProbeNeeds { get }

  /// Called after each call of a module whose output is on the tape, with the output, of any shape.
  mutating func observe(output: Tensor, of layer: ProbedLayer, into results: inout ProbeOutput)

  /// Called in the backward pass with dL/d(output) of each such call, of the output's shape.
  mutating func observe(gradient: Tensor, of layer: ProbedLayer, into results: inout ProbeOutput)

  /// Called after the optimizer has changed a parameter of a layer.
  mutating func observe(update: ParameterChange, of layer: ProbedLayer, into results: inout ProbeOutput)

  /// Called when a step is over; `results` are the whole model's, and `step.record(_:_:of:)` records numbers of a layer. What is
  /// computed here is on the tape, and runs none of the model's hooks.
  mutating func stepDidEnd(_ step: ProbedStep, into results: inout ProbeOutput) throws

  /// Called once when the recording ends, to record what only the end can tell, at past steps.
  mutating func finish(_ report: FinalReport) throws
}

extension Probe {
  /// Nothing.
  public var needs: ProbeNeeds { [] }
  /// Does nothing.
  public mutating func observe(output: Tensor, of layer: ProbedLayer, into results: inout ProbeOutput) {}
  /// Does nothing.
  public mutating func observe(gradient: Tensor, of layer: ProbedLayer, into results: inout ProbeOutput) {}
  /// Does nothing.
  public mutating func observe(update: ParameterChange, of layer: ProbedLayer, into results: inout ProbeOutput) {}
  /// Does nothing.
  public mutating func stepDidEnd(_ step: ProbedStep, into results: inout ProbeOutput) throws {}
  /// Does nothing.
  public mutating func finish(_ report: FinalReport) throws {}
}

/// What a probe measures, in words.
public struct ProbeDescription: Sendable {
  /// The name of the probe; of its measure, where it has one.
  public let name: String
  /// What is measured, as a formula where there is one.
  public let quantity: String
  /// The unit of the numbers; "1" for pure numbers.
  public let unit: String
  /// What it costs.
  public let cost: String
  /// Where the idea comes from.
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

/// What a recorder prepares only for probes that ask for it.
public struct ProbeNeeds: OptionSet, Sendable {
  /// The needs as bits.
  public let rawValue: Int
  /// The needs that the bits stand for.
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// The input of each layer's call, kept until the step is over.
  public static let inputs = ProbeNeeds(rawValue: 1)
  /// Each parameter as it was before the optimizer's step, which then works on a copy.
  public static let parametersBefore = ProbeNeeds(rawValue: 2)
  /// What each sample adds to the gradient, computed from the input, the output's gradient and the parameters' gradients of each layer
  /// with parameters, which are kept until the step is over.
  package static let samples = ProbeNeeds(rawValue: 8)
  /// A closure that computes the loss of the step again, given as `again` to `Recorder.step`.
  public static let lossAgain = ProbeNeeds(rawValue: 4)
}

/// What an optimizer's step did to one parameter.
public struct ParameterChange {
  /// The parameter's name in its layer, such as `weight`.
  public let name: String
  /// The parameter, changed.
  public let parameter: Parameter
  /// dL/d(parameter), by which it was changed; of the parameter's shape.
  public let gradient: Tensor
  /// Its value before the step, of the parameter's shape; nil unless a probe has asked for `.parametersBefore`.
  public let before: Tensor?
  /// The `id` of its row in the run file.
  let id: Int
  let norms: StepNorms
}
