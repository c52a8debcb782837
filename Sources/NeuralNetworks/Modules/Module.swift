import Autodiff
import CThreadState

/// The base class of layers and models: a module has parameters and child modules and computes outputs from inputs.
///
/// A subclass holds its children, parameters and buffers in properties and overrides `forward`. Call a module as `model(x)`, not
/// as `model.forward(x)`, since only the call runs hooks.
///
///     final class Bilinear: Module {
///       let left = Parameter([64, 32], initializer: .xavierNormal)
///       let right = Parameter([64, 32], initializer: .xavierNormal)
///       let bias = Parameter([64], initializer: .zeros)
///
///       override func forward(_ x: Tensor) -> Tensor {
///         linear(x, weight: left.value) * linear(x, weight: right.value) + bias.value
///       }
///     }
open class Module: CustomStringConvertible {
  let site: CallSite
  @exclusivity(unchecked) final var hooks: ModuleHooks?
  /// The number of recordings whose model this module is: where there are any, depths count from its inputs.
  @exclusivity(unchecked) package final var depthOrigins = 0
  fileprivate(set) lazy var reflection = ModuleReflection(of: self)

  /// Whether the module is in training mode, as it is at first. Dropout and batch normalization compute something else in
  /// evaluation mode. Set by `train()` and `evaluate()`.
  public private(set) final var isTraining = true

  /// A module without a path; the model that holds it assigns the path in `initialize(seed:)`.
  public init() {
    site = CallSite(path: "")
    site.path = kind
  }

  /// The output for one input, of any shape. Subclasses override it and document their shapes; callers write `module(x)`. Stops
  /// the program if a subclass does not override it.
  open func forward(_ x: Tensor) -> Tensor {
    stop(
      kind,
      "this module has no forward(_:) for one input; override it, or call the module with the inputs that it takes")
  }

  /// The output for two inputs, such as a recurrent cell's input and state. Tensors may have any shape; subclasses override it
  /// and document theirs. Stops the program if a subclass does not override it.
  open func forward(_ first: Tensor, _ second: Tensor) -> Tensor {
    stop(
      kind,
      "this module has no forward(_:_:) for two inputs; override it, or call the module with the inputs that it takes")
  }

  /// The output for three inputs, such as query, key and value. Tensors may have any shape; subclasses override it and document
  /// theirs. Stops the program if a subclass does not override it.
  open func forward(_ first: Tensor, _ second: Tensor, _ third: Tensor) -> Tensor {
    stop(
      kind,
      "this module has no forward(_:_:_:) for three inputs; override it, or call the module with the inputs that it takes"
    )
  }

  /// The outputs for a list of inputs, such as those of a net with two heads. Tensors may have any shape; subclasses override it
  /// and document theirs. Stops the program if a subclass does not override it.
  open func forward(_ inputs: [Tensor]) -> [Tensor] {
    stop(
      kind,
      "this module has no forward(_:) for a list of inputs; override it, or call the module with the inputs that it takes"
    )
  }

  /// The output for one input: calls input hooks, `forward(_:)` and output hooks. Tensors may have any
  /// shape that the module takes.
  public final func callAsFunction(_ x: Tensor) -> Tensor {
    called(with: [x]) { call in
      guard var call else {
        let output = forward(x)
        _ = countsAsLayer(output, isInput: output === x, inputDepth: x.layerDepth)
        return output
      }
      if call.hooks.hasCallHooks || call.isRepeated {
        let inputs = call.applied(toInputs: [x])
        return finished(call, [forward(inputs[0])], of: inputs)[0]
      }
      let input = call.hooks.applied(toInput: x, call.tensor, call.checkpoint)
      let output = forward(input), isInput = output === input
      call.tensor.isLayer = countsAsLayer(output, isInput: isInput, inputDepth: input.layerDepth)
      return call.hooks.applied(toOutput: output, of: input, isInput: isInput, call.tensor, call.checkpoint)
    }
  }

  /// The output for two inputs: calls input hooks for each, `forward(_:_:)` and output hooks. Tensors may have any
  /// shape that the module takes.
  public final func callAsFunction(_ first: Tensor, _ second: Tensor) -> Tensor {
    called(with: [first, second]) { call in
      guard let call else {
        let output = forward(first, second)
        _ = countsAsLayer(
          output, isInput: output === first || output === second, inputDepth: max(first.layerDepth, second.layerDepth))
        return output
      }
      let inputs = call.applied(toInputs: [first, second])
      return finished(call, [forward(inputs[0], inputs[1])], of: inputs)[0]
    }
  }

