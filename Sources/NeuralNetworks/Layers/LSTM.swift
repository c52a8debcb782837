import Autodiff

/// Long short-term memory over a sequence.
///
/// Shapes, calls, layers, directions and sites are those of `RecurrentLayer`; formula, parameters and first values those of `LSTMCell`. The
/// cell state of each step is a site too: `cell.memory`, `cell.memory[1]`, ….
///
/// Source: Hochreiter and Schmidhuber, "Long short-term memory", 1997, doi:10.1162/neco.1997.9.8.1735.
public final class LSTM: RecurrentLayer<LSTMCell> {
  /// From `features` to `units` features per time step. One layer, one direction and no dropout between layers by default; see `LSTMCell` for
  /// `forgetBias`, 0 by default, and `initializer`, PyTorch's default if nil. Stops the program unless there is a layer.
  public init(
    _ features: Int, _ units: Int, layers: Int = 1, isBidirectional: Bool = false, dropout: Float = 0,
    forgetBias: Float = 0, initializer: Initializer? = nil
  ) {
    super.init(features, units, layers: layers, isBidirectional: isBidirectional, dropout: dropout) {
      LSTMCell($0, units, forgetBias: forgetBias, initializer: initializer)
    }
  }
}

/// One time step of an `LSTM`: from an input and the hidden state h to the next hidden state h′.
///
/// `cell(x, h)` returns h′, and the module keeps the cell state c [n, units] from call to call; `cell([x, h, c])` returns `[h′, c′]` and keeps
/// nothing, so that each step may be `checkpointed`, where the first form stops the program:
///
///     i, f, g, o = x Wᵀ + b + h Uᵀ + d        // [n, 4 · units], cut into four
///     c′ = sigmoid(f) c + sigmoid(i) tanh(g)
///     h′ = sigmoid(o) tanh(c′)
///
/// Shapes, parameters and first values are those of `RecurrentCell`, with four gates. The forget bias is added to the part f of b. With 0, the
/// default and PyTorch's, about half of the cell state is forgotten per step at first; with 1 or more the net remembers longer, and gradients
/// reach further back in time.
///
/// Sources: Hochreiter and Schmidhuber, "Long short-term memory", 1997, doi:10.1162/neco.1997.9.8.1735; Gers, Schmidhuber and Cummins,
/// "Learning to forget", 2000, doi:10.1162/089976600300015015; for the forget bias Jozefowicz, Zaremba and Sutskever, "An empirical
/// exploration of recurrent network architectures", 2015.
public final class LSTMCell: RecurrentCell {
  /// The cell state c′, [n, units], as a site for hooks.
  public let memory = HookPoint()
  /// The cell state c′ of the last call, [n, units]; nil, as at first, for zeros. Set it to nil before the first step of a sequence, as
  /// `LSTM` does.
  public var lastMemory: Tensor?

  /// A cell from `features` inputs to a state of `units`. `forgetBias` is 0 by default, `initializer` PyTorch's default if nil.
  public init(_ features: Int, _ units: Int, forgetBias: Float = 0, initializer: Initializer? = nil) {
    super.init(gates: 4, features, units, initializer, addingToBias: forgetBias, at: units..<2 * units)
  }

  /// `[h′, c′]` for `[x, h, c]`, x [n, features] and the others [n, units]. Stops the program if there is another number of inputs, or the
  /// shapes don't fit.
  public override func forward(_ inputs: [Tensor]) -> [Tensor] {
    guard inputs.count == 3 else {
      stop(kind, "it was called with \(inputs.count) inputs; it takes [x, h, c]")
    }
    return step(input(inputs[0]), inputs[1], inputs[2])
  }

  override func next(_ projected: Tensor, _ h: Tensor) -> Tensor {
    if !isInLayer, isInReplay || isInCheckpoint {
      stop(
        kind,
        "a checkpointed body is computed twice, and the cell keeps its state; call it as cell([x, h, c]), which returns [h′, c′]"
      )
    }
    let states = step(projected, h, lastMemory ?? Tensor(repeating: 0, shape: h.shape))
    lastMemory = states[1]
    return states[0]
  }

  /// h′ and c′ from W x + b, h and c.
  private func step(_ projected: Tensor, _ h: Tensor, _ c: Tensor) -> [Tensor] {
    let gates = projected + hidden(h), memory = memory(lstmMemory(gates, c))
    return [lstmState(gates, memory), memory]
  }

  public override var inputNames: [String]? { ["x", "h", "c"] }

  public override var outputNames: [String]? { ["h", "c"] }

  override class var stateCount: Int { 2 }

  override var carried: Tensor? {
    get { lastMemory }
    set { lastMemory = newValue }
  }
}
