import Autodiff

// Hooks on all tensors of a call together.
extension HookedCall {
  /// The inputs or outputs after hooks on calls.
  func replaced(_ tensors: [Tensor], _ kind: HookKind, of inputs: [Tensor]) -> [Tensor] {
    // The site of the whole call, not of its first tensor.
    let site = tensor.at(-1)
    let called = isRepeated ? checkpoint!.hooks(kind, of: site) : hooks.onCall(kind)
    var result = tensors
    for case let hook as AttachedCallHook in called where isRepeated || hook.isAttached {
      guard let new = hook.call(result, tensor, inputs: inputs, outputGradients: []) else { continue }
      if !isRepeated { checkpoint?.recordReplacement(by: hook, kind, of: site) }
      for (new, old) in zip(new, result) { new!.layerDepth = max(new!.layerDepth, old.layerDepth) }
      result = new.map { $0! }
    }
    return result
  }

  /// The inputs with nodes of their own, whose gradients hooks on calls get together.
  func joinedInputs(_ inputs: [Tensor]) -> [Tensor] {
    let called = hooks.onCall(.inputGradient)
    guard !called.isEmpty else { return inputs }
    return joined(inputs) { [tensor, callGradients] gradients in
      defer { callGradients?.ofOutputs = [] }
      return changed(gradients, by: called, at: tensor, outputGradients: callGradients?.ofOutputs ?? [])
    }
  }

  /// The outputs with nodes of their own, whose gradients hooks on calls get together.
  func joinedOutputs(_ outputs: [Tensor]) -> [Tensor] {
    let called = hooks.onCall(.outputGradient)
    guard !called.isEmpty || callGradients != nil else { return outputs }
    return joined(outputs) { [tensor, callGradients] gradients in
      let result = changed(gradients, by: called, at: tensor, outputGradients: [])
      callGradients?.ofOutputs = result
      return result
    }
  }
}

/// The gradients after hooks.
private func changed(
  _ gradients: [Tensor?], by hooks: [AttachedCallHook], at site: HookedTensor, outputGradients: [Tensor?]
) -> [Tensor?] {
  var result = gradients
  for hook in hooks {
    guard hook.isAttached else {
      hook.lateGradients?.arrived()
      continue
    }
    if let new = hook.call(result, site, inputs: [], outputGradients: outputGradients) { result = new }
  }
  return result
}

/// The gradients of a call's outputs, for the hooks on those of its inputs.
final class CallGradients { var ofOutputs: [Tensor?] = [] }
