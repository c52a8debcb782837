import Autodiff
import NeuralNetworks

/// Something that is measured while a net trains.
///
/// A recorder shows a probe each layer's output and the gradient with respect to it, what the optimizer does to each
/// parameter, and each step when it is over; a probe takes from these what it needs, and hands numbers to `findings`. They land
/// in the run file's table `measure`, under the names the probe gives them. What it keeps from step to step are its own
/// properties: a recorder works with a copy.
///
///     struct Kurtosis: Probe {
///       let about = ProbeDescription(
///         name: "activation_kurtosis", quantity: "mean(y⁴) / mean(y²)²", unit: "1", cost: "one pass over each output",
///         source: "Pearson 1905")
///
///       mutating func look(atOutput y: Tensor, of layer: ProbedLayer, _ findings: inout Findings) {
///         let square = y.squared()
///         let kurtosis = (square.squared().mean() / square.mean().squared()).value
///         findings.pool(about.name, Double(kurtosis), weight: Double(y.elementCount))
///       }
///     }
///
/// What a probe computes is on the tape only where it looks at a step, so that it can differentiate there. A probe must not change
/// what it is shown. In a step of several passes, or of a module with several outputs, it is shown each: what it `note`s of a layer
/// tells of the last, what it `pool`s of all.
public protocol Probe {
  /// What is measured, for people.
  var about: ProbeDescription { get }

  /// What the recorder prepares for this probe, since it costs something; nothing by default.
  var needs: ProbeNeeds { get }

  /// Called after each call of a module, where gradients will flow.
  mutating func look(atOutput output: Tensor, of layer: ProbedLayer, _ findings: inout Findings)

  /// Called with dL/d(output) of each such call, in the backward pass.
  mutating func look(atGradient gradient: Tensor, of layer: ProbedLayer, _ findings: inout Findings)

  /// Called after the optimizer has changed a parameter of a layer.
  mutating func look(at update: ParameterChange, of layer: ProbedLayer, _ findings: inout Findings)

  /// Called when a step is over; `findings` are the whole model's. What is computed here is on the tape, and runs none of the
  /// model's hooks.
  mutating func look(at step: ProbedStep, _ findings: inout Findings) throws

  /// Called once at the end, to note what only the end can tell, at steps that are past.
  mutating func finish(_ report: FinalReport) throws
}

extension Probe {
  /// Nothing.
  public var needs: ProbeNeeds { [] }
  /// Takes no notice.
  public mutating func look(atOutput output: Tensor, of layer: ProbedLayer, _ findings: inout Findings) {}
  /// Takes no notice.
  public mutating func look(atGradient gradient: Tensor, of layer: ProbedLayer, _ findings: inout Findings) {}
  /// Takes no notice.
  public mutating func look(at update: ParameterChange, of layer: ProbedLayer, _ findings: inout Findings) {}
  /// Takes no notice.
  public mutating func look(at step: ProbedStep, _ findings: inout Findings) throws {}
  /// Adds nothing.
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

  /// A description made of its parts.
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
  /// The needs that bits stand for.
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// The input of each layer's call, kept until the step is over.
  public static let inputs = ProbeNeeds(rawValue: 1)
  /// Each parameter as it was before the optimizer's step, which then works on a copy.
  public static let parametersBefore = ProbeNeeds(rawValue: 2)
  /// What samples add to the gradient, told from the input, the output's gradient and the parameters' gradients of each layer
  /// with parameters, which are kept until the step is over.
  package static let samples = ProbeNeeds(rawValue: 8)
  /// A way to compute the loss of the step again, given as `again` to `Recorder.step`.
  public static let lossAgain = ProbeNeeds(rawValue: 4)
}

/// What an optimizer's step did to one parameter.
public struct ParameterChange {
  /// The parameter's name in its layer, such as `weight`.
  public let name: String
  /// The parameter, changed.
  public let parameter: Parameter
  /// dL/d(parameter), by which it was changed.
  public let gradient: Tensor
  /// Its value before the step; nil unless a probe has asked for `.parametersBefore`.
  public let before: Tensor?
  let norms: StepNorms
}
