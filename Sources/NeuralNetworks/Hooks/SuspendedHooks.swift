import Autodiff

/// Removes the hooks of a model and of its parameters for a while, so that a measurement neither calls them nor is changed by
/// them. Hooks that are attached meanwhile are called.
package final class SuspendedHooks {
  private let modules: [(module: Module, hooks: ModuleHooks)]
  private let parameters: [(hooks: ParameterHooks, list: [AttachedHook])]
  /// What updates parameters in the backward pass.
  private let takers: [(hooks: ParameterHooks, taker: (Tensor) -> Void)]

  /// Suspends the hooks of a model.
  package init(of model: Module) {
    modules = model.modules.compactMap { _, module in module.hooks.map { (module, $0) } }
    parameters = model.parameters.map { ($0.parameter.gradientHooks, $0.parameter.gradientHooks.takeAll()) }
      .filter { !$0.1.isEmpty }
    takers = model.parameters.compactMap { _, parameter in
      parameter.gradientHooks.gradientTaker.map { (parameter.gradientHooks, $0) }
    }
    for (module, _) in modules { module.hooks = nil }
    for (hooks, _) in takers { hooks.gradientTaker = nil }
  }

  /// The paths of hooks that have replaced a value or a gradient.
  package var replacing: [String] {
    let all = modules.flatMap { $0.hooks.all } + parameters.flatMap(\.list)
    return Set(all.filter(\.hasReplaced).map(\.path)).sorted()
  }

  /// Attaches the hooks again, except those that were removed meanwhile, before those that were attached meanwhile.
  package func restore() {
    for (module, hooks) in modules {
      let new = module.hooks
      module.hooks = hooks
      hooks.merge(new === hooks ? nil : new)
      module.dropHooksIfEmpty()
    }
    for (hooks, list) in parameters { hooks.putBack(list) }
    for (hooks, taker) in takers { hooks.gradientTaker = taker }
  }
}
