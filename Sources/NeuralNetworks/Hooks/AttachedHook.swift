import Autodiff

/// The tensors of a module's call on which hooks are called.
public enum HookKind: String, CaseIterable, Sendable {
  /// The inputs, before the call.
  case input
  /// The outputs, after the call.
  case output
  /// dL/d(input), of each input's shape.
  case inputGradient
  /// dL/d(output), of each output's shape.
  case outputGradient

  var isOfGradients: Bool { self == .inputGradient || self == .outputGradient }

  /// The name of a hook that sees one of these tensors at a time.
  var hookName: String {
    switch self {
    case .input: "input hook"
    case .output: "forward hook"
    case .inputGradient: "input gradient hook"
    case .outputGradient: "backward hook"
    }
  }
}

/// How a hook is called among others.
public struct HookOptions: OptionSet, Sendable {
  /// The bits of the options.
  public let rawValue: Int

  /// Options from their bits.
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// The hook is called before those that were attached before it; otherwise hooks are called in the order of attachment.
  public static let first = HookOptions(rawValue: 1)

  /// The hook is called also after another hook has thrown, though the result of the call is discarded; to close what an input hook
  /// has opened, for example. For hooks on inputs and outputs alone, since a backward pass ends where a hook throws.
  public static let always = HookOptions(rawValue: 2)
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
  /// Whether it sees gradients after all other hooks at the same tensor.
  final var isLast = false
  @exclusivity(unchecked) final var options: HookOptions = []
  /// The hooks that were attached together with it; nil for one without a handle.
  final var group: HookGroup?
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
    guarded { try run(site, input, tensor) }
  }

  /// Counts and runs a call of the hook, whose result is nil if it replaces nothing, unless another hook has thrown.
  @inline(__always)
  final func guarded<Result>(_ run: () throws -> Result?) -> Result? {
    if isAbandoned, !options.contains(.always) { return nil }
    callCount &+= 1
    do {
      let new = try run()
      if new != nil { hasReplaced = true }
      return new
    } catch {
      hookFailed(error, "\(group?.name ?? "hook") at \(path.isEmpty ? "the model itself" : "“\(path)”")")
      return nil
    }
  }

  /// The work of the hook; subclasses override it.
  func run(_ site: HookedTensor, _ input: Tensor, _ tensor: Tensor) throws -> Tensor? { nil }
}

/// A hook that calls a user's function.
final class FunctionHook: AttachedHook {
  private let hook: Hook

  init(path: String, kind: String, at target: AnyObject, hook: @escaping Hook) {
    self.hook = hook
    super.init(path: path, kind: kind, at: target)
  }

  override func run(_ site: HookedTensor, _ input: Tensor, _ tensor: Tensor) throws -> Tensor? {
    try hook(HookSite(path: path, kind: kind, tensor: site), tensor)
  }
}
