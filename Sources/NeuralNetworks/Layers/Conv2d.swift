import Autodiff

/// A convolution of images.
///
/// y = x * weight + bias as in `convolve`, with channels-last x [n, height, width, inputs] and y [n, height′, width′, outputs],
/// height′ = ⌊(height + 2 padding − kernelSize) / stride⌋ + 1; weight [outputs, inputs / groups, kernelSize, kernelSize], bias
/// [outputs].
///
/// Without an initializer, weight and bias begin as U(±1/√fan) with fan = kernelSize² inputs / groups, as in PyTorch. With one,
/// it sets the weight, and the bias begins as 0.
public final class Conv2d: Module {
  /// The kernels, [outputs, inputs / groups, kernelSize, kernelSize].
  public let weight: Parameter
  /// The bias, [outputs]; nil for a layer without bias.
  public let bias: Parameter?
  package let stride, padding, groups: Int

  /// A layer from `inputs` to `outputs` channels with a square kernel. `initializer` is PyTorch's default if nil. Stops the
  /// program unless both numbers of channels are multiples of `groups`.
  public init(
    _ inputs: Int, _ outputs: Int, kernelSize: Int, stride: Int = 1, padding: Int = 0, groups: Int = 1,
    bias: Bool = true,
    initializer: Initializer? = nil
  ) {
    guard groups >= 1, inputs % groups == 0, outputs % groups == 0 else {
      stop("Conv2d", "\(inputs) and \(outputs) channels can't be divided into \(groups) groups")
    }
    let shape: Shape = [outputs, inputs / groups, kernelSize, kernelSize]
    let fan = Fan(of: shape)
    weight = Parameter(shape, initializer: initializer ?? .pyTorchDefault)
    self.bias = bias ? Parameter([outputs], initializer: initializer == nil ? .pyTorchDefault : .zeros, fan: fan) : nil
    (self.stride, self.padding, self.groups) = (stride, padding, groups)
  }

  public override func forward(_ x: Tensor) -> Tensor {
    convolve(x, weight: weight.value, bias: bias?.value, stride: stride, padding: padding, groups: groups)
  }

  public override var details: String {
    let shape = weight.shape
    let parts = [
      "\(shape[1] * groups) → \(shape[0])", "\(shape[2]) × \(shape[3])", stride == 1 ? nil : "stride \(stride)",
      padding == 0 ? nil : "padding \(padding)", groups == 1 ? nil : "\(groups) groups",
    ]
    return parts.compactMap { $0 }.joined(separator: ", ")
  }
}
