import Autodiff

extension Module {
  typealias HookTarget = (path: String, module: Module)

  func modules(matching pattern: String) throws -> [HookTarget] {
    let all = modules
    return try indices(of: all.map(\.path), matching: pattern, "module").map { all[$0] }
  }

  /// Attaches a hook to each target, with an audit.
  func attach(_ kind: HookKind, to targets: [HookTarget], _ options: HookOptions, _ hook: @escaping Hook) -> HookHandle
  {
    attach(kind, to: targets, options, isAudited: true, hook)
  }

  /// As above; a hook without an audit is one of a capture or a recording.
  func attach(
    _ kind: HookKind, to targets: [HookTarget], _ options: HookOptions = [], isAudited: Bool, isLast: Bool = false,
    _ hook: @escaping Hook
  ) -> HookHandle {
    checkOptions(options, of: kind)
    let group = HookGroup(kind.hookName, isListed: isAudited, in: self)
    let attached = targets.map { path, module in
      let new = FunctionHook(path: path, kind: module.kind, at: module, hook: hook)
      (new.options, new.isLast) = (options, isLast)
      module.ownHooks.append(new, kind)
      group.add(new) { module in
        (module as? Module)?.hooks?.noteRemoval(kind)
        (module as? Module)?.dropHooksIfEmpty()
      }
      return new
    }
    return handle(of: attached, group, waitsForGradient: kind.isOfGradients)
  }

  /// Attaches a hook on all tensors of a kind of each target's calls.
  func attach(
    _ kind: HookKind, to targets: [HookTarget], _ options: HookOptions, _ hook: @escaping CallHook
  ) -> HookHandle {
    checkOptions(options, of: kind)
    let group = HookGroup("\(kind.hookName) on calls", isListed: true, in: self)
    let attached = targets.map { path, module in
      let new = AttachedCallHook(path: path, at: module, kind, hook: hook)
      new.options = options
      module.ownHooks.append(new)
      group.add(new) { module in
        (module as? Module)?.hooks?.noteRemovalOfCallHook()
        (module as? Module)?.dropHooksIfEmpty()
      }
      return new
    }
    return handle(of: attached, group, waitsForGradient: kind.isOfGradients)
  }

  func attach(
    to targets: [(path: String, parameter: Parameter)], _ options: HookOptions, _ hook: @escaping Hook
  ) -> HookHandle {
    checkOptions(options, of: .outputGradient)
    let group = HookGroup("parameter gradient hook", isListed: true, in: self)
    let attached = targets.map { path, parameter in
      let new = FunctionHook(path: path, kind: "Parameter", at: parameter, hook: hook)
      new.options = options
      parameter.gradientHooks.append(new)
      group.add(new) { ($0 as? Parameter)?.gradientHooks.noteRemoval() }
      return new
    }
    return handle(of: attached, group, waitsForGradient: true)
  }

  private func checkOptions(_ options: HookOptions, of kind: HookKind) {
    if options.contains(.always), kind.isOfGradients {
      stop("hook", "a hook on gradients can't have the option .always: a backward pass ends where a hook throws")
    }
  }

  /// The handle of attached hooks, with an audit of those that are listed.
  private func handle(of attached: [AttachedHook], _ group: HookGroup, waitsForGradient: Bool) -> HookHandle {
    if group.isListed {
      let audit = HookAudit(attached, group.name, waitsForGradient: waitsForGradient, in: self)
      ownHooks.append(audit)
      audit.attachToParts()
      if waitsForGradient { for hook in attached { hook.lateGradients = audit.lateGradients } }
      group.add(audit)
    }
    let handle = HookHandle { group.remove(isScopeOver: $0) }
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
    attach(.input, to: [("", self)], isAudited: false, observer)
  }

  /// Calls `observer` with each output of each call of this module. Without an audit.
  package func observeOutputs(_ observer: @escaping (_ site: HookSite, _ output: Tensor) -> Void) -> HookHandle {
    attach(.output, to: [("", self)], isAudited: false) { site, output in
      observer(site, output)
      return nil
    }
  }

  /// Whether this module or a descendant has hooks; for tests.
  package var hasHooks: Bool { modules.contains { $0.module.hooks != nil } }
}
