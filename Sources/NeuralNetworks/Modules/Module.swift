import Autodiff
import CThreadState

/// A part of a net, or a whole one: something with parameters and children that turns a tensor into another.
///
/// A subclass holds its children and parameters in properties and overrides `forward`. It is called, `model(x)`, never
/// `forward`ed by hand, since the call runs the hooks.
///
///     final class Block: Module {
///       let first = Linear(64, 64, initializer: .heNormal)
///       let scale = Parameter([64], initializer: .constant(1))
///
///       override func forward(_ x: Tensor) -> Tensor { relu(first(x)) * scale.value }
///     }
open class Module: CustomStringConvertible {
  let site: CallSite
  @exclusivity(unchecked) final var hooks: ModuleHooks?
  fileprivate(set) lazy var contents = ModuleReflection(of: self)

  /// Whether the module is being trained; layers such as dropout and batch normalization do otherwise when it is evaluated.
  /// Changed by `train()` and `evaluate()`.
  public private(set) final var isTraining = true

  /// A module without a name; it gets its path from the model it is part of.
  public init() {
    site = CallSite(path: "")
    site.path = kind
  }

  /// The output for an input. Called by calling the module.
  open func forward(_ x: Tensor) -> Tensor {
    stop(kind, "this module has no forward(_:) for one input; override it, or call the module with what it takes")
  }

  /// The output for two inputs, such as a recurrent cell's input and state. Called by calling the module.
  open func forward(_ first: Tensor, _ second: Tensor) -> Tensor {
    stop(kind, "this module has no forward(_:_:) for two inputs; override it, or call the module with what it takes")
  }

  /// The output for three inputs, such as queries, keys and values. Called by calling the module.
  open func forward(_ first: Tensor, _ second: Tensor, _ third: Tensor) -> Tensor {
    stop(
      kind, "this module has no forward(_:_:_:) for three inputs; override it, or call the module with what it takes")
  }

  /// Several outputs for any number of inputs, such as those of a net with two heads. Called by calling the module.
  open func forward(_ inputs: [Tensor]) -> [Tensor] {
    stop(
      kind, "this module has no forward(_:) for a list of inputs; override it, or call the module with what it takes")
  }

  /// Runs the module on an input, and its hooks before and after.
  public final func callAsFunction(_ x: Tensor) -> Tensor {
    called(inputDepth: x.layerDepth) { call in
      guard let call else { return countingLayer(forward(x), isInput: { $0 === x }) }
      let input = call.hooks.applied(toInput: x, call.place, call.kept)
      let output = countingLayer(forward(input), isInput: { $0 === input })
      return call.hooks.applied(toOutput: output, of: input, isInput: output === input, call.place, call.kept)
    }
  }

  /// Runs the module on two inputs, and its hooks before and after; hooks before it are called for each input.
  public final func callAsFunction(_ first: Tensor, _ second: Tensor) -> Tensor {
    called(inputDepth: max(first.layerDepth, second.layerDepth)) { call in
      guard let call else {
        return countingLayer(forward(first, second), isInput: { $0 === first || $0 === second })
      }
      let inputs = call.applied(toInputs: [first, second])
      let output = countingLayer(forward(inputs[0], inputs[1]), isInput: { made in inputs.contains { $0 === made } })
      return call.applied(toOutput: output, of: inputs)
    }
  }

  /// Runs the module on three inputs, and its hooks before and after; hooks before it are called for each input.
  public final func callAsFunction(_ first: Tensor, _ second: Tensor, _ third: Tensor) -> Tensor {
    called(inputDepth: max(first.layerDepth, second.layerDepth, third.layerDepth)) { call in
      guard let call else {
        return countingLayer(
          forward(first, second, third), isInput: { $0 === first || $0 === second || $0 === third })
      }
      let inputs = call.applied(toInputs: [first, second, third])
      let output = countingLayer(
        forward(inputs[0], inputs[1], inputs[2]), isInput: { made in inputs.contains { $0 === made } })
      return call.applied(toOutput: output, of: inputs)
    }
  }

  /// Runs the module on a list of inputs, and its hooks before and after, for each input and each output.
  public final func callAsFunction(_ inputs: [Tensor]) -> [Tensor] {
    called(inputDepth: inputs.reduce(0) { max($0, $1.layerDepth) }) { call in
      guard var call else {
        return forward(inputs).map { countingLayer($0, isInput: { made in inputs.contains { $0 === made } }) }
      }
      call.place.isOfList = true
      let inputs = call.applied(toInputs: inputs)
      return forward(inputs).enumerated().map { index, output in
        let output = countingLayer(output, isInput: { made in inputs.contains { $0 === made } })
        return call.applied(toOutput: output, of: inputs, index: index)
      }
    }
  }

  /// Runs `body` as a call of this module, the first of its pass or inside another's; nil stands for a call without hooks.
  @inline(__always)
  private func called<Output>(
    inputDepth: @autoclosure () -> Int32, _ body: (_ call: HookedCall?) -> Output
  ) -> Output {
    let here = thread_state_here()
    let outer = here.pointee.caller
    here.pointee.caller = Unmanaged.passUnretained(site).toOpaque()
    if here.pointee.call_depth == 0 {
      here.pointee.pass += 1
      here.pointee.root = here.pointee.caller
      here.pointee.root_depth = inputDepth()
    }
    here.pointee.call_depth += 1
    let output: Output
    if here.pointee.replay != nil {
      output = body(HookedCall(inCheckpoint: hooks, pass: here.pointee.pass))
    } else if let hooks {
      output = body(HookedCall(hooks, pass: here.pointee.pass))
    } else {
      output = body(nil)
    }
    here.pointee.call_depth -= 1
    here.pointee.caller = outer
    return output
  }

