import Autodiff

/// A plain recurrent net over a sequence, Elman's: h′ = tanh(W x + b + U h + d), or ReLU in place of tanh.
///
/// Shapes, calls, layers, directions and sites are those of `RecurrentLayer`; formula, parameters and first values those of `RNNCell`.
///
/// Source: Elman, "Finding structure in time", 1990, doi:10.1207/s15516709cog1402_1.
public final class RNN: RecurrentLayer<RNNCell> {
  /// From `features` to `units` features per time step. One layer, one direction, no dropout between layers, tanh, and PyTorch's first values by
  /// default. Stops the program unless there is a layer.
  public init(
    _ features: Int, _ units: Int, layers: Int = 1, isBidirectional: Bool = false, dropout: Float = 0,
    nonlinearity: RNNCell.Nonlinearity = .tanh, initializer: Initializer? = nil
  ) {
    super.init(features, units, layers: layers, isBidirectional: isBidirectional, dropout: dropout) {
      RNNCell($0, units, nonlinearity: nonlinearity, initializer: initializer)
    }
  }
}

/// One time step of an `RNN`: h′ = f(x Wᵀ + b + h Uᵀ + d), where f is tanh or ReLU.
///
/// Shapes, parameters and first values are those of `RecurrentCell`, with one gate.
///
/// Sources: Elman, "Finding structure in time", 1990, doi:10.1207/s15516709cog1402_1; for ReLU with a U that begins as the identity Le, Jaitly
/// and Hinton, "A simple way to initialize recurrent networks of rectified linear units", 2015, arXiv:1504.00941.
public final class RNNCell: RecurrentCell {
  /// The function f.
  public enum Nonlinearity: String, Sendable {
    /// The hyperbolic tangent.
    case tanh
    /// max(x, 0).
    case relu
  }

  private let nonlinearity: Nonlinearity

  /// A cell from `features` inputs to a state of `units`. f is tanh and `initializer` PyTorch's default if nil.
  public init(_ features: Int, _ units: Int, nonlinearity: Nonlinearity = .tanh, initializer: Initializer? = nil) {
    self.nonlinearity = nonlinearity
    super.init(gates: 1, features, units, initializer)
  }

  override func next(_ projected: Tensor, _ h: Tensor) -> Tensor {
    let sum = projected + hidden(h)
    return nonlinearity == .tanh ? tanh(sum) : relu(sum)
  }
}
