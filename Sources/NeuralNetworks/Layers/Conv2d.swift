import Autodiff

/// A convolution of images.
///
/// y = x * weight + bias as in `convolve`, with channels-last x [n, height, width, inputs] and y [n, height′, width′, outputs],
/// height′ = ⌊(height + padding above and below − dilation (kernel height − 1) − 1) / stride⌋ + 1; weight [outputs, inputs / groups,
/// kernel height, kernel width], bias [outputs].
///
/// Without an initializer, weight and bias begin as U(±1/√fan) with fan = kernel height · kernel width · inputs / groups, as in
/// PyTorch. With one, it sets the weight, and the bias begins as 0.
public final class Conv2d: Convolution {
  /// A layer from `inputs` to `outputs` channels. Kernel size, stride, dilation and padding are numbers, or `[height, width]`; padding may be
  /// `.same` or differ by side, `.sides(before: [top, left], after: [bottom, right])`. `initializer` is PyTorch's default if nil.
  ///
  /// Stops the program unless both numbers of channels are multiples of `groups`, and unless kernel size, stride, dilation and
  /// padding are at least 1, 1, 1 and 0.
  public init(
    _ inputs: Int, _ outputs: Int, kernelSize: any AxisSizes, stride: any AxisSizes = 1, dilation: any AxisSizes = 1,
    padding: any WindowPadding = 0, groups: Int = 1, bias: Bool = true, initializer: Initializer? = nil
  ) {
    let window = Window(
      "Conv2d", axes: 2, kernelSize: kernelSize.axisSizes, stride: stride, dilation: dilation, padding: padding)
    super.init("Conv2d", inputs, outputs, window, groups: groups, bias: bias, initializer)
  }
}
