import Autodiff
import Support

extension Module {
  /// Calls `hook` before each call of a module whose path matches `pattern`, with the input; a returned tensor replaces the input.
  ///
  /// `*` matches one component of a path, or part of one, and `**` any number of components. Throws a `HookError` with the
  /// nearest paths if nothing matches. Stops the program if a replacement has another shape.
  @discardableResult
  public func onInput(_ pattern: String, _ hook: @escaping Hook) throws -> HookHandle {
    try attach(.input, to: modules(matching: pattern), "input hook", hook)
  }

  /// Calls `hook` after each call of a module whose path matches `pattern`, with the output; a returned tensor replaces the output.
  /// Containers such as `Sequential` call their hooks too.
  ///
  /// Throws a `HookError` if nothing matches. Stops the program if a replacement has another shape. When a `checkpointed` body
  /// is recomputed, only hooks that replaced a tensor are called again, since the replacement is part of the computation.
  @discardableResult
  public func onForward(_ pattern: String, _ hook: @escaping Hook) throws -> HookHandle {
    try attach(.output, to: modules(matching: pattern), "forward hook", hook)
  }

  /// Calls `hook` with dL/d(output) of each call of a module whose path matches `pattern`, in the shape of the output; a returned
  /// tensor replaces the gradient, and nil leaves it as it is.
  ///
  /// It is called in the backward pass, after the contributions of all uses of the output are added up, and before the gradients of
  /// the module's inputs and parameters are computed. Containers such as `Sequential` call their hooks too. The gradient of a scaled
  /// loss (`LossScaler`) is passed without the scale. Throws a `HookError` if nothing matches.
  @discardableResult
  public func onBackward(_ pattern: String, _ hook: @escaping Hook) throws -> HookHandle {
    try attach(.outputGradient, to: modules(matching: pattern), "backward hook", hook)
  }

  /// Calls `hook` with dL/d(input) of each call of a module whose path matches `pattern`, in the shape of the input: only the
  /// part of it that flows through this call. A returned tensor replaces the gradient. Throws a `HookError` if nothing matches.
  @discardableResult
  public func onInputGradient(_ pattern: String, _ hook: @escaping Hook) throws -> HookHandle {
    try attach(.inputGradient, to: modules(matching: pattern), "input gradient hook", hook)
  }

  /// As `onInput` with a pattern, for all modules of a kind, subclasses included. Throws a `HookError` if there are none.
  @discardableResult
  public func onInput<Kind: Module>(_ kind: Kind.Type, _ hook: @escaping Hook) throws -> HookHandle {
    try attach(.input, to: all(kind), "input hook", hook)
  }

  /// As `onForward` with a pattern, for all modules of a kind, subclasses included. Throws a `HookError` if there are none.
  @discardableResult
  public func onForward<Kind: Module>(_ kind: Kind.Type, _ hook: @escaping Hook) throws -> HookHandle {
    try attach(.output, to: all(kind), "forward hook", hook)
  }

  /// As `onBackward` with a pattern, for all modules of a kind, subclasses included. Throws a `HookError` if there are none.
  @discardableResult
  public func onBackward<Kind: Module>(_ kind: Kind.Type, _ hook: @escaping Hook) throws -> HookHandle {
    try attach(.outputGradient, to: all(kind), "backward hook", hook)
  }

  /// As `onInputGradient` with a pattern, for all modules of a kind, subclasses included. Throws a `HookError` if there are none.
  @discardableResult
  public func onInputGradient<Kind: Module>(_ kind: Kind.Type, _ hook: @escaping Hook) throws -> HookHandle {
    try attach(.inputGradient, to: all(kind), "input gradient hook", hook)
  }

  /// Calls `hook` in each backward pass with dL/d(parameter) of each parameter whose path matches `pattern`, in the parameter's
  /// shape, before it is added to `Parameter.gradient`; a returned tensor is added instead.
  ///
  /// The gradient of a scaled loss (`LossScaler`) is passed without the scale. Throws a `HookError` if nothing matches.
  @discardableResult
  public func onParameterGradient(_ pattern: String, _ hook: @escaping Hook) throws -> HookHandle {
    let all = parameters
    return attach(to: try indices(of: all.map(\.path), matching: pattern, "parameter").map { all[$0] }, hook)
  }

