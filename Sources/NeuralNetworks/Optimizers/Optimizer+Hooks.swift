import Autodiff

extension Optimizer {
  /// Observes one update of a parameter: norms over all its elements, of the weight before the step and of the change made.
  package typealias UpdateObserver = (_ parameter: Parameter, _ norms: StepNorms) -> Void

  /// Calls `hook` at the beginning of every step, when gradients are complete and without a `LossScaler`'s scale.
  ///
  /// The hook may replace gradients, and may set the learning rate where there is no schedule. If backward passes compute
  /// gradients but no step follows, a warning is printed once.
  @discardableResult
  public final func beforeStep(_ hook: @escaping (Optimizer) -> Void) -> HookHandle {
    attach(hook, \.hooksBefore, "beforeStep hook")
  }

  /// Calls `hook` at the end of every step, when parameters are updated and gradients are cleared.
  ///
  /// If backward passes compute gradients but no step follows, a warning is printed once.
  @discardableResult
  public final func afterStep(_ hook: @escaping (Optimizer) -> Void) -> HookHandle {
    attach(hook, \.hooksAfter, "afterStep hook")
  }

  /// Calls `observer` after each update of a parameter.
  package final func observe(_ observer: @escaping UpdateObserver) -> HookHandle { attach(observer, \.updateObservers) }

  /// Calls `observer` after each step that a `LossScaler` skipped, with the scale at which gradients were not finite.
  package final func observeSkips(_ observer: @escaping (_ scale: Float) -> Void) -> HookHandle {
    attach(observer, \.skipObservers)
  }

  /// Attaches a hook; `name` is its name in a warning, nil for no audit.
  private func attach<Hook>(
    _ hook: Hook, _ list: ReferenceWritableKeyPath<Optimizer, LiveList<StepHook<Hook>>>, _ name: String? = nil
  ) -> HookHandle {
    let attached = StepHook(hook)
    self[keyPath: list].append(attached)
    let audit = name.map { StepAudit($0, of: self) }
    if let audit { audits.append(audit) }
    return HookHandle { [weak self] _ in
      attached.isAttached = false
      self?[keyPath: list].noteRemoval()
      if let audit {
        audit.end()
        self?.audits.noteRemoval()
      }
    }
  }
}

/// A hook of an optimizer's steps.
final class StepHook<Function> {
  let call: Function
  /// False once the hook is removed.
  var isAttached = true

  init(_ call: Function) { self.call = call }
}
