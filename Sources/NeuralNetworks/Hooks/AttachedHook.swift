import Autodiff

/// When a hook of a module is called.
enum HookKind: Hashable {
  case input, output, inputGradient, outputGradient
}

/// A hook at one module or parameter.
final class AttachedHook {
  let path: String
  /// The type of the module, or what else the path names.
  let kind: String
  /// Called with the input and the tensor that it may replace.
  let look: (HookSite, _ input: Tensor, Tensor) -> Tensor?
  @exclusivity(unchecked) var hasFired = false
  /// Gradients of earlier passes are still to come when a hook is removed.
  @exclusivity(unchecked) var isAttached = true

  init(path: String, kind: String, look: @escaping (HookSite, Tensor, Tensor) -> Tensor?) {
    self.path = path
    self.kind = kind
    self.look = look
  }
}

/// A hook that is attached; it stays so until `remove()`, or as long as the model lives.
///
/// A hook that has not been called though the whole model has, or for gradients though one has come back to the model's output,
/// is told of on standard error, once, with what may be the reason.
public final class HookHandle {
  private var detach: (() -> Void)?

  init(detach: @escaping () -> Void) { self.detach = detach }

  /// Takes the hook away. A second call does nothing.
  public func remove() {
    detach?()
    detach = nil
  }
}
