import Autodiff
import CKernels

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
  var hooks: ModuleHooks?
  private(set) lazy var contents = Contents(of: self)

  /// A module without a name; it gets its path from the model it is part of.
  public init() {
    site = CallSite(path: "")
    site.path = kind
  }

  /// The output for an input. Called by calling the module.
  open func forward(_ x: Tensor) -> Tensor {
    stop(kind, "this module has no forward(_:) for one input; override it")
  }

  /// Runs the module on an input, and its hooks before and after.
  public final func callAsFunction(_ x: Tensor) -> Tensor {
    let here = thread_state_here()
    let outer = here.pointee.caller
    here.pointee.caller = Unmanaged.passUnretained(site).toOpaque()
    if here.pointee.call_depth == 0 { here.pointee.pass += 1 }
    here.pointee.call_depth += 1
    var output = forward(x)
    if let hooks { output = hooks.applied(to: output, of: x, in: here.pointee.pass) }
    here.pointee.call_depth -= 1
    here.pointee.caller = outer
    return output
  }

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
    var seen: Set<ObjectIdentifier> = []
    return modules.flatMap { path, module in
      module.contents.parameters.compactMap { name, parameter in
        seen.insert(ObjectIdentifier(parameter)).inserted ? (join(path, name), parameter) : nil
      }
    }
  }

  /// How many numbers training may change.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.parameter.shape.elementCount } }

  /// Gives every parameter its first values, each from a stream of its own that is named by the seed and the parameter's
  /// path: nets that share a path start from the same values there, whatever else they hold.
  public func initialize(seed: UInt64) {
    for (path, module) in modules { module.site.path = path.isEmpty ? module.kind : "\(path) (\(module.kind))" }
    for (path, parameter) in parameters {
      parameter.path = path
      var stream = RandomStream(seed: seed, name: path)
      parameter.set(
        Tensor(shape: parameter.shape) { values in
          parameter.initializer.fill(values, parameter.shape, parameter.fan, &stream)
        })
    }
  }
}

private func join(_ path: String, _ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
