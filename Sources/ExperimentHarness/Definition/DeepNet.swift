import Rheoscope

/// A net with `depth` layers of weights: a stem 784 → width, hidden layers, and a head width → 10, with an activation between
/// any two.
///
/// Whatever their blocks are, the weights of two nets of one size have the same paths, and so the same first values from one
/// seed if their initializers agree.
public final class DeepNet: Module {
  private let stem: Linear
  private let blocks: Sequential
  private let activation: Module
  private let head: Linear

  /// Weights begin as `initializer` says, or as PyTorch's do. `block` makes a block of an activation and the layer behind it.
  public init(
    _ settings: Settings, initializer: Initializer? = nil, activation: () -> Module,
    block: (_ activation: Module, _ layer: Linear) -> Module = { Sequential($0, $1) }
  ) {
    let width = settings.width
    stem = Linear(784, width, initializer: initializer)
    blocks = Sequential(
      (0..<settings.depth - 2).map { _ in block(activation(), Linear(width, width, initializer: initializer)) })
    self.activation = activation()
    head = Linear(width, 10, initializer: initializer)
  }

  public override func forward(_ x: Tensor) -> Tensor { head(activation(blocks(stem(x)))) }
}
