import Autodiff
import CThreadState
import Foundation
import Support

/// Sees to it that hooks fire which were attached together through one model, and says so in words, once, if one does not, or no
/// longer.
///
/// When the whole model has been called, every hook on inputs and outputs must have fired. When a gradient has come back to the
/// model's output, hooks on gradients have until the model's next call. Where only parts of the model are called, all have until
/// the first of these comes round again.
final class HookAudit {
  private let hooks: [AttachedHook]
  private let what: String
  private let waitsForGradient: Bool
  private weak var model: Module?
  private let tell: (String) -> Void
  /// How many calls of outermost modules and backward passes the thread had made when the hooks were attached.
  private let start: (passes: Int64, backwardPasses: Int64)
  /// Whether the model itself, not only parts of it, has been called.
  private(set) var hasBeenCalled = false
  private var gradientHasCome = false
  private var isJudged = false
  private(set) var isOver = false
  /// The backward passes that came before the model's last call, whether its output was on the tape, and how many calls were
  /// followed by backward passes that did not get there.
  private var backwardPassesBefore: Int64?
  private var isOnTape = false
  private var callsWithoutGradient = 0
  private var isAtParts = false
  /// The part that was called first, the backward passes before, and how often it came round again.
  private var firstPart: ObjectIdentifier?
  private var backwardPassesBeforeParts: Int64 = 0
  private var rounds = (all: 0, withGradients: 0)
  /// The hooks that have fired, how often by the last look, and how many passes without any of them there were.
  private var living: [(hook: AttachedHook, firings: Int)] = []
  private var misses = 0

  /// A loss may take a model's output as data for several steps in a row, as those of adversaries do.
  private static let patience = 10
  /// How often the first part is called before all have been, where no backward pass says so.
  private static let longestRound = 1000

  init(
    _ hooks: [AttachedHook], _ what: String, waitsForGradient: Bool, in model: Module,
    tell: @escaping (String) -> Void = warnOnStandardError
  ) {
    self.hooks = hooks
    self.what = what
    self.waitsForGradient = waitsForGradient
    self.model = model
    self.tell = tell
    start = (thread_state_here().pointee.pass, thread_state_here().pointee.backward_passes)
  }

  /// The model is about to be called.
  func callBegins() {
    if !waitsForGradient {
      if hasBeenCalled { look() }
    } else if gradientHasCome {
      look()
    } else if gradientWentElsewhere {
      callsWithoutGradient += 1
      if callsWithoutGradient == HookAudit.patience { judge(lost) }
    }
    (gradientHasCome, backwardPassesBefore) = (false, nil)
  }

  /// The model has been called and put out a tensor.
  func callEnds(_ output: Tensor) {
    if !hasBeenCalled {
      hasBeenCalled = true
      leaveParts()
    }
    guard waitsForGradient else {
      if !isJudged { judge(uncalled) }
      return
    }
    // In a checkpoint it is on the tape only later.
    guard output.isOnTape || !isInCheckpoint else { return }
    if backwardPassesBefore == nil { backwardPassesBefore = thread_state_here().pointee.backward_passes }
    isOnTape = output.isOnTape
    guard isOnTape else { return }
    output.addGradientHook { [weak self] _ in
      self?.gradientHasCome = true
      return nil
    }
  }

  /// A part of the model is about to be called, and the model itself has not been.
  func partBegins(_ part: ModuleHooks) {
    guard !hasBeenCalled, !isJudged else { return }
    let backwardPasses = thread_state_here().pointee.backward_passes
    guard let firstPart else {
      return (firstPart, backwardPassesBeforeParts) = (ObjectIdentifier(part), backwardPasses)
    }
    guard firstPart == ObjectIdentifier(part) else { return }
    rounds.all += 1
    if backwardPasses > backwardPassesBeforeParts { rounds.withGradients += 1 }
    backwardPassesBeforeParts = backwardPasses
    let isLongEnough =
      waitsForGradient
      ? rounds.withGradients >= HookAudit.patience
      : rounds.withGradients > 0 || rounds.all >= HookAudit.longestRound
    if isLongEnough {
      judge(partsOnly)
      leaveParts()
    }
  }

