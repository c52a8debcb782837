import Autodiff

/// Observes the outputs of a module's calls and their gradients, without changing them.
package protocol CallObserver: AnyObject {
  /// Called after each call, for each output, with the call's first input. `isLayer` is true if the module counts among the layers on
  /// the path to the output.
  func observe(output: Tensor, of input: Tensor, callIndex: Int, isLayer: Bool)

  /// Called with dL/d(output) of each output.
  func observe(gradient: Tensor, callIndex: Int)
}

/// An observer at a module, attached and detached at every recorded step. If the module has no other hooks, attaching sets one
/// reference. It has no audit.
package final class ModuleObservation {
  /// The module.
  package let module: Module
  private let hooks: (output: AttachedHook, gradient: AttachedHook)
  /// The module's hooks if there are no others.
  private let alone = ModuleHooks()

  /// An observation of a module, not yet attached.
  package init(_ module: Module, _ observer: any CallObserver) {
    self.module = module
    hooks = (OutputObservation(module, observer), GradientObservation(module, observer))
  }

  /// Calls the observer from now on.
  package func attach() {
    (hooks.output.isAttached, hooks.gradient.isAttached) = (true, true)
    if module.hooks == nil { module.hooks = alone }
    let present = module.hooks!
    guard !present.onOutput.contains(where: { $0 === hooks.output }) else { return }
    present.append(hooks.output, .output)
    present.append(hooks.gradient, .outputGradient)
  }

  /// No longer calls the observer, also not with gradients of earlier calls.
  package func detach() {
    let present = module.hooks
    if present === alone, alone.holdsOnly(output: hooks.output, outputGradient: hooks.gradient) {
      (hooks.output.isAttached, hooks.gradient.isAttached) = (false, false)
      module.hooks = nil
    } else {
      (hooks.output.isAttached, hooks.gradient.isAttached) = (false, false)
      // Dropped at once, since the same hooks may be attached again.
      present?.dropRemoved()
      module.dropHooksIfEmpty()
    }
  }
}

private class Observation: AttachedHook {
  final let observer: any CallObserver

  init(_ module: Module, _ observer: any CallObserver) {
    self.observer = observer
    super.init(path: "", kind: "", at: module)
  }
}

private final class OutputObservation: Observation {
  override func run(_ site: HookedTensor, _ input: Tensor, _ tensor: Tensor) -> Tensor? {
    observer.observe(output: tensor, of: input, callIndex: site.callIndex, isLayer: site.isLayer)
    return nil
  }
}

private final class GradientObservation: Observation {
  override func run(_ site: HookedTensor, _ input: Tensor, _ tensor: Tensor) -> Tensor? {
    observer.observe(gradient: tensor, callIndex: site.callIndex)
    return nil
  }
}
