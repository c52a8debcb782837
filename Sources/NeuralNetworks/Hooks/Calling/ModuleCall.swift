import Autodiff

/// A call of a module, with all of its inputs, outputs or gradients together.
public struct ModuleCall {
  /// The module's path and kind, and the number of the call.
  public let site: HookSite
  /// The module.
  public let module: Module
  /// The tensors that the hook is attached to, each of the shape that the module takes or computes: inputs, outputs, or gradients of
  /// these, nil where no gradient arrives. Assign one to replace it; nil stops a gradient.
  public var tensors: NamedTensors
  /// In a hook on outputs the inputs of the call, after input hooks; otherwise empty.
  public let inputs: NamedTensors
  /// In a hook on gradients of inputs dL/d(output) of the same call, after hooks; otherwise empty.
  public let outputGradients: NamedTensors

  /// The site of one of `tensors`, as hooks that see one tensor get it.
  public func site(at index: Int) -> HookSite {
    HookSite(path: site.path, kind: site.kind, tensor: site.tensor.at(index))
  }
}

/// Tensors with the names that their module gives them by `inputNames` or `outputNames`; without names "0", "1", ….
public struct NamedTensors {
  /// The names in order.
  public let names: [String]
  var tensors: [Tensor?]

  init(_ tensors: [Tensor?], _ names: [String]?) {
    self.tensors = tensors
    self.names = tensors.indices.map { index in
      names.flatMap { $0.indices.contains(index) ? $0[index] : nil } ?? "\(index)"
    }
  }

  /// The number of tensors.
  public var count: Int { tensors.count }

  /// The tensor at an index, of any shape; one that is assigned must have its shape. Stops the program outside of `0..<count`.
  public subscript(index: Int) -> Tensor? {
    get { tensors[checked(index)] }
    set { tensors[checked(index)] = newValue }
  }

  /// The tensor of a name, of any shape; one that is assigned must have its shape. Stops the program if there is no such name.
  public subscript(name: String) -> Tensor? {
    get { tensors[index(of: name)] }
    set { tensors[index(of: name)] = newValue }
  }

  private func checked(_ index: Int) -> Int {
    guard tensors.indices.contains(index) else { stop("hook", "there is no tensor \(index) among \(count)") }
    return index
  }

  private func index(of name: String) -> Int {
    guard let index = names.firstIndex(of: name) else {
      stop("hook", "there is no tensor “\(name)”; the names are \(names.map { "“\($0)”" }.joined(separator: ", "))")
    }
    return index
  }
}

/// A function that observes all tensors of a call together, and may replace them by assigning to `call.tensors`.
public typealias CallHook = (_ call: inout ModuleCall) throws -> Void

/// A hook on all tensors of one kind of a module's calls.
final class AttachedCallHook: AttachedHook {
  let tensors: HookKind
  private let hook: CallHook

  init(path: String, at module: Module, _ tensors: HookKind, hook: @escaping CallHook) {
    (self.tensors, self.hook) = (tensors, hook)
    super.init(path: path, kind: module.kind, at: module)
  }

  /// Calls the hook; returns the tensors after it, nil if it replaces none. Stops the program if a replacement has another shape than what
  /// it replaces, or an input or output is replaced by nil.
  func call(_ tensors: [Tensor?], _ site: HookedTensor, inputs: [Tensor], outputGradients: [Tensor?]) -> [Tensor?]? {
    guard let module = target as? Module else { return nil }
    let ofInputs = self.tensors == .input || self.tensors == .inputGradient
    var call = ModuleCall(
      site: HookSite(path: path, kind: kind, tensor: site), module: module,
      tensors: NamedTensors(tensors, ofInputs ? module.inputNames : module.outputNames),
      inputs: NamedTensors(inputs, module.inputNames),
      outputGradients: NamedTensors(outputGradients, module.outputNames))
    return guarded {
      try hook(&call)
      let new = call.tensors
      for (index, (old, new)) in zip(tensors, new.tensors).enumerated() where old !== new {
        check(new, replacing: old, call.tensors.names[index])
      }
      return zip(tensors, new.tensors).contains { $0 !== $1 } ? new.tensors : nil
    }
  }

  private func check(_ new: Tensor?, replacing old: Tensor?, _ name: String) {
    if let new, let old, new.shape != old.shape {
      stop(
        tensors.hookName, new.shape, old.shape, "a replacement of “\(name)” must have the shape of what it replaces")
    }
    if old == nil {
      stop(tensors.hookName, "no gradient arrives at “\(name)”, so there is none to replace")
    }
    if new == nil, !tensors.isOfGradients {
      stop(tensors.hookName, "“\(name)” is replaced by nil; only a gradient may be nil")
    }
  }
}
