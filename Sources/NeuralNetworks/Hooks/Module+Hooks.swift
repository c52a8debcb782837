import Autodiff
import Support

extension Module {
  /// Calls `hook` with the input of each call of a module whose path fits `pattern`, before the call; what it returns replaces
  /// the input. `*` is one component of a path, `**` any number. Throws if nothing fits.
  @discardableResult
  public func onInput(_ pattern: String, _ hook: @escaping Hook) throws -> HookHandle {
    try attach(.input, to: fitting(pattern), "input hook", hook)
  }

  /// Calls `hook` after each call of a module whose path fits `pattern`, with the output; what it returns replaces the output.
  /// Throws if nothing fits. In a `checkpointed` body that is computed again only hooks that have replaced something are called
  /// again, since what they return is part of it.
  @discardableResult
  public func onForward(_ pattern: String, _ hook: @escaping Hook) throws -> HookHandle {
    try attach(.output, to: fitting(pattern), "forward hook", hook)
  }

  /// Calls `hook` with dL/d(output) of each call of a module whose path fits `pattern`, once it is complete and before it is
  /// passed on; what it returns replaces the gradient. Throws if nothing fits. The gradient
  /// of a scaled loss (`LossScaler`) is shown without the scale.
  @discardableResult
  public func onBackward(_ pattern: String, _ hook: @escaping Hook) throws -> HookHandle {
    try attach(.outputGradient, to: fitting(pattern), "backward hook", hook)
  }

  /// Calls `hook` with dL/d(input) of each call of a module whose path fits `pattern`: the part of it that comes through this
  /// call. What it returns replaces the gradient. Throws if nothing fits.
  @discardableResult
  public func onInputGradient(_ pattern: String, _ hook: @escaping Hook) throws -> HookHandle {
    try attach(.inputGradient, to: fitting(pattern), "input gradient hook", hook)
  }

  /// As `onInput` with a pattern, for all modules of a kind, subclasses included. Throws if there are none.
  @discardableResult
  public func onInput<Kind: Module>(_ kind: Kind.Type, _ hook: @escaping Hook) throws -> HookHandle {
    try attach(.input, to: all(kind), "input hook", hook)
  }

  /// As `onForward` with a pattern, for all modules of a kind, subclasses included. Throws if there are none.
  @discardableResult
  public func onForward<Kind: Module>(_ kind: Kind.Type, _ hook: @escaping Hook) throws -> HookHandle {
    try attach(.output, to: all(kind), "forward hook", hook)
  }

  /// As `onBackward` with a pattern, for all modules of a kind, subclasses included. Throws if there are none.
  @discardableResult
  public func onBackward<Kind: Module>(_ kind: Kind.Type, _ hook: @escaping Hook) throws -> HookHandle {
    try attach(.outputGradient, to: all(kind), "backward hook", hook)
  }

  /// As `onInputGradient` with a pattern, for all modules of a kind, subclasses included. Throws if there are none.
  @discardableResult
  public func onInputGradient<Kind: Module>(_ kind: Kind.Type, _ hook: @escaping Hook) throws -> HookHandle {
    try attach(.inputGradient, to: all(kind), "input gradient hook", hook)
  }

  /// Calls `hook` with dL/d(parameter) of each backward pass that reaches a parameter whose path fits `pattern`, once it is
  /// complete; what it returns is what is added to the parameter's gradient. Throws if nothing fits. The gradient of a scaled
  /// loss (`LossScaler`) is shown without the scale.
  @discardableResult
  public func onParameterGradient(_ pattern: String, _ hook: @escaping Hook) throws -> HookHandle {
    let all = parameters
    return attach(to: try indices(of: all.map(\.path), fitting: pattern, "parameter").map { all[$0] }, hook)
  }

  /// As `onParameterGradient` with a pattern, for the parameters that modules of a kind hold themselves, subclasses included.
  /// Throws if there are none.
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

  typealias Place = (path: String, module: Module)

  func fitting(_ pattern: String) throws -> [Place] {
    let all = modules
    return try indices(of: all.map(\.path), fitting: pattern, "module").map { all[$0] }
  }

  private func all<Kind: Module>(_ kind: Kind.Type) throws -> [Place] {
    let found = modules.filter { $0.module is Kind }
    guard !found.isEmpty else {
      let kinds = Set(modules.map(\.module.kind)).sorted()
      throw HookError.nothingMatches(
        pattern: "\(kind)", what: "module of the kind", nearest: nearestNames(to: "\(kind)", among: kinds))
    }
    return found
  }

  /// Attaches a hook at each place; `what` it is called if it does not fire, nil if nobody waits for it.
  func attach(_ kind: HookKind, to places: [Place], _ what: String?, _ hook: @escaping Hook) -> HookHandle {
    let attached = places.map { path, module in
      let new = CallingHook(path: path, kind: module.kind, at: module, hook: hook)
      module.ownHooks[kind].append(new)
      return (module, new)
    }
    let waitsForGradient = kind == .inputGradient || kind == .outputGradient
    return handle(attached.map(\.1), what, waitsForGradient: waitsForGradient) {
      for (module, hook) in attached {
        module.hooks?[kind].removeAll { $0 === hook }
        module.forgetHooksIfEmpty()
      }
    }
  }

  private func attach(to places: [(path: String, parameter: Parameter)], _ hook: @escaping Hook) -> HookHandle {
    let attached = places.map { path, parameter in
      let new = CallingHook(path: path, kind: "Parameter", at: parameter, hook: hook)
      parameter.gradientHooks.list.append(new)
      return (parameter.gradientHooks, new)
    }
    return handle(attached.map(\.1), "parameter gradient hook", waitsForGradient: true) {
      for (hooks, attached) in attached { hooks.list.removeAll { $0 === attached } }
    }
  }

  /// The handle of hooks that are attached, which are looked after if there is a word for what they are.
  private func handle(
    _ attached: [AttachedHook], _ what: String?, waitsForGradient: Bool, remove: @escaping () -> Void
  ) -> HookHandle {
    let watch = what.map { HookAudit(attached, $0, waitsForGradient: waitsForGradient, in: self) }
    if let watch {
      ownHooks.watches.append(watch)
      watch.waitAtParts()
    }
    let handle = HookHandle { [self] in
      for hook in attached { hook.isAttached = false }
      remove()
      watch?.ends()
      hooks?.watches.removeAll { $0 === watch }
      forgetHooksIfEmpty()
    }
    hooks?.newHandles?.append(handle)
    return handle
  }

  /// The module's hooks, made if there are none.
  var ownHooks: ModuleHooks {
    if let hooks { return hooks }
    let new = ModuleHooks()
    hooks = new
    return new
  }

  func forgetHooksIfEmpty() { if hooks?.isEmpty == true { hooks = nil } }

  /// Calls `look` with each input of each call of this module; what it returns takes the input's place. Nobody is told if it is
  /// not called.
  package func watchInputs(_ look: @escaping Hook) -> HookHandle { attach(.input, to: [("", self)], nil, look) }

  /// Calls `look` with each output of each call of this module. Nobody is told if it is not called.
  package func watchOutputs(_ look: @escaping (_ site: HookSite, _ output: Tensor) -> Void) -> HookHandle {
    attach(.output, to: [("", self)], nil) { site, output in
      look(site, output)
      return nil
    }
  }

  /// Whether no module of this one has a hook.
  package var hooksAreAbsent: Bool { modules.allSatisfy { $0.module.hooks == nil } }
}
