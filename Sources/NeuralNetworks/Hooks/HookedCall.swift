import Autodiff

/// A call of a module that is under way, as its hooks see it.
///
/// In a `checkpointed` body that is computed again it has the numbers it had at first, hooks on gradients begin to wait, and of
/// those on inputs and outputs only such are called as have replaced something, whether they are still attached or not: what they
/// return is part of what the body computes.
struct HookedCall {
  private let hooks: ModuleHooks?
  private let pass: Int64
  private let index: Int
  /// What is kept of the call, in a `checkpointed` body.
  private let record: Record?
  private let isAgain: Bool
  /// Whether the module is called with a list.
  var isOfList = false

  private final class Record {
    let pass: Int64
    let index: Int
    var replacements: [Replacement] = []

    init(pass: Int64, index: Int) { (self.pass, self.index) = (pass, index) }
  }

  private struct Replacement {
    let hook: AttachedHook
    let kind: HookKind
    let tensorIndex: Int
  }

  /// What a `checkpointed` body logs of each call, also of those without hooks, since hooks may come and go.
  private struct Logged { let record: Record? }

  /// A call that begins; nil if it is nothing to hooks.
  init?(_ hooks: ModuleHooks?, pass: Int64, isInCheckpoint: Bool) {
    guard isInCheckpoint else {
      guard let hooks else { return nil }
      (self.hooks, self.pass, index) = (hooks, pass, hooks.beginCall(in: pass))
      (record, isAgain) = (nil, false)
      return
    }
    let logged = replayed { Logged(record: hooks.map { Record(pass: pass, index: $0.beginCall(in: pass)) }) }
    guard hooks != nil || logged.record != nil else { return nil }
    record = logged.record
    self.hooks = hooks
    self.pass = record?.pass ?? pass
    index = record?.index ?? 0
    isAgain = isRecomputing
  }

  /// An input after the hooks before the call, with those for its gradient waiting.
  func applied(toInput input: Tensor, index: Int = 0) -> Tensor {
    var result = replaced(input, by: hooks?.before ?? [], .input, index) { hook, site, tensor in
      hook.look(site, tensor, tensor)
    }
    guard let waiting = hooks?.toInput, !waiting.isEmpty else { return result }
    // Others may use the same tensor, and their gradients are not this module's.
    result = result.marked()
    wait(for: result, waiting, index)
    return result
  }

  /// Several inputs, each as above.
  func applied(toInputs inputs: [Tensor]) -> [Tensor] {
    inputs.enumerated().map { applied(toInput: $0.element, index: $0.offset) }
  }

  /// An output after the forward hooks, with the backward hooks waiting for its gradient. `isInput` says that the module hands
  /// one of its inputs through.
  func applied(toOutput made: Tensor, of input: Tensor, isInput: Bool, index: Int = 0) -> Tensor {
    // Otherwise hooks would be told the gradient of all that uses the input or parameter that is handed through.
    let output = isInput || made.isLeaf ? made.marked() : made
    var result = replaced(output, by: hooks?.after ?? [], .output, index) { hook, site, tensor in
      hook.look(site, input, tensor)
    }
    if result.isLeaf { result = result.marked() }
    if let hooks {
      wait(for: result, hooks.toOutput, index)
      hooks.endCall(result)
    }
    return result
  }

  /// As above, of several inputs.
  func applied(toOutput made: Tensor, of inputs: [Tensor], index: Int = 0) -> Tensor {
    applied(toOutput: made, of: inputs.first ?? made, isInput: inputs.contains { $0 === made }, index: index)
  }

  private func wait(for tensor: Tensor, _ hooks: [AttachedHook], _ tensorIndex: Int) {
    // The tensor calls those that were added last first, since a container's come after its last child's; a module's own are
    // called in the order in which they were attached.
    for hook in hooks.reversed() {
      let here = site(hook, tensorIndex)
      tensor.addGradientHook { gradient in
        guard hook.isAttached else { return nil }
        return hook.look(here, gradient, gradient)
      }
    }
  }

  /// A tensor as hooks leave it.
  private func replaced(
    _ tensor: Tensor, by hooks: [AttachedHook], _ kind: HookKind, _ tensorIndex: Int,
    _ look: (AttachedHook, HookSite, Tensor) -> Tensor?
  ) -> Tensor {
    let called =
      isAgain
      ? (record?.replacements ?? []).filter { $0.kind == kind && $0.tensorIndex == tensorIndex }.map(\.hook) : hooks
    var result = tensor
    for hook in called {
      guard let new = look(hook, site(hook, tensorIndex), result) else { continue }
      guard new.shape == result.shape else {
        let what = kind == .input ? "input" : "output"
        stop("\(what) hook", new.shape, result.shape, "a replacement has the shape of the \(what) it replaces")
      }
      if let record, !isAgain {
        record.replacements.append(Replacement(hook: hook, kind: kind, tensorIndex: tensorIndex))
      }
      result = new
    }
    return result
  }

  private func site(_ hook: AttachedHook, _ tensorIndex: Int) -> HookSite {
    HookSite(
      path: hook.path, kind: hook.kind, callIndex: index, tensorIndex: tensorIndex, isOfList: isOfList, pass: pass)
  }
}
