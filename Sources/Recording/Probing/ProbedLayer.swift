import Autodiff
import NeuralNetworks

/// One call of a module, as probes observe it: a site of the run file.
public final class ProbedLayer {
  /// The `id` of the site: from 0, in the order of first calls.
  public let index: Int
  /// The path in the model, with the index of the call in brackets from the second call on.
  public let path: String
  /// The module.
  public let module: Module
  /// The number of earlier calls of the module in the pass.
  let callIndex: Int
  /// The shape of its first output.
  public let shape: Shape
  /// The input of the last call, of any shape; nil unless an active probe needs `.inputs`.
  @exclusivity(unchecked) public internal(set) var input: Tensor?
  /// dL/d(output) of the last call and the gradients of the module's own parameters; nil unless an active probe needs `.samples`.
  @exclusivity(unchecked) var gradient: Tensor?
  @exclusivity(unchecked) var weightGradient: Tensor?
  @exclusivity(unchecked) var biasGradient: Tensor?
  /// The squared norms of the parameters' gradients.
  @exclusivity(unchecked) var gradientSquares = (weight: 0.0, bias: 0.0)
  /// Whether the optimizer left one of the parameters unchanged.
  @exclusivity(unchecked) var isFrozen = false
  /// The nodes of its tensors, where it is the site of `Recorder.observe`.
  @exclusivity(unchecked) var awaited: [AwaitedGradient] = []
  /// The number of passes in this step.
  @exclusivity(unchecked) var passes = 0
  /// The range of outputs where the layer's nonlinearity is not saturated; nil if it does not saturate.
  let saturationLimits: ClosedRange<Float>?
  /// Whether the module holds parameters itself.
  let hasParameters: Bool
  /// The name of the parameter that probes of weights measure: `weight`, or the only parameter of two or more dimensions; nil if there is
  /// neither.
  public let weightName: String?
  /// The indices of the recorder's probes that observe it.
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

  /// Begins a step at the layer's first call in it.
  func begin(_ step: Int) {
    guard lastStep != step else { return }
    lastStep = step
    output.begin(step)
    passes = 0
  }

  /// Clears the tensors that were kept for the step.
  func clear() {
    input = nil
    gradient = nil
    weightGradient = nil
    biasGradient = nil
    gradientSquares = (0, 0)
    isFrozen = false
  }

  /// The parameter with this name that the module holds itself; nil if there is none.
  public func parameter(_ name: String) -> Parameter? {
    module.ownParameters.first { $0.name == name }?.parameter
  }
}
