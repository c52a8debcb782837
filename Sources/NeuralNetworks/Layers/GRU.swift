import Autodiff

/// Gated recurrent units over a sequence.
///
/// Shapes, calls, layers, directions and sites are those of `RecurrentLayer`; formula, parameters and first values those of `GRUCell`.
///
/// Source: Cho et al., "Learning phrase representations using RNN encoder-decoder for statistical machine translation", 2014,
/// arXiv:1406.1078.
public final class GRU: RecurrentLayer<GRUCell> {
  /// From `features` to `units` features per time step. One layer, one direction, no dropout between layers and PyTorch's first values by
  /// default. Stops the program unless there is a layer.
  public init(
    _ features: Int, _ units: Int, layers: Int = 1, isBidirectional: Bool = false, dropout: Float = 0,
    initializer: Initializer? = nil
  ) {
    super.init(features, units, layers: layers, isBidirectional: isBidirectional, dropout: dropout) {
      GRUCell($0, units, initializer: initializer)
    }
  }
}

/// One time step of a `GRU`: from an input and the state h to the next state h′.
///
///     r, z, n = x Wᵀ + b        // [n, 3 · units], cut into three
///     s, y, m = h Uᵀ + d        // the same of the state
///     r, z = sigmoid(r + s), sigmoid(z + y)
///     h′ = (1 − z) tanh(n + r m) + z h
///
/// Shapes, parameters and first values are those of `RecurrentCell`, with three gates. As in PyTorch, the reset gate r multiplies m, after U;
/// Cho et al. multiply h.
///
/// Source: Cho et al., "Learning phrase representations using RNN encoder-decoder for statistical machine translation", 2014,
/// arXiv:1406.1078.
public final class GRUCell: RecurrentCell {
  /// A cell from `features` inputs to a state of `units`. `initializer` is PyTorch's default if nil.
  public init(_ features: Int, _ units: Int, initializer: Initializer? = nil) {
    super.init(gates: 3, features, units, initializer)
  }

  override func next(_ projected: Tensor, _ h: Tensor) -> Tensor { gruState(projected, hidden(h), h) }
}