  /// The output for three inputs: calls input hooks for each, `forward(_:_:_:)` and output hooks. Tensors may have any
  /// shape that the module takes.
  public final func callAsFunction(_ first: Tensor, _ second: Tensor, _ third: Tensor) -> Tensor {
    called(with: [first, second, third]) { call in
      guard let call else {
        let output = forward(first, second, third)
        _ = countsAsLayer(
          output, isInput: output === first || output === second || output === third,
          inputDepth: max(first.layerDepth, second.layerDepth, third.layerDepth))
        return output
      }
      let inputs = call.applied(toInputs: [first, second, third])
      return finished(call, [forward(inputs[0], inputs[1], inputs[2])], of: inputs)[0]
    }
  }

  /// The outputs for a list of inputs: calls input hooks for each input, `forward(_:)` of the list, and output hooks for each
  /// output. Tensors may have any shape that the module takes.
  public final func callAsFunction(_ inputs: [Tensor]) -> [Tensor] {
    called(with: inputs) { call in
      guard var call else {
        let outputs = forward(inputs)
        for output in outputs { _ = countsAsLayer(output, of: inputs) }
        return outputs
      }
      call.tensor.isInList = true
      let inputs = call.applied(toInputs: inputs)
      return finished(call, forward(inputs), of: inputs)
    }
  }

  /// Runs `body` as a call of this module: the first of a forward pass, or inside another module's call. `call` is nil if
  /// there are no hooks.
  @inline(__always)
  private func called<Output>(
    with inputs: @autoclosure () -> [Tensor], _ body: (_ call: HookedCall?) -> Output
  ) -> Output {
    let state = thread_state_here()
    let outer = state.pointee.caller
    state.pointee.caller = Unmanaged.passUnretained(site).toOpaque()
    if state.pointee.call_depth == 0 { state.pointee.pass += 1 }
    var earlier: [(tensor: Tensor, depth: Int32)] = []
    if depthOrigins > 0 {
      for input in inputs() where input.layerDepth != 0 {
        earlier.append((input, input.layerDepth))
        input.layerDepth = 0
      }
    }
    state.pointee.call_depth += 1
    let output: Output
    if state.pointee.replay != nil {
      output = body(HookedCall(inCheckpoint: hooks, pass: state.pointee.pass))
    } else if let hooks {
      output = body(HookedCall(hooks, pass: state.pointee.pass))
    } else {
      output = body(nil)
    }
    state.pointee.call_depth -= 1
    state.pointee.caller = outer
    for (tensor, depth) in earlier { tensor.layerDepth = depth }
    return output
  }

  /// The outputs of a call with hooks, after the hooks.
  private func finished(_ call: HookedCall, _ outputs: [Tensor], of inputs: [Tensor]) -> [Tensor] {
    call.applied(toOutputs: outputs, areOfLayer: outputs.map { countsAsLayer($0, of: inputs) }, of: inputs)
  }

  private func countsAsLayer(_ output: Tensor, of inputs: [Tensor]) -> Bool {
    countsAsLayer(
      output, isInput: inputs.contains { $0 === output }, inputDepth: inputs.reduce(0) { max($0, $1.layerDepth) })
  }

  /// Counts the module among the layers on the path to an output, if it is one of them; returns whether it is.
  ///
  /// A module that holds a weight is a layer, with two exceptions: an input that it hands through has passed no layer, and a container
  /// that returns the tensor of a module inside, such as its last child's, counts only where no layer inside is on the path.
  @inline(__always)
  private func countsAsLayer(_ output: Tensor, isInput: Bool, inputDepth: @autoclosure () -> Int32) -> Bool {
    if isInput { return false }
    // A leaf, such as the value of a parameter, is no result of a computation and passes on no depth.
    if output.isLeaf { return reflection.isLayer }
    let isOwn = !output.isModuleOutput
    output.isModuleOutput = true
    guard reflection.isLayer, isOwn || output.layerDepth <= inputDepth() else { return false }
    output.layerDepth += 1
    return true
  }

  /// The parameters of the module itself, without its children's, with the names of its properties.
  public final var ownParameters: [(name: String, parameter: Parameter)] { reflection.parameters }

  /// The kind of module: the name of its type unless overridden.
  open var kind: String { String(describing: type(of: self)) }

  /// Details that `description` prints after the kind, such as sizes; empty unless overridden.
  open var details: String { "" }

  /// The children with their names; nil, the default, to use all modules in properties with the properties' names. A container
  /// overrides it to name its children "0", "1", ….
  open var namedChildren: [(name: String, module: Module)]? { nil }

  /// The names of the inputs, by which `onCall` finds them; nil, the default, for "0", "1", ….
  open var inputNames: [String]? { nil }

  /// The names of the outputs, by which `onCall` finds them; nil, the default, for "0", "1", ….
  open var outputNames: [String]? { nil }
}

