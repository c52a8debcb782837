import Autodiff

/// Gated recurrent units over a sequence: one layer, in one direction, from a state of zeros.
///
/// x [n, time, features], and y [n, time, units], the state after each time step. Formula, parameters and initial values are those of
/// `cell`, a `GRUCell`, which is called once per time step. So recorders and hooks see each step as a call of its own, one layer deeper
/// than the step before: `cell`, `cell[1]`, `cell[2]`, ….
///
/// For several layers use several modules: `Sequential(GRU(8, 32), GRU(32, 32))`. A call stops unless x has three dimensions and at
/// least one time step.
///
/// Source: Cho et al., "Learning phrase representations using RNN encoder-decoder for statistical machine translation", 2014,
/// arXiv:1406.1078.
public final class GRU: Module {
  /// The module that is called once per time step.
  public let cell: GRUCell

  /// A layer from `features` to `units` features per time step. See `GRUCell` for `initializer`, PyTorch's default if nil.
  public init(_ features: Int, _ units: Int, initializer: Initializer? = nil) {
    cell = GRUCell(features, units, initializer: initializer)
  }

  public override func forward(_ x: Tensor) -> Tensor { overTime(x, units: cell.units, kind) { cell($0, $1) } }

  public override var details: String { cell.details }
}

/// One time step of a `GRU`: from an input and the state h to the next state h′.
///
/// The input x [n, features], h and h′ [n, units]:
///
///     r, z, n = x Wᵀ + b        // [n, 3 · units], cut into three
///     s, y, m = h Uᵀ + d        // the same of the state
///     r, z = sigmoid(r + s), sigmoid(z + y)
///     h′ = (1 − z) tanh(n + r m) + z h
///
/// Here W and b are weight and bias of `input`, U and d those of `hidden`; PyTorch's names for W, U, b and d are `weight_ih`, `weight_hh`,
/// `bias_ih` and `bias_hh`. As in PyTorch, the reset gate r multiplies m, after U; Cho et al. multiply h.
///
/// Without an initializer, all four begin as U(±1/√units), as in PyTorch. With one, it sets W and U, each as one matrix of all gates,
/// and b and d begin as 0.
///
/// Source: Cho et al., "Learning phrase representations using RNN encoder-decoder for statistical machine translation", 2014,
/// arXiv:1406.1078.
public final class GRUCell: Module {
  /// The linear layer of the input, from `features` to 3 · units; the parts belong to r, z and n.
  public let input: Linear
  /// The linear layer of the state, from `units` to 3 · units.
  public let hidden: Linear
  fileprivate let units: Int

  /// A cell from `features` inputs to a state of `units`. `initializer` is PyTorch's default if nil.
  public init(_ features: Int, _ units: Int, initializer: Initializer? = nil) {
    self.units = units
    input = gateLayer(3, features, units, initializer)
    hidden = gateLayer(3, units, units, initializer)
  }

  public override func forward(_ x: Tensor, _ h: Tensor) -> Tensor {
    let x = input(x), own = hidden(h)
    func gate(_ gates: Tensor, _ index: Int) -> Tensor { gates.sliced(1, index * units..<(index + 1) * units) }
    let reset = sigmoid(gate(x, 0) + gate(own, 0)), keep = sigmoid(gate(x, 1) + gate(own, 1))
    let new = tanh(gate(x, 2) + reset * gate(own, 2))
    return new + keep * (h - new)
  }

  public override var details: String { "\(input.weight.shape[1]) → \(units)" }
}
