import Autodiff

/// Images or sequences of another size, mostly a larger one: x [n, height, width, channels] to [n, height′, width′, channels], or
/// [n, length, channels] to [n, length′, channels]. See `resize`.
public final class Upsample: Module {
  private enum Target {
    case size([Int])
    case factor([Double])
  }

  private let target: Target
  private let mode: Interpolation
  private let alignCorners: Bool

  /// A layer whose output has the given size, one number or one per axis. The mode is the nearest element by default; `alignCorners` is
  /// for `.linear`.
  public init(size: any AxisSizes, mode: Interpolation = .nearest, alignCorners: Bool = false) {
    (target, self.mode, self.alignCorners) = (.size(size.axisSizes), mode, alignCorners)
  }

  /// A layer whose output has the input's size times a factor, rounded down.
  public convenience init(scaleFactor: Double, mode: Interpolation = .nearest, alignCorners: Bool = false) {
    self.init(scaleFactor: [scaleFactor], mode: mode, alignCorners: alignCorners)
  }

  /// A layer whose output has the input's size times one factor per axis, rounded down.
  public init(scaleFactor: [Double], mode: Interpolation = .nearest, alignCorners: Bool = false) {
    (target, self.mode, self.alignCorners) = (.factor(scaleFactor), mode, alignCorners)
  }

  public override func forward(_ x: Tensor) -> Tensor {
    switch target {
    case .size(let size): resize(x, to: size, mode: mode, alignCorners: alignCorners)
    case .factor(let factor): resize(x, scaleFactor: factor, mode: mode, alignCorners: alignCorners)
    }
  }

  public override var details: String {
    let text =
      switch target {
      case .size(let size): "to " + size.map(String.init).joined(separator: " × ")
      case .factor(let factor):
        "by " + factor.map { $0 == $0.rounded() ? "\(Int($0))" : "\($0)" }.joined(separator: " × ")
      }
    return "\(text), \(mode.rawValue)" + (alignCorners ? ", corners aligned" : "")
  }
}
