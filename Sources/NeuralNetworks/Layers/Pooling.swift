import Autodiff

/// The largest element of each window, channel by channel. See `maxPool`.
public final class MaxPool2d: Module {
  private let window, stride, padding: Int

  /// Square windows that move by `stride`, by default their own size.
  public init(window: Int, stride: Int? = nil, padding: Int = 0) {
    (self.window, self.stride, self.padding) = (window, stride ?? window, padding)
  }

  public override func forward(_ x: Tensor) -> Tensor { maxPool(x, window: window, stride: stride, padding: padding) }

  public override var details: String { "\(window) × \(window), stride \(stride)" }
}

/// The mean of each window, channel by channel. See `averagePool`.
public final class AveragePool2d: Module {
  private let window, stride, padding: Int

  /// Square windows that move by `stride`, by default their own size.
  public init(window: Int, stride: Int? = nil, padding: Int = 0) {
    (self.window, self.stride, self.padding) = (window, stride ?? window, padding)
  }

  public override func forward(_ x: Tensor) -> Tensor {
    averagePool(x, window: window, stride: stride, padding: padding)
  }

  public override var details: String { "\(window) × \(window), stride \(stride)" }
}

/// The mean of each channel over the whole image: [n, height, width, channels] to [n, channels].
public final class GlobalAveragePool2d: Module {
  public override func forward(_ x: Tensor) -> Tensor { globalAveragePool(x) }
}
