import Autodiff

/// Looks at a module's calls and changes nothing.
package protocol CallWatcher: AnyObject {
  /// Called after each call, for each output, with the first input.
  func look(atOutput output: Tensor, of input: Tensor, callIndex: Int)

  /// Called with dL/d(output) of each output.
  func look(atGradient gradient: Tensor, callIndex: Int)
}

/// A watcher at a module, which may come and go at every step: where the module has no other hooks that is a matter of one
/// reference. Nobody is told if it is not called.
package final class ModuleWatch {
  /// The module.
  package let module: Module
  private let hooks: (output: AttachedHook, gradient: AttachedHook)
  /// The module's hooks where there are no others.
  private let alone = ModuleHooks()

  /// The watch of a module, not yet attached.
  package init(_ module: Module, _ watcher: any CallWatcher) {
    self.module = module
    hooks = (OutputWatch(module, watcher), GradientWatch(module, watcher))
  }

  /// Has the watcher called from now on.
  package func attach() {
    (hooks.output.isAttached, hooks.gradient.isAttached) = (true, true)
    if module.hooks == nil { module.hooks = alone }
    let present = module.hooks!
    guard !present.after.contains(where: { $0 === hooks.output }) else { return }
    present[.output].append(hooks.output)
    present[.outputGradient].append(hooks.gradient)
  }

  /// Has it called no longer, also where gradients of earlier calls are still to come.
  package func detach() {
    (hooks.output.isAttached, hooks.gradient.isAttached) = (false, false)
    guard let present = module.hooks else { return }
    if present === alone, alone.holdsOnly(2), alone.after.first === hooks.output {
      module.hooks = nil
    } else {
      present[.output].removeAll { $0 === hooks.output }
      present[.outputGradient].removeAll { $0 === hooks.gradient }
      module.forgetHooksIfEmpty()
    }
  }
}

private class Watch: AttachedHook {
  final let watcher: any CallWatcher

  init(_ module: Module, _ watcher: any CallWatcher) {
    self.watcher = watcher
    super.init(path: "", kind: "", at: module)
  }
}

private final class OutputWatch: Watch {
  override func shown(_ place: CallPlace, _ input: Tensor, _ tensor: Tensor) -> Tensor? {
    watcher.look(atOutput: tensor, of: input, callIndex: place.callIndex)
    return nil
  }
}

private final class GradientWatch: Watch {
  override func shown(_ place: CallPlace, _ input: Tensor, _ tensor: Tensor) -> Tensor? {
    watcher.look(atGradient: tensor, callIndex: place.callIndex)
    return nil
  }
}
