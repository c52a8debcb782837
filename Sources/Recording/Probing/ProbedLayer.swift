import Autodiff
import NeuralNetworks

/// A call of a module as probes observe it: a row of the run file's table `site`.
public final class ProbedLayer {
  /// The number of its row, from 0, in the order of first calls.
  public let index: Int
  /// The path in the model, with the index of the call in brackets from the second on.
  public let path: String
  /// The module that is called.
  public let module: Module
  /// How often the module had been called before in the pass.
  let callIndex: Int
  /// Its output's shape at its first call.
  public let shape: Shape
  /// The input of the last call, while a probe that needs inputs is active.
  @exclusivity(unchecked) public internal(set) var input: Tensor?
  /// dL/d(output) of the last call, and the gradients of the module's own parameters, while a probe of samples is active.
  @exclusivity(unchecked) var gradient: Tensor?
  @exclusivity(unchecked) var weightGradient: Tensor?
  @exclusivity(unchecked) var biasGradient: Tensor?
  /// Their squared norms.
  @exclusivity(unchecked) var gradientSquares = (weight: 0.0, bias: 0.0)
  /// Whether the optimizer has left one of them unchanged.
  @exclusivity(unchecked) var isFrozen = false
  /// The nodes of its observed tensors.
  @exclusivity(unchecked) var awaited: [AwaitedGradient] = []
  /// How many passes the step has had.
  @exclusivity(unchecked) var passes = 0
  /// The outputs between which the layer's nonlinearity is not flat; nil where it has no flat part.
  let saturationLimits: ClosedRange<Float>?
  /// Whether the module holds parameters itself.
  let hasParameters: Bool
  /// The name of the parameter that measures of weights are about: `weight`, or the only matrix; nil where there is neither.
  public let weightName: String?
  /// The positions of the recorder's probes that observe it.
  @exclusivity(unchecked) var probes: [Int]
  /// The step of its last output.
  @exclusivity(unchecked) var lastStep = -1
  @exclusivity(unchecked) var output: ProbeOutput

  init(index: Int, path: String, module: Module, callIndex: Int, shape: Shape, probes: [Int]) {
    self.index = index
    self.path = path
    self.module = module
    self.callIndex = callIndex
    self.shape = shape
    self.probes = probes
    let own = module.ownParameters, matrices = own.filter { $0.parameter.shape.count > 1 }
    hasParameters = !own.isEmpty
    weightName = own.contains { $0.name == "weight" } ? "weight" : matrices.count == 1 ? matrices[0].name : nil
    saturationLimits = (module as? any Saturating)?.saturationLimits
    output = ProbeOutput(site: index)
  }

  /// Begins a step, unless the layer has been called in it before.
  func begin(_ step: Int) {
    guard lastStep != step else { return }
    lastStep = step
    output.begin(step)
    passes = 0
  }

  /// Forgets what was kept for the step that is over.
  func clear() {
    input = nil
    gradient = nil
    weightGradient = nil
    biasGradient = nil
    gradientSquares = (0, 0)
    isFrozen = false
  }

  /// The parameter of the given name that the module holds itself; nil if there is none.
  public func parameter(_ name: String) -> Parameter? {
    module.ownParameters.first { $0.name == name }?.parameter
  }
}
