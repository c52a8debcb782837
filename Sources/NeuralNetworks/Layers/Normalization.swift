import Autodiff

/// Normalization of each channel over a batch.
///
/// y = (x − mean) / √(variance + ε) · weight + bias. While the module is trained, mean and variance of each channel are the
/// batch's, over all dimensions but the last, and running ones follow them: running ← 0.9 running + 0.1 batch, the variance
/// divided by one less than its number of elements. When it is evaluated the running ones are used. x [n, channels], or
/// channels-last images [n, height, width, channels].
///
/// weight begins as 1, bias as 0, the running mean as 0 and the running variance as 1; ε = 10⁻⁵ and momentum 0.1 by default.
/// A batch of one element a channel, which PyTorch refuses, has the bias as its output, and no gradient for x and
/// weight; the running mean follows it, the running variance stays. An empty batch has no moments, and leaves the running ones as
/// they are.
///
/// Source: Ioffe and Szegedy, "Batch normalization", 2015, arXiv:1502.03167.
public final class BatchNorm: Module {
  /// [channels]
  public let weight: Parameter
  /// [channels]
  public let bias: Parameter
  /// [channels]
  public let runningMean: ModuleBuffer
  /// [channels]
  public let runningVariance: ModuleBuffer
  private let epsilon, momentum: Float

  /// A normalization of as many channels as the last dimension has.
  public init(_ channels: Int, epsilon: Float = 1e-5, momentum: Float = 0.1) {
    weight = Parameter([channels], initializer: .constant(1))
    bias = Parameter([channels], initializer: .zeros)
    runningMean = ModuleBuffer([channels], initialValue: 0)
    runningVariance = ModuleBuffer([channels], initialValue: 1)
    (self.epsilon, self.momentum) = (epsilon, momentum)
  }

  public override func forward(_ x: Tensor) -> Tensor {
    guard isTraining, x.elementCount > 0 else {
      _ = checkedColumns(x, weight.value, bias.value, "batch normalization")
      let scale = weight.value / (runningVariance.value + epsilon).squareRoot()
      return (x - runningMean.value) * scale + bias.value
    }
    let (output, moments) = batchNorm(x, weight: weight.value, bias: bias.value, epsilon: epsilon)
    let count = Float(x.elementCount / weight.shape[0])
    withoutGradients {
      runningMean.set((1 - momentum) * runningMean.value + momentum * moments.mean)
      // A single element has no variance of the unbiased kind.
      if count > 1 {
        runningVariance.set(
          (1 - momentum) * runningVariance.value + (momentum * count / (count - 1)) * moments.variance)
      }
    }
    return output
  }

  public override var details: String { "\(weight.shape[0])" }
}

/// Normalization of each place over its channels.
///
/// y = (x − mean) / √(variance + ε) · weight + bias, with mean and variance over the last dimension. x [n, …, channels]. weight
/// begins as 1, bias as 0; ε = 10⁻⁵ by default.
///
/// Source: Ba, Kiros and Hinton, "Layer normalization", 2016, arXiv:1607.06450.
public final class LayerNorm: Module {
  /// [channels]
  public let weight: Parameter
  /// [channels]
  public let bias: Parameter
  package let epsilon: Float

  /// A normalization over as many channels as the last dimension has.
  public init(_ channels: Int, epsilon: Float = 1e-5) {
    weight = Parameter([channels], initializer: .constant(1))
    bias = Parameter([channels], initializer: .zeros)
    self.epsilon = epsilon
  }

  public override func forward(_ x: Tensor) -> Tensor {
    layerNorm(x, weight: weight.value, bias: bias.value, epsilon: epsilon, centered: true)
  }

  public override var details: String { "\(weight.shape[0])" }
}

/// Normalization of each place by the root of the mean square of its channels.
///
/// y = x / √(mean of x² + ε) · weight, with the mean over the last dimension. x [n, …, channels]. weight begins as 1; ε is
/// Float32's 1.19·10⁻⁷ by default, as in PyTorch.
///
/// Source: Zhang and Sennrich, "Root mean square layer normalization", 2019, arXiv:1910.07467.
public final class RMSNorm: Module {
  /// [channels]
  public let weight: Parameter
  package let epsilon: Float

  /// A normalization over as many channels as the last dimension has.
  public init(_ channels: Int, epsilon: Float = .ulpOfOne) {
    weight = Parameter([channels], initializer: .constant(1))
    self.epsilon = epsilon
  }

  public override func forward(_ x: Tensor) -> Tensor {
    layerNorm(x, weight: weight.value, bias: nil, epsilon: epsilon, centered: false)
  }

  public override var details: String { "\(weight.shape[0])" }
}
