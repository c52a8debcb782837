/// A hook that is attached to a module or parameter of a model.
public struct HookDescription: CustomStringConvertible {
  /// The path of the module or parameter in the model that was asked.
  public let path: String
  /// The kind of hook, such as "forward hook".
  public let name: String
  /// How often the hook has been called.
  public let callCount: Int

  /// Such as: forward hook at “blocks.3”, called 12 times.
  public var description: String {
    "\(name) at \(path.isEmpty ? "the model itself" : "“\(path)”"), called \(callCount) times"
  }
}

extension Module {
  /// The hooks of this module, its descendants and their parameters, by whatever model they were attached: modules in order, and the hooks
  /// of a module in the order in which they are called. Hooks of captures and recordings are not among them.
  public var attachedHooks: [HookDescription] {
    listedHooks.map { HookDescription(path: $0, name: $1.group!.name, callCount: $1.callCount) }
  }

  /// Removes all hooks that `attachedHooks` lists. Their handles have no effect afterwards.
  public func removeAllHooks() { for (_, hook) in listedHooks { hook.group?.remove(isScopeOver: false) } }

  private var listedHooks: [(path: String, hook: AttachedHook)] {
    let ofModules = modules.flatMap { path, module in (module.hooks?.all ?? []).map { (path, $0) } }
    let ofParameters = parameters.flatMap { path, parameter in parameter.gradientHooks.all.map { (path, $0) } }
    return (ofModules + ofParameters).filter { $0.1.isAttached && $0.1.group?.isListed == true }
  }
}