  /// As `onParameterGradient` with a pattern, for the own parameters of all modules of a kind, subclasses included.
  /// Throws a `HookError` if there are none.
  @discardableResult
  public func onParameterGradient<Kind: Module>(_ kind: Kind.Type, _ hook: @escaping Hook) throws -> HookHandle {
    let held = Set(try all(kind).flatMap { $0.module.ownParameters.map { ObjectIdentifier($0.parameter) } })
    guard !held.isEmpty else {
      let others = Set(modules.filter { !$0.module.ownParameters.isEmpty }.map(\.module.kind)).sorted()
      throw HookError.nothingMatches(
        pattern: "\(kind)", what: "parameter of a module of the kind",
        nearest: nearestNames(to: "\(kind)", among: others))
    }
    return attach(to: parameters.filter { held.contains(ObjectIdentifier($0.parameter)) }, hook)
  }

  typealias HookTarget = (path: String, module: Module)

  func modules(matching pattern: String) throws -> [HookTarget] {
    let all = modules
    return try indices(of: all.map(\.path), matching: pattern, "module").map { all[$0] }
  }

  private func all<Kind: Module>(_ kind: Kind.Type) throws -> [HookTarget] {
    let found = modules.filter { $0.module is Kind }
    guard !found.isEmpty else {
      let kinds = Set(modules.map(\.module.kind)).sorted()
      throw HookError.nothingMatches(
        pattern: "\(kind)", what: "module of the kind", nearest: nearestNames(to: "\(kind)", among: kinds))
    }
    return found
  }

  /// Attaches a hook to each target; `what` names it in a warning if it is not called, nil for no audit.
  func attach(_ kind: HookKind, to targets: [HookTarget], _ what: String?, _ hook: @escaping Hook) -> HookHandle {
    let attached = targets.map { path, module in
      let new = FunctionHook(path: path, kind: module.kind, at: module, hook: hook)
      module.ownHooks.append(new, kind)
      return (module, new)
    }
    let waitsForGradient = kind == .inputGradient || kind == .outputGradient
    return handle(attached.map(\.1), what, waitsForGradient: waitsForGradient) {
      for (module, _) in attached {
        module.hooks?.noteRemoval(kind)
        module.dropHooksIfEmpty()
      }
    }
  }

  private func attach(to targets: [(path: String, parameter: Parameter)], _ hook: @escaping Hook) -> HookHandle {
    let attached = targets.map { path, parameter in
      let new = FunctionHook(path: path, kind: "Parameter", at: parameter, hook: hook)
      parameter.gradientHooks.append(new)
      return (parameter.gradientHooks, new)
    }
    return handle(attached.map(\.1), "parameter gradient hook", waitsForGradient: true) {
      for (hooks, _) in attached { hooks.noteRemoval() }
    }
  }

  /// The handle of attached hooks, with an audit unless `what` is nil.
  private func handle(
    _ attached: [AttachedHook], _ what: String?, waitsForGradient: Bool, remove: @escaping () -> Void
  ) -> HookHandle {
    let audit = what.map { HookAudit(attached, $0, waitsForGradient: waitsForGradient, in: self) }
    if let audit {
      ownHooks.append(audit)
      audit.attachToParts()
      if waitsForGradient { for hook in attached { hook.lateGradients = audit.lateGradients } }
    }
    let handle = HookHandle { [self] isScopeOver in
      for hook in attached { hook.isAttached = false }
      remove()
      if let audit {
        audit.end(isScopeOver: isScopeOver)
        hooks?.noteEndOfAudit()
      }
      dropHooksIfEmpty()
    }
    hooks?.newHandles?.append(handle)
    return handle
  }

  /// The module's hooks; created if there are none.
  var ownHooks: ModuleHooks {
    if let hooks { return hooks }
    let new = ModuleHooks()
    hooks = new
    return new
  }

  func dropHooksIfEmpty() { if hooks?.isEmpty == true { hooks = nil } }

  /// Calls `observer` with each input of each call of this module; a returned tensor replaces the input. Without an audit.
  package func observeInputs(_ observer: @escaping Hook) -> HookHandle {
    attach(.input, to: [("", self)], nil, observer)
  }

  /// Calls `observer` with each output of each call of this module. Without an audit.
  package func observeOutputs(_ observer: @escaping (_ site: HookSite, _ output: Tensor) -> Void) -> HookHandle {
    attach(.output, to: [("", self)], nil) { site, output in
      observer(site, output)
      return nil
    }
  }

  /// Whether this module or a descendant has hooks; for tests.
  package var hasHooks: Bool { modules.contains { $0.module.hooks != nil } }
}
