import Autodiff
import NeuralNetworks

/// What a recorder watches in its first recorded step alone: which modules are called, and which parameters gradients reach.
struct FirstStep {
  /// A parameter that is in no module of the model, and the operation that used it.
  typealias Stranger = (parameter: Parameter, operation: String?)

  /// The modules that were called with and without gradients.
  private(set) var onTape: Set<ObjectIdentifier> = [], offTape: Set<ObjectIdentifier> = []
  private(set) var strangers: [Stranger] = []
  /// The thread's backward passes before the step.
  private let backwardPassesBefore = backwardPassCount

  @inline(__always)
  mutating func see(call module: Module, onTape isOnTape: Bool) {
    if isOnTape { onTape.insert(ObjectIdentifier(module)) } else { offTape.insert(ObjectIdentifier(module)) }
  }

  mutating func see(_ stranger: Parameter, usedBy operation: String?) {
    if !strangers.contains(where: { $0.parameter === stranger }) { strangers.append((stranger, operation)) }
  }

  func wasCalledOnTape(_ module: Module) -> Bool { onTape.contains(ObjectIdentifier(module)) }

  func wasCalledOffTape(_ module: Module) -> Bool { offTape.contains(ObjectIdentifier(module)) }

  /// Whether a gradient has reached the parameter in this step.
  func gradientReached(_ parameter: Parameter) -> Bool { parameter.lastBackwardPass > backwardPassesBefore }

  /// Whether modules inside the module were called, but not the module itself, which computes something of its own with them. The output
  /// of a `Sequential` is that of its last child.
  func sawOnlyParts(of module: Module) -> Bool {
    !(module is Sequential) && !wasCalledOnTape(module) && !wasCalledOffTape(module)
      && module.modules.dropFirst().contains { wasCalledOnTape($0.module) }
  }
}
