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
  private(set) var isAttachedToParts = false

  init(_ hooks: [AttachedHook], _ what: String, waitsForGradient: Bool, in model: Module) {
    self.hooks = AuditedHooks(hooks, what)
    self.waitsForGradient = waitsForGradient
    self.model = model
    start = (thread_state_here().pointee.pass, thread_state_here().pointee.backward_passes)
  }

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
  }

  /// Called after each call of the model.
  func callEnds(_ output: Tensor) {
    if !modelWasCalled {
      modelWasCalled = true
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
    output.addGradientHook { [weak self] _ in
      self?.gradient.hasArrived = true
      return nil
    }
  }

  /// Called before each call of a part of the model, until the model itself is called.
  func partBegins(_ part: ModuleHooks) {
    guard !modelWasCalled, !hooks.areReported, parts.beginsRound(ObjectIdentifier(part)) else { return }
    guard waitsForGradient ? parts.areEnoughForGradients : parts.areEnoughForCalls else { return }
    report(.onlyPartsCalled(waitsForGradient: waitsForGradient))
    detachFromParts()
  }

  /// Called before the hooks are removed.
  func end() {
    guard !hasEnded else { return }
    let now = thread_state_here().pointee
    if !waitsForGradient {
      if now.pass > start.passes { report(missingReason) }
    } else if gradient.hasArrived {
      report(missingReason)
    } else if gradient.endedElsewhere {
      report(.gradientElsewhere(outputIsOnTape: gradient.outputIsOnTape))
    } else if !modelWasCalled, now.backward_passes > start.backwardPasses {
      report(missingReason)
    }
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
