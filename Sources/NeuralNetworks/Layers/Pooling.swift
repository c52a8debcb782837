import Autodiff

/// The maximum of each window of images, per channel: x [n, height, width, channels] to [n, height′, width′, channels], with
/// height′ = ⌊(height + 2 padding − kernelSize) / stride⌋ + 1. See `maxPool`.
public final class MaxPool2d: Module {
  private let kernelSize, stride, padding: Int

  /// Square windows of `kernelSize` pixels; the stride is the kernel size unless given, the padding 0.
  public init(kernelSize: Int, stride: Int? = nil, padding: Int = 0) {
    (self.kernelSize, self.stride, self.padding) = (kernelSize, stride ?? kernelSize, padding)
  }

  public override func forward(_ x: Tensor) -> Tensor {
    maxPool(x, kernelSize: kernelSize, stride: stride, padding: padding)
  }

  public override var details: String { "\(kernelSize) × \(kernelSize), stride \(stride)" }
}

/// The mean of each window of images, per channel: x [n, height, width, channels] to [n, height′, width′, channels], with
/// height′ = ⌊(height + 2 padding − kernelSize) / stride⌋ + 1. See `averagePool`.
public final class AveragePool2d: Module {
  private let kernelSize, stride, padding: Int

  /// Square windows of `kernelSize` pixels; the stride is the kernel size unless given, the padding 0.
  public init(kernelSize: Int, stride: Int? = nil, padding: Int = 0) {
    (self.kernelSize, self.stride, self.padding) = (kernelSize, stride ?? kernelSize, padding)
  }

  public override func forward(_ x: Tensor) -> Tensor {
    averagePool(x, kernelSize: kernelSize, stride: stride, padding: padding)
  }

  public override var details: String { "\(kernelSize) × \(kernelSize), stride \(stride)" }
}

/// The mean of each channel over the whole image: [n, height, width, channels] to [n, channels].
public final class GlobalAveragePool2d: Module {
  public override func forward(_ x: Tensor) -> Tensor { globalAveragePool(x) }
}
