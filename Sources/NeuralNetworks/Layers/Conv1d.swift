import Autodiff

/// A convolution of sequences.
///
/// y = x * weight + bias as in `convolve`, with channels-last x [n, length, inputs] and y [n, length′, outputs], length′ = ⌊(length +
/// padding before and after − dilation (kernelSize − 1) − 1) / stride⌋ + 1; weight [outputs, inputs / groups, kernelSize], bias
/// [outputs].
///
/// Without an initializer, weight and bias begin as U(±1/√fan) with fan = kernelSize · inputs / groups, as in PyTorch. With one, it
/// sets the weight, and the bias begins as 0.
public final class Conv1d: Convolution {
  /// A layer from `inputs` to `outputs` channels. The padding is a number for both sides, `.same`, or `.sides(before: 2, after: 0)`, which
  /// makes a causal convolution of a kernel of size 3. `initializer` is PyTorch's default if nil.
  ///
  /// Stops the program unless both numbers of channels are multiples of `groups`, and unless kernel size, stride, dilation and
  /// padding are at least 1, 1, 1 and 0.
  public init(
    _ inputs: Int, _ outputs: Int, kernelSize: Int, stride: Int = 1, dilation: Int = 1, padding: any WindowPadding = 0,
    groups: Int = 1, bias: Bool = true, initializer: Initializer? = nil
  ) {
    let window = Window(
      "Conv1d", axes: 1, kernelSize: [kernelSize], stride: stride, dilation: dilation, padding: padding)
    super.init("Conv1d", inputs, outputs, window, groups: groups, bias: bias, initializer)
  }
}
