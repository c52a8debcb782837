import Autodiff
import Support

extension Module {
  /// Calls `hook` before each call of a module whose path matches `pattern`, with the input; a returned tensor replaces the input.
  ///
  /// `*` matches one component of a path, or part of one, and `**` any number of components. Throws a `HookError` with the
  /// nearest paths if nothing matches. Stops the program if a replacement has another shape.
  @discardableResult
  public func onInput(_ pattern: String, options: HookOptions = [], _ hook: @escaping Hook) throws -> HookHandle {
    try attach(.input, to: modules(matching: pattern), options, hook)
  }

  /// Calls `hook` after each call of a module whose path matches `pattern`, with the output; a returned tensor replaces the output.
  /// Containers such as `Sequential` call their hooks too.
  ///
  /// Throws a `HookError` if nothing matches. Stops the program if a replacement has another shape. When a `checkpointed` body
  /// is recomputed, only hooks that replaced a tensor are called again, since the replacement is part of the computation.
  ///
  /// A hook may attach and remove hooks. One that is removed is not called any more, also not in the call that is running; one that is
  /// attached is called from the next call of its module on, or already in the call that is running where its own moment is yet to come,
  /// such as the end of that call.
  @discardableResult
  public func onForward(_ pattern: String, options: HookOptions = [], _ hook: @escaping Hook) throws -> HookHandle {
    try attach(.output, to: modules(matching: pattern), options, hook)
  }

  /// Calls `hook` with dL/d(output) of each call of a module whose path matches `pattern`, in the shape of the output; a returned
  /// tensor replaces the gradient, and nil leaves it as it is.
  ///
  /// It is called in the backward pass, after the contributions of all uses of the output are added up, and before the gradients of
  /// the module's inputs and parameters are computed. Containers such as `Sequential` call their hooks too. The gradient of a scaled
  /// loss (`LossScaler`) is passed without the scale. Throws a `HookError` if nothing matches.
  @discardableResult
  public func onBackward(_ pattern: String, options: HookOptions = [], _ hook: @escaping Hook) throws -> HookHandle {
    try attach(.outputGradient, to: modules(matching: pattern), options, hook)
  }

  /// Calls `hook` with dL/d(input) of each call of a module whose path matches `pattern`, in the shape of the input: only the
  /// part of it that flows through this call. A returned tensor replaces the gradient. Where several modules use a tensor, their parts are
  /// added in another order than without the hook, so the last digit of earlier gradients may differ. Throws a `HookError` if nothing
  /// matches.
  @discardableResult
  public func onInputGradient(_ pattern: String, options: HookOptions = [], _ hook: @escaping Hook) throws -> HookHandle
  {
    try attach(.inputGradient, to: modules(matching: pattern), options, hook)
  }

  /// Calls `hook` once for each call of a module whose path matches `pattern`, with all of the call's tensors of one kind and the module,
  /// where other hooks see one tensor at a time. The hook replaces tensors by assigning to `call.tensors`.
  ///
  ///     try model.onCall("attention", at: .input) { call in
  ///       call.tensors["key"] = call.tensors["query"]
  ///     }
  ///
  /// Hooks that see one tensor come before it. Gradients are passed when all that arrive in the backward pass have arrived. Throws a
  /// `HookError` if nothing matches. Stops the program if a replacement has another shape.
  @discardableResult
  public func onCall(
    _ pattern: String, at kind: HookKind = .output, options: HookOptions = [], _ hook: @escaping CallHook
  ) throws -> HookHandle {
    try attach(kind, to: modules(matching: pattern), options, hook)
  }

  /// Calls `hook` in each backward pass with dL/d(parameter) of each parameter whose path matches `pattern`, in the parameter's
  /// shape, before it is added to `Parameter.gradient`; a returned tensor is added instead.
  ///
  /// It is called as soon as the gradient is complete, while the backward pass goes on to earlier layers. Where parts are
  /// `checkpointed`, it is called when the last of them has been computed again.
  /// The gradient of a scaled loss (`LossScaler`) is passed without the scale. Throws a `HookError` if nothing matches.
  @discardableResult
  public func onParameterGradient(
    _ pattern: String, options: HookOptions = [], _ hook: @escaping Hook
  ) throws -> HookHandle {
    let all = parameters
    return attach(to: try indices(of: all.map(\.path), matching: pattern, "parameter").map { all[$0] }, options, hook)
  }
}
