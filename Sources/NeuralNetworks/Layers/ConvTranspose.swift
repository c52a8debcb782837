import Autodiff

/// A transposed convolution of images, which makes them larger where the stride is above 1.
///
/// As `convolveTransposed`: channels-last x [n, height, width, inputs] to [n, height′, width′, outputs], height′ = (height − 1) stride +
/// dilation (kernel height − 1) + 1 − padding above and below + outputPadding; weight [inputs, outputs / groups, kernel height, kernel
/// width], bias [outputs].
///
/// Without an initializer, weight and bias begin as U(±1/√fan) with fan = kernel height · kernel width · outputs / groups, as in
/// PyTorch. With one, it sets the weight, and the bias begins as 0.
public final class ConvTranspose2d: TransposedConvolution {
  /// A layer from `inputs` to `outputs` channels. Kernel size, stride, dilation, padding and output padding are numbers, or
  /// `[height, width]`; with the padding `.same` sizes are multiplied by the stride. `initializer` is PyTorch's default if nil.
  ///
  /// Stops the program unless both numbers of channels are multiples of `groups`, kernel size, stride, dilation and padding are at
  /// least 1, 1, 1 and 0, and the output padding is smaller than the stride, and 0 with `.same`.
  public init(
    _ inputs: Int, _ outputs: Int, kernelSize: any AxisSizes, stride: any AxisSizes = 1, dilation: any AxisSizes = 1,
    padding: any WindowPadding = 0, outputPadding: any AxisSizes = 0, groups: Int = 1, bias: Bool = true,
    initializer: Initializer? = nil
  ) {
    let window = Window(
      "ConvTranspose2d", axes: 2, kernelSize: kernelSize.axisSizes, stride: stride, dilation: dilation, padding: padding
    )
    super.init(
      "ConvTranspose2d", inputs, outputs, window, outputPadding: outputPadding, groups: groups, bias: bias, initializer)
  }
}

/// A transposed convolution of sequences, which makes them longer where the stride is above 1.
///
/// As `ConvTranspose2d`, along one axis: x [n, length, inputs] to [n, length′, outputs]; weight [inputs, outputs / groups,
/// kernelSize], bias [outputs].
public final class ConvTranspose1d: TransposedConvolution {
  /// A layer from `inputs` to `outputs` channels. `initializer` is PyTorch's default if nil. Stops the program as `ConvTranspose2d`
  /// does.
  public init(
    _ inputs: Int, _ outputs: Int, kernelSize: Int, stride: Int = 1, dilation: Int = 1, padding: any WindowPadding = 0,
    outputPadding: Int = 0, groups: Int = 1, bias: Bool = true, initializer: Initializer? = nil
  ) {
    let window = Window(
      "ConvTranspose1d", axes: 1, kernelSize: [kernelSize], stride: stride, dilation: dilation, padding: padding)
    super.init(
      "ConvTranspose1d", inputs, outputs, window, outputPadding: outputPadding, groups: groups, bias: bias, initializer)
  }
}
