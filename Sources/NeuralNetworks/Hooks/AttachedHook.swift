import Autodiff

/// The tensors on which a module calls hooks.
enum HookKind: CaseIterable {
  case input, output, inputGradient, outputGradient
}

/// A hook that is attached to one module or parameter.
class AttachedHook {
  let path: String
  /// The kind of module, or "Parameter".
  let kind: String
  /// The module or parameter.
  final private(set) weak var target: AnyObject?
  /// The number of calls of the hook so far.
  @exclusivity(unchecked) final private(set) var callCount = 0
  /// Whether the hook has ever replaced a tensor.
  @exclusivity(unchecked) final private(set) var hasReplaced = false
  /// False once the hook is removed; gradients of earlier forward passes may arrive later.
  @exclusivity(unchecked) final var isAttached = true
  /// Warns of gradients that arrive after the end of `withHooks`; nil for a hook that does not wait for gradients.
  final var lateGradients: LateGradients?

  init(path: String, kind: String, at target: AnyObject) {
    self.path = path
    self.kind = kind
    self.target = target
  }

  /// Calls the hook with a tensor of a module's call and the call's input; returns the replacement of the tensor, if any.
  @inline(__always)
  final func call(_ site: HookedTensor, _ input: Tensor, _ tensor: Tensor) -> Tensor? {
    callCount &+= 1
    let new = run(site, input, tensor)
    if new != nil { hasReplaced = true }
    return new
  }

  /// The work of the hook; subclasses override it.
  func run(_ site: HookedTensor, _ input: Tensor, _ tensor: Tensor) -> Tensor? { nil }
}

/// A hook that calls a user's function.
final class FunctionHook: AttachedHook {
  private let hook: Hook

  init(path: String, kind: String, at target: AnyObject, hook: @escaping Hook) {
    self.hook = hook
    super.init(path: path, kind: kind, at: target)
  }

  override func run(_ site: HookedTensor, _ input: Tensor, _ tensor: Tensor) -> Tensor? {
    hook(HookSite(path: path, kind: kind, tensor: site), tensor)
  }
}

/// The handle of an attached hook. The hook stays attached until `remove()`, or as long as the model lives.
///
/// A warning is printed once, with the likely reason, if the hook is not called although the whole model was called (for hooks on
/// gradients: although a gradient reached the model's output), or if it is no longer called because its module was replaced.
public final class HookHandle {
  private var detach: ((_ isScopeOver: Bool) -> Void)?

  init(detach: @escaping (_ isScopeOver: Bool) -> Void) { self.detach = detach }

  /// Removes the hook. A second call does nothing.
  public func remove() { remove(isScopeOver: false) }

  /// As above; `isScopeOver` is true at the end of `withHooks`.
  func remove(isScopeOver: Bool) {
    detach?(isScopeOver)
    detach = nil
  }
}
