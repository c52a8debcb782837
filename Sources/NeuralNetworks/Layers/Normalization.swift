import Autodiff

/// Batch normalization: normalizes each channel over the batch.
///
/// y = (x − mean) / √(variance + ε) · weight + bias. In training mode, mean and variance of each channel are those of the batch, over
/// all dimensions but the last, and update the running statistics: running ← 0.9 running + 0.1 batch, with the unbiased
/// variance. In evaluation mode, the running statistics are used. x [n, channels], or channels-last images
/// [n, height, width, channels].
///
/// weight begins as 1, bias as 0, the running mean as 0 and the running variance as 1; ε = 10⁻⁵ and momentum 0.1 by default.
/// With one element per channel, which PyTorch refuses, the output is the bias, x and weight have no gradient, the running
/// variance is not updated, and a warning is printed, once per module. An empty batch does not update the running statistics.
///
/// Source: Ioffe and Szegedy, "Batch normalization", 2015, arXiv:1502.03167.
public final class BatchNorm: Module {
  /// The factor of each channel, [channels].
  public let weight: Parameter
  /// The offset of each channel, [channels].
  public let bias: Parameter
  /// The moving average of the batch mean, [channels].
  public let runningMean: ModuleBuffer
  /// The moving average of the unbiased batch variance, [channels].
  public let runningVariance: ModuleBuffer
  private let epsilon, momentum: Float

  /// Batch normalization for inputs whose last dimension is `channels`.
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
    if count == 1 {
      warnOnce(
        "batch normalization",
        "the batch of shape \(x.shape) has one value per channel, so the output is the bias and x has no gradient; use larger "
          + "batches, or evaluate() for single samples")
    }
    withoutGradients {
      runningMean.set((1 - momentum) * runningMean.value + momentum * moments.mean)
      // The unbiased variance of a single element is undefined.
      if count > 1 {
        runningVariance.set(
          (1 - momentum) * runningVariance.value + (momentum * count / (count - 1)) * moments.variance)
      }
    }
    return output
  }

  public override var details: String { "\(weight.shape[0])" }
}

/// Layer normalization: normalizes each position over its channels.
///
/// y = (x − mean) / √(variance + ε) · weight + bias, with mean and variance over the last dimension. x [n, …, channels]. weight
/// begins as 1, bias as 0; ε = 10⁻⁵ by default.
///
/// Source: Ba, Kiros and Hinton, "Layer normalization", 2016, arXiv:1607.06450.
public final class LayerNorm: Module {
  /// The factor of each channel, [channels].
  public let weight: Parameter
  /// The offset of each channel, [channels].
  public let bias: Parameter
  package let epsilon: Float

  /// Layer normalization for inputs whose last dimension is `channels`.
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

/// RMS normalization: divides each position by the root mean square of its channels.
///
/// y = x / √(mean of x² + ε) · weight, with the mean over the last dimension. x [n, …, channels]. weight begins as 1; ε is
/// Float32's 1.19·10⁻⁷ by default, as in PyTorch.
///
/// Source: Zhang and Sennrich, "Root mean square layer normalization", 2019, arXiv:1910.07467.
public final class RMSNorm: Module {
  /// The factor of each channel, [channels].
  public let weight: Parameter
  package let epsilon: Float

  /// RMS normalization for inputs whose last dimension is `channels`.
  public init(_ channels: Int, epsilon: Float = .ulpOfOne) {
    weight = Parameter([channels], initializer: .constant(1))
    self.epsilon = epsilon
  }

  public override func forward(_ x: Tensor) -> Tensor {
    layerNorm(x, weight: weight.value, bias: nil, epsilon: epsilon, centered: false)
  }

  public override var details: String { "\(weight.shape[0])" }
}
