import Autodiff

/// The hooks of one module. A module without hooks holds nil instead.
final class ModuleHooks {
  @exclusivity(unchecked) private var inputs = LiveList<AttachedHook>(where: \.isAttached)
  @exclusivity(unchecked) private var outputs = LiveList<AttachedHook>(where: \.isAttached)
  @exclusivity(unchecked) private var inputGradients = LiveList<AttachedHook>(where: \.isAttached)
  @exclusivity(unchecked) private var outputGradients = LiveList<AttachedHook>(where: \.isAttached)
  @exclusivity(unchecked) private var wholeCalls = LiveList<AttachedHook>(where: \.isAttached)
  /// Audits of hooks that were attached through this module.
  @exclusivity(unchecked) private var ownAudits = LiveList<HookAudit> { !$0.hasEnded }
  /// Audits of hooks that were attached through an ancestor of this module, until the ancestor is called.
  @exclusivity(unchecked) private var auditsOfAncestors = LiveList<HookAudit> { $0.isAttachedToParts }
  /// The handles of hooks that `withHooks` is attaching; nil at all other times.
  @exclusivity(unchecked) var newHandles: [HookHandle]?
  @exclusivity(unchecked) private var pass: Int64 = -1
  @exclusivity(unchecked) private var callsInPass = 0

  // In the order in which hooks were attached.
  var onInput: [AttachedHook] { inputs.all }
  var onOutput: [AttachedHook] { outputs.all }
  var onInputGradient: [AttachedHook] { inputGradients.all }
  var onOutputGradient: [AttachedHook] { outputGradients.all }

  /// Whether there are hooks on all tensors of a call together.
  var hasCallHooks: Bool { !wholeCalls.isEmpty }

  /// The hooks on all tensors of a kind together.
  func onCall(_ kind: HookKind) -> [AttachedCallHook] {
    wholeCalls.all.map { $0 as! AttachedCallHook }.filter { $0.tensors == kind }
  }

  func append(_ hook: AttachedCallHook) { wholeCalls.append(hook, first: hook.options.contains(.first)) }

  /// Called after a hook on all tensors of a call was marked as no longer attached.
  func noteRemovalOfCallHook() { wholeCalls.noteRemoval() }

  /// Calls `body` with the hooks of a kind, to be changed in place.
  private func change(_ kind: HookKind, _ body: (inout LiveList<AttachedHook>) -> Void) {
    switch kind {
    case .input: body(&inputs)
    case .output: body(&outputs)
    case .inputGradient: body(&inputGradients)
    case .outputGradient: body(&outputGradients)
    }
  }

  func append(_ hook: AttachedHook, _ kind: HookKind) {
    change(kind) { $0.append(hook, first: hook.options.contains(.first)) }
  }

  /// Called after a hook of this kind was marked as no longer attached.
  func noteRemoval(_ kind: HookKind) { change(kind) { $0.noteRemoval() } }

  func append(_ audit: HookAudit) { ownAudits.append(audit) }

  /// Called after an audit of this module has ended.
  func noteEndOfAudit() { ownAudits.noteRemoval() }

  func append(ofAncestor audit: HookAudit) { auditsOfAncestors.append(audit) }

  /// Called after an ancestor's audit was marked as no longer attached to parts.
  func noteEndOfAncestorsAudit() { auditsOfAncestors.noteRemoval() }

  /// Whether there is nothing to call, and no hook is being attached.
  var isEmpty: Bool {
    inputs.isEmpty && outputs.isEmpty && inputGradients.isEmpty && outputGradients.isEmpty && wholeCalls.isEmpty
      && hasNoAudits
  }

  private var hasNoAudits: Bool { ownAudits.isEmpty && auditsOfAncestors.isEmpty && newHandles == nil }

  /// Whether there are only these hooks.
  func holdsOnly(output: AttachedHook, outputGradient: AttachedHook) -> Bool {
    hasNoAudits && inputs.isEmpty && inputGradients.isEmpty && wholeCalls.isEmpty && onOutput.count == 1
      && onOutput[0] === output
      && onOutputGradient.count == 1 && onOutputGradient[0] === outputGradient
  }

  var all: [AttachedHook] { onInput + onOutput + onInputGradient + onOutputGradient + wholeCalls.all }

  /// Drops hooks that were removed and audits that have ended, and appends those of `new`.
  func merge(_ new: ModuleHooks?) {
    inputs.append(contentsOf: new?.onInput ?? [])
    outputs.append(contentsOf: new?.onOutput ?? [])
    inputGradients.append(contentsOf: new?.onInputGradient ?? [])
    outputGradients.append(contentsOf: new?.onOutputGradient ?? [])
    wholeCalls.append(contentsOf: new?.wholeCalls.all ?? [])
    ownAudits.append(contentsOf: new?.ownAudits.all ?? [])
    auditsOfAncestors.append(contentsOf: new?.auditsOfAncestors.all ?? [])
    dropRemoved()
  }

  /// Drops hooks that were removed without being noted, and audits that have ended.
  func dropRemoved() {
    for kind in HookKind.allCases { change(kind) { $0.dropRemoved() } }
    wholeCalls.dropRemoved()
    ownAudits.dropRemoved()
    auditsOfAncestors.dropRemoved()
  }

  /// Reports the beginning of a call to audits; returns the call's index in the forward pass.
  func beginCall(in pass: Int64) -> Int {
    if !ownAudits.isEmpty { for audit in ownAudits.all { audit.callBegins() } }
    if !auditsOfAncestors.isEmpty { for audit in auditsOfAncestors.all { audit.partBegins(self) } }
    callsInPass = self.pass == pass ? callsInPass + 1 : 0
    self.pass = pass
    return callsInPass
  }

  /// Whether the module was called in a forward pass while it had hooks or audits.
  func wasCalled(in pass: Int64) -> Bool { self.pass == pass }

  /// Reports the end of a call to audits.
  func endCall(_ output: Tensor) {
    guard !ownAudits.isEmpty else { return }
    for audit in ownAudits.all { audit.callEnds(output) }
  }
}
