import Autodiff

/// The record of one call of a module in a `checkpointed` body.
///
/// When the body is recomputed, the call has the same number as in the first run, and gradient hooks are attached. Of the
/// input and output hooks, only those are called again that replaced a tensor, even if they were removed meanwhile, since their
/// results are part of the computation.
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

  /// `tensor` is that of a hook on a whole call where its `tensorIndex` is -1.
  func recordReplacement(by hook: AttachedHook, _ kind: HookKind, of tensor: HookedTensor) {
    replacements.append(Replacement(hook: hook, kind: kind, tensorIndex: tensor.tensorIndex))
  }

  /// The hooks that replaced this tensor.
  func hooks(_ kind: HookKind, of tensor: HookedTensor) -> [AttachedHook] {
    replacements.filter { $0.kind == kind && $0.tensorIndex == tensor.tensorIndex }.map(\.hook)
  }
}

/// A running call of a module that calls hooks.
struct HookedCall {
  /// The hooks of the module; empty if they were removed since the first run of a `checkpointed` body.
  let hooks: ModuleHooks
  /// Identifies the call's first tensor.
  var tensor: HookedTensor
  let checkpoint: CheckpointedCall?
  /// Where a hook on the call gets the gradients of its inputs.
  let callGradients: CallGradients?

  /// The log entry of a `checkpointed` body for each call, also for calls without hooks, since hooks may be added later.
  private struct LogEntry { let call: CheckpointedCall? }

  /// A call outside of `checkpointed` bodies.
  @inline(__always)
  init(_ hooks: ModuleHooks, pass: Int64) {
    self.hooks = hooks
    tensor = HookedTensor(callIndex: hooks.beginCall(in: pass), pass: pass)
    checkpoint = nil
    callGradients = hooks.hasCallHooks && !hooks.onCall(.inputGradient).isEmpty ? CallGradients() : nil
  }

  /// A call inside a `checkpointed` body; nil if there are no hooks to call.
  init?(inCheckpoint hooks: ModuleHooks?, pass: Int64) {
    let call = replayed {
      LogEntry(call: hooks.map { CheckpointedCall(pass: pass, index: $0.beginCall(in: pass)) })
    }.call
    guard hooks != nil || call != nil else { return nil }
    self.hooks = hooks ?? ModuleHooks()
    tensor = HookedTensor(callIndex: call?.index ?? 0, pass: call?.pass ?? pass)
    // Hooks that were attached after the first run replaced nothing in it.
    checkpoint = call ?? (isInReplay ? CheckpointedCall(pass: pass, index: 0) : nil)
    callGradients = self.hooks.onCall(.inputGradient).isEmpty ? nil : CallGradients()
  }

  /// Whether a checkpoint's body is computed again, in which hooks only repeat what they replaced.
  var isRepeated: Bool { checkpoint != nil && isInReplay }

  /// The inputs after input hooks; input gradient hooks are attached to them.
  func applied(toInputs inputs: [Tensor]) -> [Tensor] {
    guard hooks.hasCallHooks || isRepeated else {
      return inputs.enumerated().map { hooks.applied(toInput: $1, tensor.at($0), checkpoint) }
    }
    let each = inputs.enumerated().map { hooks.replaced(input: $1, tensor.at($0), checkpoint) }
    let all = joinedInputs(replaced(each, .input, of: []))
    return all.enumerated().map { hooks.withGradientHooks(input: $1, tensor.at($0)) }
  }

  /// The outputs after output hooks; output gradient hooks are attached to them. `isLayer` is true for each that
  /// counts its module among the layers on the path to it.
  func applied(toOutputs outputs: [Tensor], areOfLayer isLayer: [Bool], of inputs: [Tensor]) -> [Tensor] {
    let sites = outputs.indices.map { index in
      var site = tensor.at(index)
      site.isLayer = isLayer[index]
      return site
    }
    var results = outputs.enumerated().map { index, output in
      hooks.replaced(
        output: output, of: inputs.first ?? output, isInput: inputs.contains { $0 === output }, sites[index], checkpoint
      )
    }
    guard hooks.hasCallHooks || isRepeated else {
      return zip(results, sites).map { hooks.withGradientHooks(output: $0, $1) }
    }
    results = replaced(results, .output, of: inputs).map { $0.isLeaf ? $0.identity() : $0 }
    return zip(zip(joinedOutputs(results), results), sites).map {
      hooks.withGradientHooks(output: $0.0, computed: $0.1, $1)
    }
  }
}

