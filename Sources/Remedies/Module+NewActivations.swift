import Autodiff
import NeuralNetworks

// What remedies do to activations and norms, by hooks.

extension Module {
  /// Replaces the outputs of activations by a function of the activation and its input, but for the output of this model. False where
  /// there is no such activation.
  func replaceHiddenActivations(
    where isReplaced: (Module) -> Bool, by function: @escaping (_ activation: Module, _ input: Tensor) -> Tensor
  ) -> Bool {
    let found = modules.map(\.module).filter { $0 is any ActivationModule && isReplaced($0) }
    replaceOutputs(of: found, hidden: function) { activation, input in activation.forward(input) }
    return !found.isEmpty
  }

  /// Gives the input of the activation or softmax whose output is the model's in place of that output. False where there is none at all.
  func removeOutputActivation() -> Bool {
    let found = modules.map(\.module).filter { $0 is any ActivationModule || $0 is Softmax || $0 is LogSoftmax }
    replaceOutputs(of: found, hidden: nil) { _, input in input }
    return !found.isEmpty
  }

  /// Replaces the outputs of modules by `hidden` of the module and its input, unless nil, and an output that is this model's by `last`.
  ///
  /// Whether an output is the model's is known only when the model returns it, so it is replaced there.
  private func replaceOutputs(
    of modules: [Module], hidden: ((Module, Tensor) -> Tensor)?, last: @escaping (Module, Tensor) -> Tensor
  ) {
    var latest: (input: Tensor, output: Tensor, module: Module)?
    for module in modules {
      module.attachHook { [unowned module] input, output in
        let new = hidden?(module, input) ?? output
        latest = (input, new, module)
        return new
      }
    }
    attachOutputHook { output in
      // Not kept until the next call, since it holds the tape.
      defer { latest = nil }
      return latest.flatMap { $0.output === output ? last($0.module, $0.input) : nil }
    }
  }

  /// Applies ReLU to the outputs of the modules with these paths; false, and changes nothing, unless all of them exist.
  func addReLUs(after paths: [String]) -> Bool {
    let found = modules.filter { paths.contains($0.path) }.map(\.module)
    guard !found.isEmpty, found.count == Set(paths).count else { return false }
    for module in found { module.attachOutputHook { relu($0) } }
    return true
  }

  /// Replaces batch normalization by layer normalization; false where there is none.
  func replaceBatchNorms() -> Bool {
    let norms = modules.compactMap { $0.module as? BatchNorm }
    for norm in norms {
      norm.attachHook { [unowned norm] input, _ in
        Autodiff.layerNorm(
          input, weight: norm.weight.value, bias: norm.bias.value, epsilon: 1e-5, centered: true)
      }
    }
    return !norms.isEmpty
  }
}

extension Module {
  /// Replaces every output by a function of input and output.
  fileprivate func attachHook(_ function: @escaping (_ input: Tensor, _ output: Tensor) -> Tensor) {
    var input: Tensor?
    attachInputHook {
      input = $0
      // Returned, so that a checkpointed body calls it again.
      return $0
    }
    attachOutputHook { output in
      defer { input = nil }
      return input.map { function($0, output) }
    }
  }

  /// Calls a hook with every input, which a returned tensor replaces.
  func attachInputHook(_ hook: @escaping (Tensor) -> Tensor?) { _ = try? onInput("") { _, x in hook(x) } }

  /// Calls a hook with every output, which a returned tensor replaces.
  func attachOutputHook(_ hook: @escaping (Tensor) -> Tensor?) { _ = try? onForward("") { _, x in hook(x) } }
}
