import Autodiff
import Diagnosis
import Foundation
import NeuralNetworks
import Support

extension Remedy {
  /// Changes a model that was initialized with `seed`, and its optimizer, before the first step.
  ///
  /// Weights, where they are initialized anew, come from the same random streams; activations are replaced and normalized by hooks, which
  /// stay as long as the model. Returns false, and changes nothing, where the model has nothing to change: no activations, or no weights.
  public func apply(to model: Module, _ optimizer: Optimizer, seed: UInt64) -> Bool {
    switch self {
    case .initializer(let initialization):
      let weights = weights(of: model)
      for (path, parameter) in weights { parameter.initialize(by: initialization.initializer, seed: seed, path: path) }
      return !weights.isEmpty
    case .scaledWeights(let factor):
      // The last layer sets the size of the outputs, not that of gradients in between.
      let hidden = weights(of: model).dropLast()
      for (_, parameter) in hidden { parameter.set(parameter.value.detached() * Float(factor)) }
      return !hidden.isEmpty
    case .relu:
      let activations = activations(of: model)
      for module in activations { module.replaceOutput { Autodiff.relu($0) } }
      guard !activations.isEmpty else { return false }
      return Remedy.initializer(.heNormal).apply(to: model, optimizer, seed: seed)
    case .normalization:
      let activations = activations(of: model)
      for module in activations {
        module.replaceInput { layerNorm($0, weight: nil, bias: nil, epsilon: 1e-5, centered: true) }
      }
      return !activations.isEmpty
    case .standardizedInputs:
      model.replaceInput { input in
        let mean = input.mean(), deviation = (input - mean).squared().mean().squareRoot() + 1e-8
        return withoutGradients { (input - mean) / deviation }
      }
    case .learningRate(let rate):
      optimizer.learningRate = Float(rate)
    case .warmUp(let steps):
      optimizer.schedule = (optimizer.schedule ?? .constant).warmedUp(over: max(steps, 1))
    case .clipping(let norm):
      optimizer.beforeStep { $0.clipGradients(toNorm: norm) }
    case .weightDecay(let decay):
      return (try? optimizer.group("**", weightDecay: Float(decay))) != nil
    }
    return true
  }

  private func weights(of model: Module) -> [(path: String, parameter: Parameter)] {
    model.modules.flatMap { path, module -> [(path: String, parameter: Parameter)] in
      guard !(module is Embedding) else { return [] }
      return module.ownParameters.filter { $0.parameter.shape.count > 1 }.map {
        (path.isEmpty ? $0.name : "\(path).\($0.name)", $0.parameter)
      }
    }
  }

  private func activations(of model: Module) -> [Module] {
    model.modules.map(\.module).filter { $0 is Sigmoid || $0 is Tanh || $0 is ReLU || $0 is GELU || $0 is SELU }
  }
}

extension Remedy.Initialization {
  /// The initializer.
  var initializer: Initializer {
    switch self {
    case .heNormal: .heNormal
    case .xavierNormal: .xavierNormal
    case .leCunNormal: .leCunNormal
    }
  }
}

extension Module {
  /// Replaces every output of the module by a function of its input.
  fileprivate func replaceOutput(_ function: @escaping (Tensor) -> Tensor) {
    var input: Tensor?
    attachInputHook {
      input = $0
      return nil
    }
    attachOutputHook { _ in
      // Not kept until the next call, since it holds the tape.
      defer { input = nil }
      return input.map(function)
    }
  }

  /// Replaces every input of the module.
  fileprivate func replaceInput(_ function: @escaping (Tensor) -> Tensor) { attachInputHook { function($0) } }

  private func attachInputHook(_ hook: @escaping (Tensor) -> Tensor?) { _ = try? onInput("") { _, x in hook(x) } }
  private func attachOutputHook(_ hook: @escaping (Tensor) -> Tensor?) { _ = try? onForward("") { _, x in hook(x) } }
}