  /// The hooks are about to be removed.
  func ends() {
    guard !isOver else { return }
    let now = thread_state_here().pointee
    if !waitsForGradient {
      if now.pass > start.passes { judge(uncalled) }
    } else if gradientHasCome {
      judge(uncalled)
    } else if gradientWentElsewhere {
      judge(lost)
    } else if !hasBeenCalled, now.backward_passes > start.backwardPasses {
      judge(uncalled)
    }
    isOver = true
    leaveParts()
  }

  /// Waits at all parts of the model for what is called if it is not the model itself.
  func waitAtParts() {
    isAtParts = true
    for (_, module) in model?.modules.dropFirst() ?? [] { module.ownHooks.watchesOfOuter.append(self) }
  }

  private func leaveParts() {
    guard isAtParts else { return }
    isAtParts = false
    for (_, module) in model?.modules.dropFirst() ?? [] {
      module.hooks?.watchesOfOuter.removeAll { $0 === self }
      module.forgetHooksIfEmpty()
    }
  }

  /// Whether a backward pass came after the model's last call and did not get to its output.
  private var gradientWentElsewhere: Bool {
    backwardPassesBefore.map { !gradientHasCome && thread_state_here().pointee.backward_passes > $0 } ?? false
  }

  /// Looks at the pass that is over.
  private func look() {
    guard isJudged else { return judge(uncalled) }
    var silent: [AttachedHook] = []
    for index in living.indices {
      if living[index].firings == living[index].hook.firings { silent.append(living[index].hook) }
      living[index].firings = living[index].hook.firings
    }
    guard !silent.isEmpty else { return }
    // Not every pass need come by, so it takes a look at the model, which costs: at the 1st, 2nd, 4th, 8th … time.
    misses += 1
    guard misses & (misses - 1) == 0, let present = model?.presentParts() else { return }
    let gone = silent.filter { hook in hook.place.map { !present.contains(ObjectIdentifier($0)) } ?? true }
    guard !gone.isEmpty else { return }
    living.removeAll { hook, _ in gone.contains { $0 === hook } }
    tell(
      "the \(what) at \(named(gone)) no longer fires: another has taken its place, to which it is to be attached anew")
  }

  private func judge(_ reason: String) {
    guard !isJudged, !isOver else { return }
    isJudged = true
    living = hooks.filter { $0.firings > 0 }.map { ($0, $0.firings) }
    let silent = hooks.filter { $0.firings == 0 }
    if !silent.isEmpty { tell("the \(what) at \(named(silent)) did not fire: \(reason)") }
  }

  private func named(_ hooks: [AttachedHook]) -> String {
    let names = hooks.map { $0.path.isEmpty ? "the model itself" : "“\($0.path)”" }
    return names.prefix(3).joined(separator: ", ") + (names.count > 3 ? " and \(names.count - 3) more" : "")
  }

  private var uncalled: String {
    guard hasBeenCalled else {
      return "nothing called it while the hook was attached"
        + (waitsForGradient ? "; a hook on gradients is attached before the forward pass" : "")
    }
    if waitsForGradient {
      return
        "a gradient came back to the model but did not get there, since what the hook watches is not used by the loss, is "
        + "data, or was computed without gradients"
    }
    return
      "the model was called but not this part of it: no forward uses it, or another has taken its place since the hook was "
      + "attached, or its forward was called by hand, part.forward(x), which must be part(x)"
  }

  private var lost: String {
    guard isOnTape else {
      return
        "gradients were computed after the model was called, but none can come to its output: it was called inside "
        + "withoutGradients { }, or nothing in it needs a gradient"
    }
    return
      "gradients were computed after the model was called, but none came back to its output: it is detached before the loss, or "
      + "the loss does not use it"
  }

  private var partsOnly: String {
    "parts of the model are called but never the model as a whole, and "
      + (waitsForGradient ? "no gradient came here" : "nothing called this part")
  }
}
