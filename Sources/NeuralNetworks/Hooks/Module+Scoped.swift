extension Module {
  /// Runs `body` with the hooks that `attach` attaches, and takes them away afterwards, also if `body` throws.
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
    // A second hook may throw when the first one is attached already.
    ownHooks.newHandles = []
    defer { forgetHooksIfEmpty() }
    do {
      _ = try attach(self)
    } catch {
      for handle in takeNewHandles() { handle.remove() }
      throw error
    }
    let handles = takeNewHandles()
    defer { for handle in handles { handle.remove() } }
    return try body()
  }

  private func takeNewHandles() -> [HookHandle] {
    defer { hooks?.newHandles = nil }
    return hooks?.newHandles ?? []
  }
}

/// Gathers the handles of hooks that are attached one after the other.
@resultBuilder
public enum HookList {
  /// All handles in order.
  public static func buildBlock(_ handles: HookHandle...) -> [HookHandle] { handles }
}
