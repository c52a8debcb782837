import Autodiff
import CThreadState

/// Warns once if hooks that were attached together through one model are never called, or are no longer called.
///
/// After a call of the whole model, hooks on inputs and outputs must have been called. After a gradient reached the model's output,
/// hooks on gradients must have been called by the model's next call. If only parts of the model are called, see `PartCalls`.
final class HookAudit {
  private var hooks: AuditedHooks
  private let waitsForGradient: Bool
  private weak var model: Module?
  /// The numbers of forward and backward passes of the thread when the hooks were attached.
  private let start: (passes: Int64, backwardPasses: Int64)
  private(set) var hasEnded = false
  /// Whether the model itself, not only a part of it, has been called.
  private var modelWasCalled = false
  private var gradient = GradientArrival()
  private var parts = PartCalls()
  /// Warns of gradients that arrive after the end of `withHooks`.
  let lateGradients = LateGradients()
  /// The number of the forward pass in which the hooks were attached, by another hook, and which they may have missed.
  private let passOfAttaching: Int64?
  private(set) var isAttachedToParts = false
  /// Whether a hook has thrown in the last call, in which the others may have been about to be called.
  private var aHookThrew = false

  init(_ hooks: [AttachedHook], _ what: String, waitsForGradient: Bool, in model: Module) {
    self.hooks = AuditedHooks(hooks, what)
    self.waitsForGradient = waitsForGradient
    self.model = model
    let now = thread_state_here().pointee
    start = (now.pass, now.backward_passes)
    passOfAttaching = now.call_depth > 0 ? now.pass : nil
  }

  /// Whether the hooks were attached in the forward pass that is running.
  private var isInPassOfAttaching: Bool { passOfAttaching == thread_state_here().pointee.pass }

  /// Called before each call of the model.
  func callBegins() {
    if !waitsForGradient {
      if modelWasCalled { check() }
    } else if gradient.hasArrived {
      check()
    } else if gradient.endsElsewhereTooOften() {
      report(.gradientElsewhere(outputIsOnTape: gradient.outputIsOnTape))
    }
    gradient.callBegins()
    if !modelWasCalled { hooks.firstCallBegins() }
  }

  /// Called after each call of the model.
  func callEnds(_ output: Tensor) {
    aHookThrew = isAbandoned
    guard !isInPassOfAttaching, !isAbandoned else { return }
    if !modelWasCalled {
      modelWasCalled = true
      hooks.firstCallEnds(in: thread_state_here().pointee.pass)
      detachFromParts()
    }
    guard waitsForGradient else {
      report(.notCalled)
      return
    }
    // In a checkpoint the output is on the tape only when it is recomputed.
    guard output.isOnTape || !isInCheckpoint else { return }
    gradient.callEnds(outputIsOnTape: output.isOnTape)
    guard output.isOnTape else { return }
    output.addGradientHook { [weak self, lateGradients] _ in
      self?.gradient.hasArrived = true
      lateGradients.arrived()
      return nil
    }
  }

  /// Called before each call of a part of the model, until the model itself is called.
  func partBegins(_ part: ModuleHooks) {
    if isAbandoned { aHookThrew = true }
    guard !modelWasCalled, !hooks.areReported, !isInPassOfAttaching, !isAbandoned,
      parts.beginsRound(ObjectIdentifier(part))
    else {
      return
    }
    guard waitsForGradient ? parts.areEnoughForGradients : parts.areEnoughForCalls else { return }
    report(.onlyPartsCalled(waitsForGradient: waitsForGradient))
    detachFromParts()
  }

  /// Called before the hooks are removed; `isScopeOver` is true at the end of `withHooks`. In a pass that is running, where another
  /// hook removes them, they may have been about to be called.
  func end(isScopeOver: Bool) {
    guard !hasEnded else { return }
    let now = thread_state_here().pointee
    if aHookThrew || isAbandoned {
      // They may have been about to be called.
    } else if !waitsForGradient {
      if now.pass - start.passes > (now.call_depth > 0 ? 1 : 0) { report(missingReason) }
    } else if now.backward_depth > 0 {
      // The gradient may have been on its way.
    } else if gradient.hasArrived {
      report(missingReason)
    } else if gradient.endedElsewhere {
      report(.gradientElsewhere(outputIsOnTape: gradient.outputIsOnTape))
    } else if !modelWasCalled, now.backward_passes > start.backwardPasses {
      report(missingReason)
    }
    if isScopeOver, waitsForGradient { lateGradients.scopeIsOver(hooks.warningOfUncalled(.scopeIsOver)) }
    hasEnded = true
    detachFromParts()
  }

  /// Audits the calls of all parts of the model, until the model itself is called.
  func attachToParts() {
    isAttachedToParts = true
    for (_, module) in model?.modules.dropFirst() ?? [] { module.ownHooks.append(ofAncestor: self) }
  }

  private func detachFromParts() {
    guard isAttachedToParts else { return }
    isAttachedToParts = false
    for (_, module) in model?.modules.dropFirst() ?? [] {
      module.hooks?.noteEndOfAncestorsAudit()
      module.dropHooksIfEmpty()
    }
  }

  /// Checks the pass that is over.
  private func check() {
    if hooks.areReported { hooks.warnOfReplaced(in: model) } else { report(missingReason) }
  }

  private func report(_ reason: SilentHookReason) { if !hasEnded { hooks.warnOfUncalled(reason) } }

  private var missingReason: SilentHookReason {
    if !modelWasCalled { return .nothingCalled(waitsForGradient: waitsForGradient) }
    return waitsForGradient ? .noGradient : .notCalled
  }
}
