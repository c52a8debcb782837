import Autodiff

/// Group normalization: normalizes groups of channels of each sample.
///
/// y = (x − mean) / √(variance + ε) · weight + bias. The channels are divided into `groups` runs; mean and variance are those of one
/// sample, over all positions and the channels of one run, in training and evaluation mode alike. x [n, channels], or channels-last
/// [n, …, channels]; y has the shape of x. One group is layer normalization over channels and positions; as many groups as channels are
/// instance normalization. A group of one value has the bias as output; a warning is printed, once per module.
///
/// weight begins as 1, bias as 0; ε = 10⁻⁵ by default.
///
/// Source: Wu and He, "Group normalization", 2018, arXiv:1803.08494.
public final class GroupNorm: Module {
  /// The factor of each channel, [channels].
  public let weight: Parameter
  /// The offset of each channel, [channels].
  public let bias: Parameter
  private let groups: Int
  private let epsilon: Float

  /// Group normalization for inputs whose last dimension is `channels`. Stops the program unless that is a multiple of `groups`.
  public init(_ groups: Int, _ channels: Int, epsilon: Float = 1e-5) {
    guard groups >= 1, channels % groups == 0 else {
      stop("GroupNorm", "\(channels) channels can't be divided into \(groups) groups")
    }
    weight = Parameter([channels], initializer: .constant(1))
    bias = Parameter([channels], initializer: .zeros)
    (self.groups, self.epsilon) = (groups, epsilon)
  }

  public override func forward(_ x: Tensor) -> Tensor {
    groupNorm(x, groups: groups, weight: weight.value, bias: bias.value, epsilon: epsilon)
  }

  public override var details: String { "\(weight.shape[0]), \(groups) groups" }
}
