import Autodiff
import CKernels

/// Where a hook fires.
public struct HookSite {
  /// The path in the model the hook was attached through; "" is that model itself.
  public let path: String
  /// The type of the module, or of what the path names.
  public let kind: String
  /// How often the module has been called before in this pass of the model: 0 unless it is shared or recurrent.
  public let callIndex: Int
  /// Which of the module's inputs or outputs it is: 0 unless there are several.
  public var tensorIndex = 0
}

/// Looks at a tensor, and replaces it by what it returns; nil leaves it as it is.
public typealias Hook = (_ site: HookSite, _ tensor: Tensor) -> Tensor?

/// The hooks of one module; a module without any has none of these.
final class ModuleHooks {
  @exclusivity(unchecked) var hooks: [HookKind: [AttachedHook]] = [:] {
    didSet {
      before = hooks[.input] ?? []
      after = hooks[.output] ?? []
      toInput = hooks[.inputGradient] ?? []
      toOutput = hooks[.outputGradient] ?? []
    }
  }
  // The same, to be found without looking.
  @exclusivity(unchecked) private var before: [AttachedHook] = []
  @exclusivity(unchecked) private var after: [AttachedHook] = []
  @exclusivity(unchecked) private var toInput: [AttachedHook] = []
  @exclusivity(unchecked) private var toOutput: [AttachedHook] = []
  private let kind: String
  @exclusivity(unchecked) private var pass: Int64 = -1
  @exclusivity(unchecked) private var calls = 0

  init(kind: String) { self.kind = kind }

  var isEmpty: Bool { hooks.values.allSatisfy(\.isEmpty) }

  /// The number of a call that begins. The same again in a `checkpointed` body that is computed again.
  func beginCall(in pass: Int64) -> Int {
    replayed {
      calls = self.pass == pass ? calls + 1 : 0
      self.pass = pass
      return calls
    }
  }

  /// An input after the hooks before the call, with those for its gradient waiting.
  func applied(toInput input: Tensor, call: Int, index: Int = 0) -> Tensor {
    guard !before.isEmpty || !toInput.isEmpty else { return input }
    var result = replaced(input, by: before, "input", call, index) { hook, site, tensor in
      hook.look(site, tensor, tensor)
    }
    guard !toInput.isEmpty else { return result }
    // Others may use the same tensor, and their gradients are not this module's.
    result = result.marked()
    wait(for: result, toInput, call, index)
    return result
  }

  /// Several inputs, each as above.
  func applied(toInputs inputs: [Tensor], call: Int) -> [Tensor] {
    inputs.enumerated().map { applied(toInput: $0.element, call: call, index: $0.offset) }
  }

  /// An output after the forward hooks, with the backward hooks waiting for its gradient. `isInput` says
  /// that the module hands one of its inputs through.
  func applied(toOutput made: Tensor, of input: Tensor, call: Int, isInput: Bool, index: Int = 0) -> Tensor {
    guard !after.isEmpty || !toOutput.isEmpty else { return made }
    // A module that hands its input through would otherwise be told the gradient of all that uses the input.
    let output = isInput ? made.marked() : made
    let result = replaced(output, by: after, "output", call, index) { hook, site, tensor in
      hook.look(site, input, tensor)
    }
    wait(for: result, toOutput, call, index)
    return result
  }

  /// As above, of several inputs.
  func applied(toOutput made: Tensor, of inputs: [Tensor], call: Int, index: Int = 0) -> Tensor {
    applied(
      toOutput: made, of: inputs.first ?? made, call: call, isInput: inputs.contains { $0 === made }, index: index)
  }

  private func wait(for tensor: Tensor, _ hooks: [AttachedHook], _ call: Int, _ index: Int) {
    for hook in hooks {
      let here = site(hook, call, index)
      tensor.addGradientHook { gradient in
        hook.hasFired = true
        return hook.look(here, gradient, gradient)
      }
    }
  }

  /// A tensor as hooks leave it. In a `checkpointed` body that is computed again only those that have replaced it are called,
  /// so that gradients flow through what they do.
  private func replaced(
    _ tensor: Tensor, by hooks: [AttachedHook], _ what: String, _ call: Int, _ index: Int,
    _ look: (AttachedHook, HookSite, Tensor) -> Tensor?
  ) -> Tensor {
    var result = tensor
    for hook in hooks {
      let here = site(hook, call, index)
      var replacement: Tensor?
      let replaces = replayed {
        hook.hasFired = true
        replacement = look(hook, here, result)
        return replacement != nil
      }
      guard let new = replaces && replacement == nil ? look(hook, here, result) : replacement else { continue }
      guard new.shape == result.shape else {
        stop("forward hook", new.shape, result.shape, "a replacement has the shape of the \(what) it replaces")
      }
      result = new
    }
    return result
  }

  private func site(_ hook: AttachedHook, _ call: Int, _ index: Int) -> HookSite {
    HookSite(path: hook.path, kind: kind, callIndex: call, tensorIndex: index)
  }
}
