import Autodiff

/// Instance normalization: normalizes each channel of each sample over its positions.
///
/// y = (x − mean) / √(variance + ε) · weight + bias, with mean and variance of one channel of one sample. x is channels-last,
/// [n, …, channels], with positions between; y has its shape. A channel of one position has the bias as output; a warning is
/// printed, once per module.
///
/// As in PyTorch, weight and bias exist only with `affine`, and running statistics only with `tracksRunningStatistics`: in training mode
/// running ← 0.9 running + 0.1 batch, with the mean over samples of means and unbiased variances, which evaluation mode uses in place
/// of the sample's own. An empty batch does not update them, nor does one position per channel the running variance.
///
/// weight begins as 1, bias as 0, the running mean as 0 and the running variance as 1; ε = 10⁻⁵ and momentum 0.1 by default.
///
/// Source: Ulyanov, Vedaldi and Lempitsky, "Instance normalization", 2016, arXiv:1607.08022.
public final class InstanceNorm: Module {
  /// The factor of each channel, [channels]; nil unless `affine`.
  public let weight: Parameter?
  /// The offset of each channel, [channels]; nil unless `affine`.
  public let bias: Parameter?
  /// The moving average of means, [channels]; nil unless tracked.
  public let runningMean: ModuleBuffer?
  /// The moving average of unbiased variances, [channels]; nil unless tracked.
  public let runningVariance: ModuleBuffer?
  private let channels: Int
  private let epsilon, momentum: Float

  /// Instance normalization for inputs whose last dimension is `channels`.
  public init(
    _ channels: Int, epsilon: Float = 1e-5, momentum: Float = 0.1, affine: Bool = false,
    tracksRunningStatistics: Bool = false
  ) {
    weight = affine ? Parameter([channels], initializer: .constant(1)) : nil
    bias = affine ? Parameter([channels], initializer: .zeros) : nil
    runningMean = tracksRunningStatistics ? ModuleBuffer([channels], initialValue: 0) : nil
    runningVariance = tracksRunningStatistics ? ModuleBuffer([channels], initialValue: 1) : nil
    (self.channels, self.epsilon, self.momentum) = (channels, epsilon, momentum)
  }

  public override func forward(_ x: Tensor) -> Tensor {
    guard x.shape.count >= 3, x.shape.last == channels else {
      stop("InstanceNorm", "the input has the shape \(x.shape); it must be [n, …, \(channels)] with positions between")
    }
    if let runningMean, let runningVariance {
      guard isTraining else {
        let scale = 1 / (runningVariance.value + epsilon).squareRoot()
        let normal = (x - runningMean.value) * scale
        let weighted = weight.map { normal * $0.value } ?? normal
        return bias.map { weighted + $0.value } ?? weighted
      }
      withoutGradients { update(runningMean, runningVariance, with: x.cast(to: .float32)) }
    }
    return groupNorm(x, groups: channels, weight: weight?.value, bias: bias?.value, epsilon: epsilon)
  }

  private func update(_ runningMean: ModuleBuffer, _ runningVariance: ModuleBuffer, with x: Tensor) {
    guard x.elementCount > 0 else { return }
    let positions = Array(1..<x.shape.count - 1), count = Float(positions.reduce(1) { $0 * x.shape[$1] })
    let all = [0] + positions, mean = x.mean(axes: positions, keepingDimensions: true)
    func update(_ running: ModuleBuffer, with value: Tensor) {
      running.set((1 - momentum) * running.value + momentum * value)
    }
    update(runningMean, with: mean.mean(axes: all))
    // The unbiased variance of a single element is undefined.
    if count > 1 {
      update(runningVariance, with: (x - mean).squared().mean(axes: all) * (count / (count - 1)))
    }
  }

  public override var details: String { "\(channels)" }
}
