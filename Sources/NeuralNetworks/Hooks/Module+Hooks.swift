import Autodiff

/// A hook that is attached; it stays so until `remove()`.
public final class HookHandle {
  private var detach: (() -> Void)?

  init(_ detach: @escaping () -> Void) { self.detach = detach }

  /// Takes the hook away. A second call does nothing.
  public func remove() {
    detach?()
    detach = nil
  }
}

extension Module {
  /// Calls `hook` after each call of a module whose path fits `pattern`, with the output; what it returns replaces the output.
  /// `*` is one component of a path, `**` any number. Throws if nothing fits.
  @discardableResult
  public func onForward(_ pattern: String, _ hook: @escaping Hook) throws -> HookHandle {
    try attach(pattern, \.forward, hook)
  }

  /// Calls `hook` with dL/d(output) of each call of a module whose path fits `pattern`, once it is complete and before it is
  /// passed on; what it returns replaces the gradient. Throws if nothing fits.
  @discardableResult
  public func onBackward(_ pattern: String, _ hook: @escaping Hook) throws -> HookHandle {
    try attach(pattern, \.backward, hook)
  }

  /// Calls `hook` with dL/d(parameter) of each backward pass that reaches a parameter whose path fits `pattern`, once it is
  /// complete; what it returns is what is added to the parameter's gradient. Throws if nothing fits.
  @discardableResult
  public func onParameterGradient(_ pattern: String, _ hook: @escaping Hook) throws -> HookHandle {
    let all = parameters
    let chosen = try indices(of: all.map(\.path), fitting: pattern, "parameter").map { all[$0] }
    let id = HookID()
    for (path, parameter) in chosen {
      let site = HookSite(path: path, kind: "Parameter", callIndex: 0)
      parameter.addGradientHook(id) { hook(site, $0) }
    }
    return HookHandle { for (_, parameter) in chosen { parameter.removeGradientHook(id) } }
  }

  private func attach(
    _ pattern: String, _ list: ReferenceWritableKeyPath<ModuleHooks, [ModuleHooks.Entry]>, _ hook: @escaping Hook
  ) throws -> HookHandle {
    let all = modules
    let handles = try indices(of: all.map(\.path), fitting: pattern, "module").map {
      all[$0].module.attach(as: all[$0].path, list, hook)
    }
    return HookHandle { for handle in handles { handle.remove() } }
  }

  /// Attaches a hook to this module, which is called `path` in the model that is being watched.
  private func attach(
    as path: String, _ list: ReferenceWritableKeyPath<ModuleHooks, [ModuleHooks.Entry]>, _ hook: @escaping Hook
  ) -> HookHandle {
    let id = HookID()
    let hooks = self.hooks ?? ModuleHooks(kind: kind)
    hooks[keyPath: list].append(.init(id: id, path: path, hook: hook))
    self.hooks = hooks
    return HookHandle { [self] in
      hooks[keyPath: list].removeAll { $0.id === id }
      if hooks.isEmpty { self.hooks = nil }
    }
  }

  /// As `onForward` and `onBackward`, for this module alone.
  package func watch(as path: String, forward: Hook? = nil, backward: Hook? = nil) -> HookHandle {
    let handles = [forward.map { attach(as: path, \.forward, $0) }, backward.map { attach(as: path, \.backward, $0) }]
    return HookHandle { for handle in handles { handle?.remove() } }
  }

  /// Whether no module of this one has a hook.
  package var hooksAreAbsent: Bool { modules.allSatisfy { $0.module.hooks == nil } }
}
