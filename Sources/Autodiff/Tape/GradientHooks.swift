/// Sees the whole gradient at a node before it is passed on, and may replace it.
///
/// The hooks of a node are a linked list, the last added first, so that adding one allocates nothing else.
package protocol GradientHook: AnyObject {
  /// The hook that was added to the same node before; set by the tape.
  var next: (any GradientHook)? { get set }

  /// Whether it is to be called after all other hooks, also those that are added later.
  var seesFinalGradient: Bool { get }

  /// Called with the gradient; what it returns replaces it, nil leaves it.
  func replacement(of gradient: Tensor, in pass: BackwardPass) -> Tensor?
}

extension GradientHook {
  package var seesFinalGradient: Bool { false }
}

/// The handle of an attached hook. The hook stays attached until `remove()`, or as long as what it is attached to lives; the handle does
/// not keep that alive.
///
/// For hooks of a model a warning is printed once, with the likely reason, if the hook is not called although the whole model was called
/// (for hooks on gradients: although a gradient reached the model's output), or if it is no longer called because its module was
/// replaced.
public final class HookHandle {
  private var detach: ((_ isScopeOver: Bool) -> Void)?

  package init(detach: @escaping (_ isScopeOver: Bool) -> Void) { self.detach = detach }

  /// Removes the hook. A second call does nothing.
  public func remove() { remove(isScopeOver: false) }

  /// As above; `isScopeOver` is true at the end of `withHooks`.
  package func remove(isScopeOver: Bool) {
    detach?(isScopeOver)
    detach = nil
  }
}

extension Tensor {
  /// Calls `hook` with dL/d(this tensor), of its shape, in each backward pass that reaches it, when the contributions of all its uses
  /// are added up; a returned tensor of the same shape replaces the gradient, and nil leaves it as it is.
  ///
  /// Hooks are called in the order in which they were attached. At a leaf, the hook is called as soon as its gradient is complete, and
  /// before it is added to `gradient`. Works on any tensor on the tape: the output of an operation, a tensor that was made by
  /// `requiringGradient()`, or a parameter's value. An error that it throws comes out of `withThrowingHooks`. Stops the program if
  /// the tensor is not on the tape, or a replacement has another shape.
  @discardableResult
  public func onGradient(_ hook: @escaping (_ gradient: Tensor) throws -> Tensor?) -> HookHandle {
    guard let node else {
      stop(
        "onGradient",
        "the tensor of shape \(shape) is not on the tape, so no gradient reaches it; attach the hook to a tensor that "
          + "was computed from one that requires a gradient")
    }
    return attach(at: node) { gradient, _ in
      do { return try hook(gradient) } catch {
        hookFailed(error, "gradient hook of a tensor")
        return nil
      }
    }
  }

  fileprivate func attach(at node: Node, _ hook: @escaping (Tensor, BackwardPass) -> Tensor?) -> HookHandle {
    let attached = FunctionHook(hook)
    node.addLast(attached)
    return HookHandle { [weak node] _ in
      attached.isAttached = false
      node?.remove(attached)
    }
  }

  /// Calls `hook` with the whole gradient with respect to this tensor in each backward pass that reaches it; the hook that was added
  /// last comes first.
  package func add(_ hook: any GradientHook) { node?.add(hook) }

  /// As above, but after all hooks that have been added.
  package func addLast(_ hook: any GradientHook) { node?.addLast(hook) }

  /// As `add`, a function.
  package func addGradientHook(_ hook: @escaping (Tensor) -> Tensor?) {
    node?.add(FunctionHook { gradient, _ in hook(gradient) })
  }
}

/// A hook that calls a function.
private final class FunctionHook: GradientHook {
  var next: (any GradientHook)?
  /// False once the hook is removed, which may be while the hooks of its node are called.
  var isAttached = true
  private let hook: (Tensor, BackwardPass) -> Tensor?

  init(_ hook: @escaping (Tensor, BackwardPass) -> Tensor?) { self.hook = hook }

  func replacement(of gradient: Tensor, in pass: BackwardPass) -> Tensor? { isAttached ? hook(gradient, pass) : nil }
}

/// Calls `hook` once in each backward pass that reaches any of `tensors`, when their gradients are complete, with dL/d(tensor) of
/// each in order, of the shape of its tensor; nil for those that the pass has not reached.
///
/// It is called when the last of them has its gradient, or at the end of the pass where it does not reach all. The gradients are those
/// after all hooks that were attached before. An error that it throws comes out of `withThrowingHooks`. Stops the program if a tensor
/// is not on the tape.
@discardableResult
public func onGradients(of tensors: [Tensor], _ hook: @escaping (_ gradients: [Tensor?]) throws -> Void) -> HookHandle {
  // The hooks must not keep the tensors, whose nodes keep the hooks.
  let count = tensors.count
  var isAttached = true
  // By the number of its pass, which holds it.
  var open: [Int64: Weak<ArrivingGradients>] = [:]
  func call(_ gradients: [Tensor?]) {
    do { try hook(gradients) } catch { hookFailed(error, "hook on the gradients of \(count) tensors") }
  }
  let handles = tensors.enumerated().map { index, tensor in
    guard let node = tensor.node else {
      stop("onGradients", "tensor \(index), of shape \(tensor.shape), is not on the tape, so no gradient reaches it")
    }
    return tensor.attach(at: node) { gradient, pass in
      let arriving: ArrivingGradients
      if let known = open[pass.number]?.object {
        arriving = known
      } else {
        arriving = ArrivingGradients(count)
        open = open.filter { $0.value.object != nil }
        open[pass.number] = Weak(arriving)
        pass.atEnd { if !arriving.areAll, isAttached { call(arriving.gradients) } }
      }
      arriving.gradients[index] = gradient
      if arriving.areAll { call(arriving.gradients) }
      return nil
    }
  }
  return HookHandle { isScopeOver in
    isAttached = false
    for handle in handles { handle.remove(isScopeOver: isScopeOver) }
  }
}

/// The gradients of several tensors that have arrived in a backward pass.
private final class ArrivingGradients {
  var gradients: [Tensor?]

  init(_ count: Int) { gradients = Array(repeating: nil, count: count) }

  var areAll: Bool { gradients.allSatisfy { $0 != nil } }
}

private struct Weak<Object: AnyObject> {
  weak var object: Object?

  init(_ object: Object) { self.object = object }
}
