import Rheoscope

/// A fully connected net of `depth` layers with weights: Linear(784, width), depth − 2 hidden layers Linear(width, width), and
/// Linear(width, 10), with an activation between any two.
///
/// Inputs [n, 784], outputs [n, 10]. Whatever the blocks are, the weights of two nets of the same size have the same paths, so the
/// same seed gives them the same initial values where their initializers agree.
public final class DeepNet: Module {
  private let stem: Linear
  private let blocks: Sequential
  private let activation: Module
  private let head: Linear

  /// A net of the depth and width of these settings. `initializer` is that of all weights, PyTorch's by default; biases begin as
  /// `Linear` has them, unless `biasInitializer` is given. `activation` makes one activation per call; `block` combines an activation
  /// with the layer behind it, by default as layer(activation(x)).
  public init(
    _ settings: Settings, initializer: Initializer? = nil, biasInitializer: Initializer? = nil,
    activation: () -> Module, block: (_ activation: Module, _ layer: Linear) -> Module = { Sequential($0, $1) }
  ) {
    let width = settings.width
    func linear(_ inputs: Int, _ outputs: Int) -> Linear {
      Linear(inputs, outputs, initializer: initializer, biasInitializer: biasInitializer)
    }
    stem = linear(784, width)
    blocks = Sequential(
      (0..<settings.depth - 2).map { _ in block(activation(), linear(width, width)) })
    self.activation = activation()
    head = linear(width, 10)
  }

  public override func forward(_ x: Tensor) -> Tensor { head(activation(blocks(stem(x)))) }
}
