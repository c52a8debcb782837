import Support

/// A change of a training that a program can try: see `Remedy.apply(to:_:)` in the module Remedies.
public enum Remedy: Sendable, Hashable, CustomStringConvertible {
  /// Weights of two or more dimensions are initialized anew by this initializer.
  case initializer(Initialization)
  /// Sigmoid, tanh and other activations are replaced by ReLU, and weights are initialized for it.
  case relu
  /// The input of each activation is normalized over its last dimension, as by a `LayerNorm` before it.
  case normalization
  /// Weights of hidden layers are multiplied by this factor after they were initialized.
  case scaledWeights(Double)
  /// The learning rate is this.
  case learningRate(Double)
  /// The learning rate grows from 0 to its value over so many steps.
  case warmUp(steps: Int)
  /// Gradients are clipped to this norm.
  case clipping(norm: Double)
  /// The weight decay is this.
  case weightDecay(Double)
  /// Inputs are made to have mean 0 and standard deviation 1 over each batch.
  case standardizedInputs

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
    case .initializer(let initialization): "the initializer .\(initialization.rawValue)"
    case .relu: "ReLU in place of other activations, with the initializer .heNormal"
    case .normalization: "normalization before each activation"
    case .scaledWeights(let factor): "hidden weights \(formatPlain(factor)) times as large"
    case .learningRate(let rate): "a learning rate of \(formatPlain(rate))"
    case .warmUp(let steps): "warm-up over \(counted(steps, "step"))"
    case .clipping(let norm): "gradients clipped to the norm \(formatPlain(norm))"
    case .weightDecay(let decay): "a weight decay of \(formatPlain(decay))"
    case .standardizedInputs: "inputs of mean 0 and standard deviation 1"
    }
  }
}
