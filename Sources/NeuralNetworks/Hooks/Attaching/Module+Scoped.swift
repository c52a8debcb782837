import Autodiff

extension Module {
  /// Runs `body` with the hooks that `attach` attaches, and removes them afterwards, also if `body` throws.
  ///
  /// So hooks on gradients are called in backward passes inside `body` alone. If they were never called, and a gradient arrives after
  /// `body`, a warning is printed once. Throws a `HookError` if a pattern matches nothing, and the error of a hook that throws; rethrows
  /// the error of `body`.
  ///
  ///     try model.withHooks {
  ///       try $0.onForward("blocks.**") { site, output in print(site.path, output.shape); return nil }
  ///       try $0.onBackward(Linear.self) { _, gradient in gradient * 0.5 }
  ///     } run: {
  ///       loss(model(x)).backward()
  ///     }
  public func withHooks<Result>(
    @HookList _ attach: (Module) throws -> [HookHandle], run body: () throws -> Result
  ) throws -> Result {
    // If a second hook throws, the first one must be removed.
    ownHooks.newHandles = []
    defer { dropHooksIfEmpty() }
    do {
      _ = try attach(self)
    } catch {
      for handle in takeNewHandles() { handle.remove() }
      throw error
    }
    let handles = takeNewHandles()
    // Not inside of the scope, which does not begin where another hook has thrown.
    defer { for handle in handles { handle.remove(isScopeOver: true) } }
    return try withThrowingHooks(body)
  }

  private func takeNewHandles() -> [HookHandle] {
    defer { hooks?.newHandles = nil }
    return hooks?.newHandles ?? []
  }
}

/// The result builder of `withHooks`: collects the handles of hooks that are attached line by line.
@resultBuilder
public enum HookList {
  /// All handles in order.
  public static func buildBlock(_ handles: HookHandle...) -> [HookHandle] { handles }
}
