import Support

/// A change of a training that a program can try: see `Remedy.apply(to:_:seed:)` in the module Remedies.
public enum Remedy: Sendable, Hashable, CustomStringConvertible {
  // Weights.
  /// Weights of two or more dimensions are initialized anew by this initializer, and the biases beside them are 0.
  case initializer(Initialization)
  /// Weights of hidden layers are multiplied by this factor after they were initialized.
  case scaledWeights(Double)
  /// Square weights of the layers with these paths, those of a recurrence, begin orthogonal.
  case orthogonalWeights(of: [String])
  /// Biases of the forget gates of LSTMs begin as this.
  case forgetBias(Double)
  /// Branches of residual blocks are multiplied by this scale.
  case branchScale(Double)

  // Modules.
  /// Sigmoid, tanh and other activations of hidden layers are replaced by ReLU, and weights are initialized for it.
  case relu
  /// A ReLU follows each of the modules with these paths.
  case activations(after: [String])
  /// The input of each activation of a hidden layer is normalized over its last dimension, as by a `LayerNorm` before it.
  case normalization
  /// Layer normalization replaces batch normalization, with the same factors and offsets.
  case layerNorm
  /// The model's output is that of its last layer, without the activation or softmax that follows it.
  case linearOutput
  /// The model is in training mode while it is trained.
  case trainingMode

  // The optimizer.
  /// The learning rate is this; the factors of a schedule multiply it.
  case learningRate(Double)
  /// The learning rate is this, without a schedule.
  case constantLearningRate(Double)
  /// The learning rate falls to 0 along a cosine over so many steps, in place of another schedule.
  case cosineSchedule(steps: Int)
  /// The learning rate grows from 0 to its value over so many steps.
  case warmUp(steps: Int)
  /// Gradients are clipped to this norm, also where they were clipped to another.
  case clipping(norm: Double)
  /// The weight decay, where there is one, is this.
  case weightDecay(Double)
  /// The optimizer also holds the parameters that were in none.
  case allParameters
  /// No parameter is frozen, but for those with loaded values.
  case unfrozen

  // Data.
  /// Inputs have mean 0 and standard deviation 1, feature by feature, over the batches so far.
  case standardizedInputs
  /// Inputs that are NaN or infinite are replaced by the mean of their feature over the batches so far.
  case finiteInputs
  /// Targets of this mean and standard deviation are trained on as if they had mean 0 and standard deviation 1.
  case standardizedTargets(mean: Double, deviation: Double)

  /// An initializer that a remedy proposes.
  public enum Initialization: String, Sendable {
    /// He's, for ReLU.
    case heNormal
    /// Xavier's (Glorot's), for bounded activations.
    case xavierNormal
    /// LeCun's, for SELU.
    case leCunNormal
  }

  /// The change as a phrase: "a learning rate of 0.001".
  public var description: String {
    switch self {
    case .initializer(let initialization): "the initializer .\(initialization.rawValue), with biases of 0"
    case .scaledWeights(let factor): "hidden weights \(formatPlain(factor)) times as large"
    case .orthogonalWeights(let paths): "orthogonal weights of \(listed(paths))"
    case .forgetBias(let bias): "biases of forget gates of \(formatPlain(bias))"
    case .branchScale(let scale): "residual branches scaled by \(formatPlain(scale))"
    case .relu: "ReLU in place of other activations, with the initializer .heNormal"
    case .activations(let paths): "a ReLU after \(listed(paths))"
    case .normalization: "normalization before each activation"
    case .layerNorm: "layer normalization in place of batch normalization"
    case .linearOutput: "the output of the last layer, without an activation"
    case .trainingMode: "training mode"
    case .learningRate(let rate): "a learning rate of \(formatPlain(rate))"
    case .constantLearningRate(let rate): "a learning rate of \(formatPlain(rate)) without a schedule"
    case .cosineSchedule(let steps): "a cosine schedule over \(counted(steps, "step"))"
    case .warmUp(let steps): "warm-up over \(counted(steps, "step"))"
    case .clipping(let norm): "gradients clipped to the norm \(formatPlain(norm))"
    case .weightDecay(let decay): "a weight decay of \(formatPlain(decay))"
    case .allParameters: "all parameters in the optimizer"
    case .unfrozen: "no frozen parameters"
    case .standardizedInputs: "inputs of mean 0 and standard deviation 1"
    case .finiteInputs: "the mean of their feature in place of inputs that are not finite"
    case .standardizedTargets: "targets of mean 0 and standard deviation 1"
    }
  }
}
