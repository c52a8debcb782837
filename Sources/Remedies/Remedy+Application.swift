import Autodiff
import Diagnosis
import NeuralNetworks
import Support

extension Remedy {
  /// Changes a model that was initialized with `seed`, and its optimizer, before the first step.
  ///
  /// Weights, where they are initialized anew, come from the same random streams; loaded values stay. Modules, inputs and outputs are
  /// changed by hooks, which stay as long as the model. Hidden activations are those whose output is not that of `model(x)`, which a
  /// forward pass shows. Returns false, and changes nothing, where the model or the optimizer has nothing to change: no activations, no
  /// weights, no weight decay.
  public func apply(to model: Module, _ optimizer: Optimizer, seed: UInt64) -> Bool {
    switch self {
    case .initializer(let initialization): return model.initializeWeights(by: initialization.initializer, seed: seed)
    case .scaledWeights(let factor): return model.scaleHiddenWeights(by: Float(factor))
    case .orthogonalWeights(let paths): return model.makeOrthogonal(at: paths, seed: seed)
    case .forgetBias(let bias): return model.setForgetBiases(to: Float(bias))
    case .branchScale(let scale): return model.scaleBranches(by: Float(scale))
    case .relu:
      guard model.replaceHiddenActivations(where: { !($0 is ReLU) }, by: { _, x in Autodiff.relu(x) }) else {
        return false
      }
      _ = model.initializeWeights(by: .heNormal, seed: seed)
    case .activations(let paths): return model.addReLUs(after: paths)
    case .normalization:
      return model.replaceHiddenActivations(where: { _ in true }) { activation, x in
        activation.forward(Autodiff.layerNorm(x, weight: nil, bias: nil, epsilon: 1e-5, centered: true))
      }
    case .layerNorm: return model.replaceBatchNorms()
    case .linearOutput: return model.removeOutputActivation()
    case .trainingMode:
      model.train()
      // The program may evaluate it between steps.
      optimizer.afterStep { _ in model.train() }
    case .learningRate(let rate):
      optimizer.learningRate = Float(rate)
      optimizer.scheduledRate = Float(rate)
    case .constantLearningRate(let rate):
      optimizer.schedule = nil
      optimizer.learningRate = Float(rate)
    case .cosineSchedule(let steps): optimizer.schedule = .cosine(over: max(steps, 1))
    case .warmUp(let steps): optimizer.schedule = (optimizer.schedule ?? .constant).warmedUp(over: max(steps, 1))
    case .clipping(let norm):
      optimizer.clippingNorm = norm
      optimizer.beforeStep { $0.clipGradients(toNorm: norm) }
    case .weightDecay(let decay): return optimizer.replaceWeightDecay(by: Float(decay))
    case .allParameters: return optimizer.add(model.parameters.filter { $0.parameter.optimizerCount == 0 })
    case .unfrozen: return optimizer.unfreeze { $0.source != .loaded }
    case .standardizedInputs: model.standardizeInputs()
    case .finiteInputs: model.replaceNonfiniteInputs()
    case .standardizedTargets(let mean, let deviation):
      return model.scaleOutputs(mean: Float(mean), deviation: Float(deviation))
    }
    return true
  }
}

extension Remedy {
  /// What a model or an optimizer lacks where `apply` returns false, as a phrase: "the model has no LSTM".
  package var reasonNotToApply: String {
    switch self {
    case .initializer: "the model has no weights that were not loaded"
    case .scaledWeights: "the model has no hidden weights that were not loaded"
    case .orthogonalWeights(let paths): "the model has no square weights in \(listed(paths))"
    case .forgetBias: "the model has no LSTM"
    case .branchScale: "the model has no residual blocks"
    case .relu: "the model has no activations other than ReLU"
    case .activations(let paths): "the model has no modules \(listed(paths))"
    case .normalization: "the model has no activations"
    case .layerNorm: "the model has no batch normalization"
    case .linearOutput: "the model has no activation and no softmax"
    case .weightDecay: "the optimizer has no weight decay"
    case .allParameters: "each parameter is in an optimizer"
    case .unfrozen: "no parameter with initialized values is frozen"
    case .standardizedTargets: "the standard deviation of the targets is no number above 0"
    case .trainingMode, .learningRate, .constantLearningRate, .cosineSchedule, .warmUp, .clipping, .standardizedInputs,
      .finiteInputs:
      "there is nothing to change"
    }
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
