import Autodiff

/// When a hook of a module is called.
enum HookKind: CaseIterable {
  case input, output, inputGradient, outputGradient
}

/// A hook at one module or parameter.
class AttachedHook {
  let path: String
  /// The type of the module, or what else the path names.
  let kind: String
  /// The module or parameter.
  final private(set) weak var place: AnyObject?
  /// How often it has been called.
  @exclusivity(unchecked) final private(set) var firings = 0
  /// Whether it has ever put something in the place of what it was shown.
  @exclusivity(unchecked) final private(set) var hasReplaced = false
  /// Gradients of earlier passes are still to come when a hook is removed.
  @exclusivity(unchecked) final var isAttached = true

  init(path: String, kind: String, at place: AnyObject) {
    self.path = path
    self.kind = kind
    self.place = place
  }

  /// Shows the hook a tensor, of a call with that input; what it returns replaces the tensor.
  @inline(__always)
  final func look(_ place: CallPlace, _ input: Tensor, _ tensor: Tensor) -> Tensor? {
    firings &+= 1
    let new = shown(place, input, tensor)
    if new != nil { hasReplaced = true }
    return new
  }

  /// What it does.
  func shown(_ place: CallPlace, _ input: Tensor, _ tensor: Tensor) -> Tensor? { nil }
}

/// A hook that calls a user's function.
final class CallingHook: AttachedHook {
  private let hook: Hook

  init(path: String, kind: String, at place: AnyObject, hook: @escaping Hook) {
    self.hook = hook
    super.init(path: path, kind: kind, at: place)
  }

  override func shown(_ place: CallPlace, _ input: Tensor, _ tensor: Tensor) -> Tensor? {
    hook(HookSite(path: path, kind: kind, place: place), tensor)
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
