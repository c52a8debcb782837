import Autodiff

/// Long short-term memory over a sequence: one layer, in one direction, from a state of zeros.
///
/// x [n, time, features], and y [n, time, units], the hidden state after each time step; the last one is
/// `y.sliced(1, time - 1..<time).reshaped(n, units)`. Formula, parameters and initial values are those of `cell`, an `LSTMCell`, which is
/// called once per time step. So recorders and hooks see each step as a call of its own, one layer deeper than the step before:
/// `cell`, `cell[1]`, `cell[2]`, …, with the hidden state as output, and `cell.memory`, `cell.memory[1]`, … with the cell state.
///
/// For several layers use several modules: `Sequential(LSTM(8, 32), LSTM(32, 32))`. A call stops unless x has three dimensions and at
/// least one time step.
///
/// Source: Hochreiter and Schmidhuber, "Long short-term memory", 1997, doi:10.1162/neco.1997.9.8.1735.
public final class LSTM: Module {
  /// The module that is called once per time step.
  public let cell: LSTMCell

  /// A layer from `features` to `units` features per time step. See `LSTMCell` for `forgetBias`, 0 by default, and `initializer`,
  /// PyTorch's default if nil.
  public init(_ features: Int, _ units: Int, forgetBias: Float = 0, initializer: Initializer? = nil) {
    cell = LSTMCell(features, units, forgetBias: forgetBias, initializer: initializer)
  }

  public override func forward(_ x: Tensor) -> Tensor {
    cell.lastMemory = nil
    // The tape of this sequence is no longer needed.
    defer { cell.lastMemory = nil }
    return overTime(x, units: cell.units, kind) { cell($0, $1) }
  }

  public override var details: String { cell.details }
}

/// One time step of an `LSTM`: from an input and the hidden state h to the next hidden state h′.
///
/// The input x [n, features], h and h′ [n, units], and the cell state c [n, units], which the module keeps from call to call:
///
///     i, f, g, o = x Wᵀ + b + h Uᵀ + d        // [n, 4 · units], cut into four
///     c′ = sigmoid(f) c + sigmoid(i) tanh(g)
///     h′ = sigmoid(o) tanh(c′)
///
/// Here W and b are weight and bias of `input`, U and d those of `hidden`; PyTorch's names for W, U, b and d are `weight_ih`, `weight_hh`,
/// `bias_ih` and `bias_hh`.
///
/// Without an initializer, all four begin as U(±1/√units), as in PyTorch. With one, it sets W and U, each as one matrix of all gates,
/// and b and d begin as 0. The forget bias is added to the part f of b. With 0, the default and PyTorch's, about half of the cell state is
/// forgotten per step at first; with 1 or more the net remembers longer, and gradients reach further back in time.
///
/// Sources: Hochreiter and Schmidhuber, "Long short-term memory", 1997, doi:10.1162/neco.1997.9.8.1735; Gers, Schmidhuber and Cummins,
/// "Learning to forget", 2000, doi:10.1162/089976600300015015; for the forget bias Jozefowicz, Zaremba and Sutskever, "An empirical
/// exploration of recurrent network architectures", 2015.
public final class LSTMCell: Module {
  /// The linear layer of the input, from `features` to 4 · units; the parts belong to i, f, g and o.
  public let input: Linear
  /// The linear layer of the hidden state, from `units` to 4 · units.
  public let hidden: Linear
  /// The cell state c′, [n, units], as a site for hooks.
  public let memory = HookPoint()
  /// The cell state c′ of the last call, [n, units]; nil, as at first, for zeros. Set it to nil before the first step of a sequence, as
  /// `LSTM` does.
  public var lastMemory: Tensor?
  fileprivate let units: Int

  /// A cell from `features` inputs to a state of `units`. `forgetBias` is 0 by default, `initializer` PyTorch's default if nil.
  public init(_ features: Int, _ units: Int, forgetBias: Float = 0, initializer: Initializer? = nil) {
    self.units = units
    input = gateLayer(4, features, units, initializer, adding: forgetBias, to: units..<2 * units)
    hidden = gateLayer(4, units, units, initializer)
  }

  public override func forward(_ x: Tensor, _ h: Tensor) -> Tensor {
    let gates = input(x) + hidden(h)
    func gate(_ index: Int) -> Tensor { gates.sliced(1, index * units..<(index + 1) * units) }
    let before = lastMemory ?? Tensor(repeating: 0, shape: h.shape)
    let memory = memory(sigmoid(gate(1)) * before + sigmoid(gate(0)) * tanh(gate(2)))
    lastMemory = memory
    return sigmoid(gate(3)) * tanh(memory)
  }

  public override var details: String { "\(input.weight.shape[1]) → \(units)" }
}
