import Autodiff

/// What `Conv1d`, `Conv2d` and the transposed convolutions have in common.
///
/// Without an initializer, weight and bias begin as U(±1/√fan), with fan = the weight's elements / its first size, as in PyTorch.
/// With one, it sets the weight, and the bias begins as 0.
public class Convolution: Module {
  /// The kernels, [outputs, inputs / groups, …]; those of transposed convolutions [inputs, outputs / groups, …]. The sizes of the kernel
  /// follow.
  public let weight: Parameter
  /// The bias, [outputs]; nil for a layer without bias.
  public let bias: Parameter?
  /// The window that moves over the input.
  public let window: Window
  /// The number of groups of channels, each of which depends on its own inputs.
  public let groups: Int

  /// Stops the program unless both numbers of channels are multiples of `groups`.
  init(
    _ kind: String, _ inputs: Int, _ outputs: Int, _ window: Window, groups: Int, bias: Bool,
    _ initializer: Initializer?,
    isTransposed: Bool = false
  ) {
    guard groups >= 1, inputs % groups == 0, outputs % groups == 0 else {
      stop(kind, "\(inputs) and \(outputs) channels can't be divided into \(groups) groups")
    }
    let (first, second) = isTransposed ? (inputs, outputs) : (outputs, inputs)
    let shape = Shape([first, second / groups] + window.kernelSize)
    weight = Parameter(shape, initializer: initializer ?? .pyTorchDefault)
    self.bias =
      bias
      ? Parameter([outputs], initializer: initializer == nil ? .pyTorchDefault : .zeros, fan: Fan(of: shape)) : nil
    (self.window, self.groups) = (window, groups)
  }

  public override func forward(_ x: Tensor) -> Tensor {
    convolve(x, weight: weight.value, bias: bias?.value, window, groups: groups)
  }

  /// The numbers of channels that details begin with.
  var channels: String { "\(weight.shape[1] * groups) → \(weight.shape[0])" }

  public override var details: String {
    "\(channels), \(window)" + (groups == 1 ? "" : ", \(groups) groups")
  }
}

/// What `ConvTranspose1d` and `ConvTranspose2d` have in common.
public class TransposedConvolution: Convolution {
  package let outputPadding: [Int]

  init(
    _ kind: String, _ inputs: Int, _ outputs: Int, _ window: Window, outputPadding: any AxisSizes, groups: Int,
    bias: Bool, _ initializer: Initializer?
  ) {
    self.outputPadding = window.outputPadding(kind, outputPadding)
    super.init(kind, inputs, outputs, window, groups: groups, bias: bias, initializer, isTransposed: true)
  }

  public override func forward(_ x: Tensor) -> Tensor {
    convolveTransposed(
      x, weight: weight.value, bias: bias?.value, window, outputPadding: outputPadding, groups: groups)
  }

  override var channels: String { "\(weight.shape[0]) → \(weight.shape[1] * groups)" }

  public override var details: String {
    let isPadded = outputPadding.contains { $0 > 0 }
    return super.details
      + (isPadded ? ", output padding \(outputPadding.map(String.init).joined(separator: " × "))" : "")
  }
}
