import Autodiff

/// The mean over windows that divide images as evenly as possible, per channel: x [n, height, width, channels] to
/// [n, height′, width′, channels] with the sizes of `outputSize`. See `adaptiveAveragePool`.
public final class AdaptiveAveragePool2d: Module {
  private let outputSize: [Int]

  /// The size of the output, a number or `[height, width]`.
  public init(outputSize: any AxisSizes) { self.outputSize = outputSize.axisSizes }

  public override func forward(_ x: Tensor) -> Tensor {
    checkRank(x, 4)
    return adaptiveAveragePool(x, outputSize: outputSize)
  }

  public override var details: String { outputSize.map(String.init).joined(separator: " × ") }
}

/// The mean over windows that divide sequences as evenly as possible, per channel: x [n, length, channels] to
/// [n, outputSize, channels]. See `adaptiveAveragePool`.
public final class AdaptiveAveragePool1d: Module {
  private let outputSize: Int

  /// The length of the output.
  public init(outputSize: Int) { self.outputSize = outputSize }

  public override func forward(_ x: Tensor) -> Tensor {
    checkRank(x, 3)
    return adaptiveAveragePool(x, outputSize: outputSize)
  }

  public override var details: String { "\(outputSize)" }
}

extension Module {
  fileprivate func checkRank(_ x: Tensor, _ rank: Int) {
    guard x.shape.count != rank else { return }
    let shape = rank == 3 ? "sequences [n, length, channels]" : "images [n, height, width, channels]"
    stop(kind, "\(shape) are needed, not the shape \(x.shape)")
  }
}
