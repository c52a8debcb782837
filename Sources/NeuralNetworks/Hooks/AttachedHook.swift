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
  /// The module or parameter.
  private(set) weak var place: AnyObject?
  /// Called with the input and the tensor that it may replace.
  private let hook: (HookSite, _ input: Tensor, Tensor) -> Tensor?
  /// How often it has been called.
  @exclusivity(unchecked) private(set) var firings = 0
  /// Whether it has ever put something in the place of what it was shown.
  @exclusivity(unchecked) private(set) var hasReplaced = false
  /// Gradients of earlier passes are still to come when a hook is removed.
  @exclusivity(unchecked) var isAttached = true

  init(path: String, kind: String, at place: AnyObject, hook: @escaping (HookSite, Tensor, Tensor) -> Tensor?) {
    self.path = path
    self.kind = kind
    self.place = place
    self.hook = hook
  }

  /// Shows the hook a tensor.
  func look(_ site: HookSite, _ input: Tensor, _ tensor: Tensor) -> Tensor? {
    firings &+= 1
    let new = hook(site, input, tensor)
    if new != nil { hasReplaced = true }
    return new
  }
}

/// A hook that is attached; it stays so until `remove()`, or as long as the model lives.
///
/// A hook that has not been called though the whole model has, or for gradients though one has come back to the model's output,
/// is told of on standard error, once, with what may be the reason; and so is one that is no longer called since another module has
/// taken the place of its own.
public final class HookHandle {
  private var detach: (() -> Void)?

  init(detach: @escaping () -> Void) { self.detach = detach }

  /// Takes the hook away. A second call does nothing.
  public func remove() {
    detach?()
    detach = nil
  }
}
