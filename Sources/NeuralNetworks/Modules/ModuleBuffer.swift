import Autodiff

/// A tensor of a module that training changes without gradients, such as a running mean; PyTorch's buffer.
///
/// A module holds it in a property, where it is found as parameters are, and it is saved with the weights.
public final class ModuleBuffer {
  /// The sizes of the dimensions.
  public let shape: Shape
  /// The distribution of the first values.
  public let initializer: Initializer

  /// The current value, of shape `shape` and off the tape.
  public private(set) var value: Tensor

  /// A buffer that begins as the initializer fills it, in `initialize(seed:)` from the stream that seed and path name.
  public init(_ shape: Shape, initializer: Initializer) {
    (self.shape, self.initializer) = (shape, initializer)
    value = initializer.value(shape, Fan(of: shape), seed: 0, path: "")
  }

  /// A buffer whose elements all begin as `initialValue`.
  public convenience init(_ shape: Shape, initialValue: Float) {
    self.init(shape, initializer: .constant(initialValue))
  }

  /// Assigns a value. Stops the program if its shape is not the buffer's. Does nothing while a `checkpointed` body is
  /// recomputed, since its first run has set the value already.
  public func set(_ value: Tensor) {
    guard value.shape == shape else {
      stop("buffer", value.shape, shape, "a value must have the buffer's shape")
    }
    if !isRecomputing { self.value = value.detached() }
  }

  /// Assigns the first value.
  func initialize(seed: UInt64, path: String) {
    value = initializer.value(shape, Fan(of: shape), seed: seed, path: path)
  }
}
