import Autodiff

/// The hooks of a model and of its parameters, put aside so that a look at the model from outside does not run them: neither do
/// they see what is computed meanwhile, nor change it. Hooks that are attached meanwhile run.
package final class SuspendedHooks {
  private let modules: [(module: Module, hooks: ModuleHooks)]
  private let parameters: [(hooks: ParameterHooks, list: [AttachedHook])]

  /// Puts the hooks of a model aside.
  package init(of model: Module) {
    modules = model.modules.compactMap { _, module in module.hooks.map { (module, $0) } }
    parameters = model.parameters.map(\.parameter.gradientHooks).filter { !$0.list.isEmpty }.map { ($0, $0.list) }
    for (module, _) in modules { module.hooks = nil }
    for (hooks, _) in parameters { hooks.list = [] }
  }

  /// The paths of hooks that have put something in the place of a value or a gradient.
  package var replacing: [String] {
    let all = modules.flatMap { $0.hooks.all } + parameters.flatMap(\.list)
    return Set(all.filter(\.hasReplaced).map(\.path)).sorted()
  }

  /// Puts them back, but for those that were removed meanwhile, and before those that were attached.
  package func restore() {
    for (module, hooks) in modules {
      let new = module.hooks
      module.hooks = hooks
      hooks.take(new === hooks ? nil : new)
      module.forgetHooksIfEmpty()
    }
    for (hooks, list) in parameters { hooks.list = list.filter(\.isAttached) + hooks.list }
  }
}
