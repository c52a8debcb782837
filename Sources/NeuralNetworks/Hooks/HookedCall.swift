import Autodiff

/// What is kept of a module's call in a `checkpointed` body.
///
/// When the body is computed again the call has the numbers it had at first, hooks on gradients begin to wait, and of those on
/// inputs and outputs only such are called as have replaced something, whether they are still attached or not: what they return
/// is part of what the body computes.
final class CheckpointedCall {
  let pass: Int64
  let index: Int
  private var replacements: [Replacement] = []

  private struct Replacement {
    let hook: AttachedHook
    let kind: HookKind
    let tensorIndex: Int
  }

  init(pass: Int64, index: Int) { (self.pass, self.index) = (pass, index) }

  func note(_ hook: AttachedHook, _ kind: HookKind, at place: CallPlace) {
    replacements.append(Replacement(hook: hook, kind: kind, tensorIndex: place.tensorIndex))
  }

  func hooks(_ kind: HookKind, at place: CallPlace) -> [AttachedHook] {
    replacements.filter { $0.kind == kind && $0.tensorIndex == place.tensorIndex }.map(\.hook)
  }
}

/// A call of a module that is under way, as its hooks see it.
struct HookedCall {
  /// The module's, or none of a module that had some when a `checkpointed` body was computed first.
  let hooks: ModuleHooks
  var place: CallPlace
  let kept: CheckpointedCall?

  /// What a `checkpointed` body logs of each call, also of those without hooks, since hooks may come and go.
  private struct Logged { let call: CheckpointedCall? }

  /// A call that begins outside of `checkpointed` bodies.
  @inline(__always)
  init(_ hooks: ModuleHooks, pass: Int64) {
    self.hooks = hooks
    place = CallPlace(callIndex: hooks.beginCall(in: pass), pass: pass)
    kept = nil
  }

  /// A call that begins in one; nil if it is nothing to hooks.
  init?(inCheckpoint hooks: ModuleHooks?, pass: Int64) {
    let call = replayed {
      Logged(call: hooks.map { CheckpointedCall(pass: pass, index: $0.beginCall(in: pass)) })
    }.call
    guard hooks != nil || call != nil else { return nil }
    self.hooks = hooks ?? ModuleHooks()
    place = CallPlace(callIndex: call?.index ?? 0, pass: call?.pass ?? pass)
    // Hooks that came only after the body was computed first have replaced nothing in it.
    kept = call ?? (isRecomputing ? CheckpointedCall(pass: pass, index: 0) : nil)
  }

  /// Several inputs after the hooks before the call, with those for their gradients waiting.
  func applied(toInputs inputs: [Tensor]) -> [Tensor] {
    inputs.enumerated().map { hooks.applied(toInput: $0.element, place.ofTensor($0.offset), kept) }
  }

  /// An output after the forward hooks, with the backward hooks waiting for its gradient.
  func applied(toOutput made: Tensor, of inputs: [Tensor], index: Int = 0) -> Tensor {
    hooks.applied(
      toOutput: made, of: inputs.first ?? made, isInput: inputs.contains { $0 === made }, place.ofTensor(index), kept)
  }
}

extension ModuleHooks {
  /// An input after the hooks before the call, with those for its gradient waiting.
  func applied(toInput input: Tensor, _ place: CallPlace, _ kept: CheckpointedCall?) -> Tensor {
    var result = before.isEmpty && kept == nil ? input : replaced(input, by: before, .input, place, kept, of: nil)
    if !toInput.isEmpty {
      // Others may use the same tensor, and their gradients are not this module's.
      result = result.identity()
      wait(for: result, toInput, place)
    }
    return result
  }

  /// An output after the forward hooks, with the backward hooks waiting for its gradient. `isInput` says that the module hands
  /// one of its inputs through.
  func applied(
    toOutput made: Tensor, of input: Tensor, isInput: Bool, _ place: CallPlace, _ kept: CheckpointedCall?
  ) -> Tensor {
    // Otherwise hooks would be told the gradient of all that uses the input or parameter that is handed through.
    let output = isInput || made.isLeaf ? made.identity() : made
    var result = replaced(output, by: after, .output, place, kept, of: input)
    if result.isLeaf { result = result.identity() }
    wait(for: result, toOutput, place)
    endCall(result)
    return result
  }

  private func wait(for tensor: Tensor, _ hooks: [AttachedHook], _ place: CallPlace) {
    // The tensor calls those that were added last first, since a container's come after its last child's; a module's own are
    // called in the order in which they were attached.
    for index in hooks.indices.reversed() { tensor.add(WaitingHook(hooks[index], place)) }
  }

  /// A tensor as hooks leave it; they are shown an input, or where there is none the tensor itself.
  private func replaced(
    _ tensor: Tensor, by hooks: [AttachedHook], _ kind: HookKind, _ place: CallPlace, _ kept: CheckpointedCall?,
    of input: Tensor?
  ) -> Tensor {
    let isAgain = kept != nil && isRecomputing
    let called = isAgain ? kept!.hooks(kind, at: place) : hooks
    var result = tensor
    for index in called.indices {
      guard let new = called[index].look(place, input ?? result, result) else { continue }
      guard new.shape == result.shape else {
        let what = kind == .input ? "input" : "output"
        stop("\(what) hook", new.shape, result.shape, "a replacement has the shape of the \(what) it replaces")
      }
      if !isAgain { kept?.note(called[index], kind, at: place) }
      new.layerDepth = max(new.layerDepth, result.layerDepth)
      result = new
    }
    return result
  }
}

/// A hook of a module that waits for the gradient of a tensor.
private final class WaitingHook: GradientHook {
  var next: (any GradientHook)?
  private let hook: AttachedHook
  private let place: CallPlace

  init(_ hook: AttachedHook, _ place: CallPlace) { (self.hook, self.place) = (hook, place) }

  func look(_ gradient: Tensor) -> Tensor? { hook.isAttached ? hook.look(place, gradient, gradient) : nil }
}