  /// An output that the module has computed, with the module counted among the layers on its path if it is one. An input that is
  /// handed through has passed no layer here.
  @inline(__always)
  private func countingLayer(_ output: Tensor, isInput: (Tensor) -> Bool) -> Tensor {
    if contents.isLayer, !isInput(output), !output.isLeaf { output.layerDepth += 1 }
    return output
  }

  /// The largest number of layers on any path from the input of this module to a tensor that it is computing, where it is the
  /// outermost module that is being called; otherwise from the input of the outermost one.
  package func depth(of tensor: Tensor) -> Int {
    let here = thread_state_here()
    let isRoot = here.pointee.root == UnsafeMutableRawPointer(Unmanaged.passUnretained(site).toOpaque())
    return Int(tensor.layerDepth - (isRoot ? min(here.pointee.root_depth, tensor.layerDepth) : 0))
  }

  /// Whether the module itself holds a parameter of two or more dimensions.
  package final var isLayer: Bool { contents.isLayer }

  /// The parameters that the module holds itself, not its children, by the names of its properties.
  public final var ownParameters: [(name: String, parameter: Parameter)] { contents.parameters }

  /// What the module is: the name of its type.
  open var kind: String { String(describing: type(of: self)) }

  /// What is worth telling about the module besides its kind, such as its sizes; printed with the model.
  open var details: String { "" }

  /// Children whose names are not those of properties; nil to find them by the properties that hold them.
  package var namedChildren: [(name: String, module: Module)]? { nil }
}

extension Module {
  /// Every module of this one with its path, this one first with the path "", in the order of properties. A module that is
  /// held in several places has the first place's path.
  public var modules: [(path: String, module: Module)] {
    var seen: Set<ObjectIdentifier> = []
    var found: [(String, Module)] = []
    func visit(_ module: Module, _ path: String) {
      guard seen.insert(ObjectIdentifier(module)).inserted else { return }
      found.append((path, module))
      for child in module.contents.children { visit(child.module, join(path, child.name)) }
    }
    visit(self, "")
    return found
  }

  /// Every parameter with its path, such as `blocks.3.1.weight`. A shared one is named once.
  public var parameters: [(path: String, parameter: Parameter)] {
    unique { $0.contents.parameters.map { ($0.name, $0.parameter) } }.map { ($0, $1) }
  }

  /// Every statistic with its path. A shared one is named once.
  public var statistics: [(path: String, statistic: ModuleBuffer)] {
    unique { $0.contents.statistics.map { ($0.name, $0.statistic) } }.map { ($0, $1) }
  }

  /// Every source of random numbers with its path. A shared one is named once.
  public var randomSources: [(path: String, source: RandomSource)] {
    unique { $0.contents.randomSources.map { ($0.name, $0.source) } }.map { ($0, $1) }
  }

  /// What each module holds itself, with its path, each object at the first place that holds it.
  private func unique<Held: AnyObject>(_ held: (Module) -> [(String, Held)]) -> [(String, Held)] {
    var seen: Set<ObjectIdentifier> = []
    return modules.flatMap { path, module in
      held(module).compactMap { name, object in
        seen.insert(ObjectIdentifier(object)).inserted ? (join(path, name), object) : nil
      }
    }
  }

  /// Has this module and all of its children train, as they do at first.
  public func train() { for (_, module) in modules { module.isTraining = true } }

  /// Has this module and all of its children compute what a trained net does: nothing is dropped, and running statistics are
  /// used and left as they are. It does not switch the tape off; for that see `withoutGradients`.
  public func evaluate() { for (_, module) in modules { module.isTraining = false } }

  /// How many numbers training may change.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.parameter.shape.elementCount } }

  /// Gives every parameter its first values, each from a stream of its own that is named by the seed and the parameter's
  /// path: nets that share a path start from the same values there, whatever else they hold. Statistics go back to their
  /// initial values, and random sources to the beginning of their streams. Parts that have taken the place of others since the
  /// model was last initialized are found.
  public func initialize(seed: UInt64) {
    lookAgain()
    nameParts()
    for (path, parameter) in parameters {
      var stream = RandomStream(seed: seed, name: path)
      parameter.set(
        Tensor(shape: parameter.shape) { values in
          parameter.initializer.fill(values, parameter.shape, parameter.fan, &stream)
        })
    }
    for (_, statistic) in statistics { statistic.reset() }
    for (path, source) in randomSources { source.stream = RandomStream(seed: seed, name: path) }
  }

  /// Looks at all properties anew.
  package func lookAgain() {
    var seen: Set<ObjectIdentifier> = []
    func look(_ module: Module) {
      guard seen.insert(ObjectIdentifier(module)).inserted else { return }
      module.contents = ModuleReflection(of: module)
      for child in module.contents.children { look(child.module) }
    }
    look(self)
  }

  /// Every module and parameter that properties hold now; those that have taken the place of others are found.
  func presentParts() -> Set<ObjectIdentifier> {
    lookAgain()
    return Set(modules.map { ObjectIdentifier($0.module) } + parameters.map { ObjectIdentifier($0.parameter) })
  }

  /// Tells all modules and parameters their paths in this model, by which errors name them.
  func nameParts() {
    for (path, module) in modules { module.site.path = path.isEmpty ? module.kind : "\(path) (\(module.kind))" }
    for (path, parameter) in parameters { parameter.path = path }
  }
}

private func join(_ path: String, _ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
