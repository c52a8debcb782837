import Autodiff

/// Numbers that a module gathers while it trains and that no gradient changes, such as a running mean. They are found by
/// reflection as parameters are, and saved with the weights.
public final class ModuleBuffer {
  /// The sizes of the dimensions.
  public let shape: Shape
  private let initialValue: Float

  /// The current numbers.
  public private(set) var value: Tensor

  /// A statistic whose elements all begin as `initialValue`.
  public init(_ shape: Shape, initialValue: Float) {
    self.shape = shape
    self.initialValue = initialValue
    value = Tensor(repeating: initialValue, shape: shape)
  }

  /// Takes over numbers of the statistic's shape; not from a `checkpointed` body that is computed again, since the first time
  /// counted.
  public func set(_ value: Tensor) {
    guard value.shape == shape else {
      stop("statistic", value.shape, shape, "a value has the statistic's shape")
    }
    if !isRecomputing { self.value = value.detached() }
  }

  /// Goes back to the initial value.
  func reset() { value = Tensor(repeating: initialValue, shape: shape) }
}