extension Module {
  /// All modules with their paths, this one first with the path "", then its descendants in the order of properties. A module
  /// that several properties hold is listed once, with its first path; one that is held by a weak or unowned reference alone is no
  /// descendant. Stops the program if a module holds itself or a module that holds it.
  public var modules: [(path: String, module: Module)] {
    var seen: Set<ObjectIdentifier> = []
    var found: [(path: String, module: Module)] = []
    /// The modules from this one down to the one that is visited.
    var open: [(path: String, module: Module)] = []
    func visit(_ module: Module, _ path: String) {
      guard seen.insert(ObjectIdentifier(module)).inserted else {
        if let outer = open.first(where: { $0.module === module }) { stopAtCycle(path, outer.path) }
        return
      }
      found.append((path, module))
      open.append((path, module))
      for child in module.reflection.children { visit(child.module, join(path, child.name)) }
      open.removeLast()
    }
    visit(self, "")
    return found
  }

  private func stopAtCycle(_ path: String, _ outer: String) -> Never {
    stop(
      kind,
      "the module at “\(path)” is \(outer.isEmpty ? "the model itself" : "the one at “\(outer)”"), which holds it; "
        + "make the reference weak or unowned, and it is no child")
  }

  /// All parameters with their paths, such as `blocks.3.1.weight`. A shared parameter is listed once.
  public var parameters: [(path: String, parameter: Parameter)] {
    unique { $0.reflection.parameters.map { ($0.name, $0.parameter) } }.map { ($0, $1) }
  }

  /// All buffers with their paths. A shared buffer is listed once.
  public var buffers: [(path: String, buffer: ModuleBuffer)] {
    unique { $0.reflection.buffers.map { ($0.name, $0.buffer) } }.map { ($0, $1) }
  }

  /// All random sources with their paths. A shared one is listed once.
  public var randomSources: [(path: String, source: RandomSource)] {
    unique { $0.reflection.randomSources.map { ($0.name, $0.source) } }.map { ($0, $1) }
  }

  /// The objects that `held` returns for each module, with their paths; each object once, with its first path.
  private func unique<Held: AnyObject>(_ held: (Module) -> [(String, Held)]) -> [(String, Held)] {
    var seen: Set<ObjectIdentifier> = []
    return modules.flatMap { path, module in
      held(module).compactMap { name, object in
        seen.insert(ObjectIdentifier(object)).inserted ? (join(path, name), object) : nil
      }
    }
  }

  /// Sets this module and all of its descendants to training mode.
  public func train() { for (_, module) in modules { module.isTraining = true } }

  /// Sets this module and all of its descendants to evaluation mode: dropout drops nothing, and batch normalization uses its
  /// running statistics and does not update them. The tape is still recorded; see `withoutGradients`.
  public func evaluate() { for (_, module) in modules { module.isTraining = false } }

  /// The number of elements of all parameters.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.parameter.shape.elementCount } }

  /// Clears the gradients of all parameters, as `Optimizer.clearGradients()` does of an optimizer's. Afterwards they are nil.
  public func zeroGradients() { for (_, parameter) in parameters { parameter.gradient = nil } }

  /// Assigns every parameter and buffer its first values, and resets random sources.
  ///
  /// Each parameter draws from a random stream that is named by the seed and the parameter's path, so models that share a path
  /// and seed have the same values there. Modules that were assigned to properties since the last call are found.
  public func initialize(seed: UInt64) {
    refreshReflection()
    assignPaths()
    for (path, parameter) in parameters {
      parameter.initialize(by: parameter.initializer, seed: seed, path: path)
    }
    for (path, buffer) in buffers { buffer.initialize(seed: seed, path: path) }
    for (path, source) in randomSources { source.stream = RandomStream(seed: seed, name: path) }
  }

  /// Reads the properties of all modules again, which finds modules that were replaced.
  package func refreshReflection() {
    var seen: Set<ObjectIdentifier> = []
    func refresh(_ module: Module) {
      guard seen.insert(ObjectIdentifier(module)).inserted else { return }
      module.reflection = ModuleReflection(of: module)
      for child in module.reflection.children { refresh(child.module) }
    }
    refresh(self)
  }

  /// The modules and parameters that properties hold now.
  func currentParts() -> Set<ObjectIdentifier> {
    refreshReflection()
    return Set(modules.map { ObjectIdentifier($0.module) } + parameters.map { ObjectIdentifier($0.parameter) })
  }

  /// Assigns all modules and parameters their paths in this model, which errors name.
  func assignPaths() {
    for (path, module) in modules { module.site.path = path.isEmpty ? module.kind : "\(path) (\(module.kind))" }
    for (path, parameter) in parameters { parameter.path = path }
  }
}

private func join(_ path: String, _ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
