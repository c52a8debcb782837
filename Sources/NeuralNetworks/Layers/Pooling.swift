import Autodiff

/// The maximum of each window of images, per channel: x [n, height, width, channels] to [n, height′, width′, channels], with
/// height′ = ⌊(height + padding above and below − dilation (kernelSize − 1) − 1) / stride⌋ + 1, rounded up with `ceilMode`. See
/// `maxPool`.
public final class MaxPool2d: Module {
  private let window: Window
  private let ceilMode: Bool

  /// Windows of `kernelSize` pixels, a number or `[height, width]`, as are stride, dilation and padding; the stride is the kernel size
  /// unless given, the dilation 1, the padding 0. Stops the program unless they are at least 1, 1, 1 and 0.
  public init(
    kernelSize: any AxisSizes, stride: (any AxisSizes)? = nil, dilation: any AxisSizes = 1,
    padding: any WindowPadding = 0, ceilMode: Bool = false
  ) {
    window = Window(
      "MaxPool2d", axes: 2, kernelSize: kernelSize.axisSizes, stride: stride ?? kernelSize, dilation: dilation,
      padding: padding)
    self.ceilMode = ceilMode
  }

  public override func forward(_ x: Tensor) -> Tensor { maxPool(x, window, ceilMode: ceilMode) }

  public override var details: String { pooling(window, ceilMode) }
}

/// The maximum of each window of sequences, per channel: x [n, length, channels] to [n, length′, channels]. See `maxPool`.
public final class MaxPool1d: Module {
  private let window: Window
  private let ceilMode: Bool

  /// Windows of `kernelSize` elements; the stride is the kernel size unless given, the dilation 1, the padding 0. Stops the program
  /// unless they are at least 1, 1, 1 and 0.
  public init(
    kernelSize: Int, stride: Int? = nil, dilation: Int = 1, padding: any WindowPadding = 0, ceilMode: Bool = false
  ) {
    window = Window(
      "MaxPool1d", axes: 1, kernelSize: [kernelSize], stride: stride ?? kernelSize, dilation: dilation, padding: padding
    )
    self.ceilMode = ceilMode
  }

  public override func forward(_ x: Tensor) -> Tensor { maxPool(x, window, ceilMode: ceilMode) }

  public override var details: String { pooling(window, ceilMode) }
}

/// The mean of each window of images, per channel: x [n, height, width, channels] to [n, height′, width′, channels], with
/// height′ = ⌊(height + padding above and below − kernelSize) / stride⌋ + 1, rounded up with `ceilMode`. See `averagePool`.
public final class AveragePool2d: Module {
  private let window: Window
  private let ceilMode, countIncludePadding: Bool

  /// Windows of `kernelSize` pixels, a number or `[height, width]`, as are stride and padding; the stride is the kernel size unless
  /// given, the padding 0. Stops the program unless they are at least 1, 1 and 0.
  public init(
    kernelSize: any AxisSizes, stride: (any AxisSizes)? = nil, padding: any WindowPadding = 0, ceilMode: Bool = false,
    countIncludePadding: Bool = true
  ) {
    window = Window(
      "AveragePool2d", axes: 2, kernelSize: kernelSize.axisSizes, stride: stride ?? kernelSize, dilation: 1,
      padding: padding)
    (self.ceilMode, self.countIncludePadding) = (ceilMode, countIncludePadding)
  }

  public override func forward(_ x: Tensor) -> Tensor {
    averagePool(x, window, ceilMode: ceilMode, countIncludePadding: countIncludePadding)
  }

  public override var details: String { pooling(window, ceilMode, countIncludePadding) }
}

/// The mean of each window of sequences, per channel: x [n, length, channels] to [n, length′, channels]. See `averagePool`.
public final class AveragePool1d: Module {
  private let window: Window
  private let ceilMode, countIncludePadding: Bool

  /// Windows of `kernelSize` elements; the stride is the kernel size unless given, the padding 0. Stops the program unless they are
  /// at least 1, 1 and 0.
  public init(
    kernelSize: Int, stride: Int? = nil, padding: any WindowPadding = 0, ceilMode: Bool = false,
    countIncludePadding: Bool = true
  ) {
    window = Window(
      "AveragePool1d", axes: 1, kernelSize: [kernelSize], stride: stride ?? kernelSize, dilation: 1, padding: padding)
    (self.ceilMode, self.countIncludePadding) = (ceilMode, countIncludePadding)
  }

  public override func forward(_ x: Tensor) -> Tensor {
    averagePool(x, window, ceilMode: ceilMode, countIncludePadding: countIncludePadding)
  }

  public override var details: String { pooling(window, ceilMode, countIncludePadding) }
}

/// The details of a pool.
private func pooling(_ window: Window, _ ceilMode: Bool, _ countIncludePadding: Bool = true) -> String {
  // The stride is named even where it is 1, since the kernel size is its default.
  let stride = Set(window.stride) == [1] ? ", stride 1" : ""
  return "\(window)\(stride)" + (ceilMode ? ", rounded up" : "") + (countIncludePadding ? "" : ", padding not counted")
}

/// The mean of each channel over the whole image: [n, height, width, channels] to [n, channels].
public final class GlobalAveragePool2d: Module {
  public override func forward(_ x: Tensor) -> Tensor { globalAveragePool(x) }
}