extension ModuleHooks {
  /// An input after input hooks; input gradient hooks are attached to it.
  func applied(toInput input: Tensor, _ site: HookedTensor, _ checkpoint: CheckpointedCall?) -> Tensor {
    withGradientHooks(input: replaced(input: input, site, checkpoint), site)
  }

  /// An input after input hooks.
  func replaced(input: Tensor, _ site: HookedTensor, _ checkpoint: CheckpointedCall?) -> Tensor {
    onInput.isEmpty && checkpoint == nil ? input : replaced(input, by: onInput, .input, site, checkpoint, of: nil)
  }

  /// An input with the input gradient hooks.
  func withGradientHooks(input: Tensor, _ site: HookedTensor) -> Tensor {
    guard !onInputGradient.isEmpty else { return input }
    // Other modules may use the same tensor, and their part of the gradient is not this module's.
    let own = input.identity()
    attach(onInputGradient, to: own, site)
    return own
  }

  /// An output after output hooks; output gradient hooks are attached to it. `isInput` is true if the module returns one of its
  /// inputs unchanged.
  func applied(
    toOutput output: Tensor, of input: Tensor, isInput: Bool, _ site: HookedTensor, _ checkpoint: CheckpointedCall?
  ) -> Tensor {
    withGradientHooks(output: replaced(output: output, of: input, isInput: isInput, site, checkpoint), site)
  }

  /// An output after output hooks.
  func replaced(
    output: Tensor, of input: Tensor, isInput: Bool, _ site: HookedTensor, _ checkpoint: CheckpointedCall?
  ) -> Tensor {
    // A tensor that is also used elsewhere would have the gradient of all its uses.
    let own = isInput || output.isLeaf ? output.identity() : output
    return replaced(own, by: onOutput, .output, site, checkpoint, of: input)
  }

  /// An output with the output gradient hooks; `computed` is the same before it was joined with others, whose hooks come before the last.
  func withGradientHooks(output: Tensor, computed: Tensor? = nil, _ site: HookedTensor) -> Tensor {
    let result = output.isLeaf ? output.identity() : output
    result.isModuleOutput = true
    attach(onOutputGradient, to: result, last: computed, site)
    endCall(result)
    return result
  }

  private func attach(_ hooks: [AttachedHook], to tensor: Tensor, last: Tensor? = nil, _ site: HookedTensor) {
    // A tensor calls the hooks that were added last first, since those of a container come after those of its last child.
    for index in hooks.indices.reversed() where !hooks[index].isLast { tensor.add(TensorHook(hooks[index], site)) }
    for hook in hooks where hook.isLast { (last ?? tensor).addLast(TensorHook(hook, site)) }
  }

  /// A tensor after the hooks' replacements; `input` is the call's input, or nil if the tensor is the input.
  private func replaced(
    _ tensor: Tensor, by hooks: [AttachedHook], _ kind: HookKind, _ site: HookedTensor, _ checkpoint: CheckpointedCall?,
    of input: Tensor?
  ) -> Tensor {
    let isRepeated = checkpoint != nil && isInReplay
    let called = isRepeated ? checkpoint!.hooks(kind, of: site) : hooks
    var result = tensor
    // Another hook may have removed it in this call. What is repeated is part of the computation.
    for index in called.indices where isRepeated || called[index].isAttached {
      guard let new = called[index].call(site, input ?? result, result) else { continue }
      guard new.shape == result.shape else {
        let what = kind == .input ? "input" : "output"
        stop("\(what) hook", new.shape, result.shape, "a replacement must have the shape of the \(what) it replaces")
      }
      if !isRepeated { checkpoint?.recordReplacement(by: called[index], kind, of: site) }
      new.layerDepth = max(new.layerDepth, result.layerDepth)
      result = new
    }
    return result
  }
}

/// A gradient hook of a module at one tensor.
private final class TensorHook: GradientHook {
  var next: (any GradientHook)?
  private let hook: AttachedHook
  private let site: HookedTensor
  var seesFinalGradient: Bool { hook.isLast }

  init(_ hook: AttachedHook, _ site: HookedTensor) { (self.hook, self.site) = (hook, site) }

  func replacement(of gradient: Tensor, in pass: BackwardPass) -> Tensor? {
    guard hook.isAttached else {
      hook.lateGradients?.arrived()
      return nil
    }
    return hook.call(site, gradient, gradient)
  }
}
