import Autodiff

/// What `RNN`, `LSTM` and `GRU` share: cells over time, in one or several layers, in one or both directions.
///
/// x [n, time, features], and y [n, time, units], the state after each time step, of the last layer; in both directions [n, time,
/// 2 · units], the states of the forward cell, then those of the reverse one, which runs from the last step to the first. Each further layer
/// takes the states of the layer before.
///
/// Calls:
///
/// - `layer(x)` computes y from states of zeros.
/// - `layer(x, mask)` skips padding: mask [n, time] is 1 at steps and 0 at padding, where states stay as they are, y is 0 and x may be
///   anything. See
///   `sequenceMask` for masks of lengths.
/// - `layer([x])`, `layer([x, h])` or `layer([x, h, mask])` returns `[y, h′]`: the states of all cells before the first step and after the
///   last, [layers · directions, n, units], in the order of `cells`. An `LSTM` has cell states too: `layer([x, h, c, mask])` returns
///   `[y, h′, c′]`. Under a mask h′ is the state at each sequence's last step.
///
/// Each cell is called once per time step, so recorders and hooks see each step as a call of its own, one layer deeper than the step before:
/// `cell`, `cell[1]`, `cell[2]`, …. The forward cells are named `cell`, `cell1`, `cell2`, …, by layer, the reverse ones `reverseCell`,
/// `reverseCell1`, ….
///
/// In training mode `dropout` is applied to the states that one layer hands on to the next. A call stops unless x has three dimensions and at
/// least one time step, and states and mask have the shapes above.
public class RecurrentLayer<Cell: RecurrentCell>: Module {
  /// The cells, layer by layer; of each layer the forward cell before the reverse one.
  public final let cells: [Cell]
  /// The dropout between layers; nil without.
  public final let dropout: Dropout?
  private let directions: Int

  /// `makeCell` makes a cell for a number of input features.
  init(
    _ features: Int, _ units: Int, layers: Int, isBidirectional: Bool, dropout: Float,
    _ makeCell: (_ features: Int) -> Cell
  ) {
    guard layers >= 1 else { stop(String(describing: Self.self), "\(layers) layers; there must be 1 or more") }
    let directions = isBidirectional ? 2 : 1
    self.directions = directions
    cells = (0..<layers * directions).map { makeCell($0 < directions ? features : directions * units) }
    self.dropout = dropout == 0 ? nil : Dropout(dropout)
  }

  /// The first layer's forward cell, which is the only one unless there are several layers or directions.
  public final var cell: Cell { cells[0] }

  /// The states of the last layer for x [n, time, features], from states of zeros. Stops the program unless x has such a shape.
  public final override func forward(_ x: Tensor) -> Tensor { run(x, from: nil, mask: nil).outputs }

  /// As above, where the mask [n, time] is 1 at steps and 0 at padding. Stops the program if it has another shape.
  public final override func forward(_ x: Tensor, _ mask: Tensor) -> Tensor {
    run(x, from: nil, mask: mask).outputs
  }

  /// `[y, h′]`, for an LSTM `[y, h′, c′]`, for `[x]`, `[x, h]` or `[x, h, mask]`, for an LSTM `[x]`, `[x, h, c]` or `[x, h, c, mask]`.
  /// Stops the program if there is another number of inputs, or one has another shape.
  public final override func forward(_ inputs: [Tensor]) -> [Tensor] {
    let states = Cell.stateCount
    guard [1, 1 + states, 2 + states].contains(inputs.count) else {
      let names = states == 1 ? "h" : "h, c"
      stop(kind, "it was called with \(inputs.count) inputs; it takes [x], [x, \(names)] or [x, \(names), mask]")
    }
    let (outputs, last) = run(
      inputs[0], from: inputs.count > 1 ? Array(inputs[1...states]) : nil,
      mask: inputs.count > 1 + states ? inputs.last : nil)
    return [outputs] + (0..<states).map { index in stacked(last.map { $0[index] }) }
  }

  /// The states of the last layer, and what the last step of each cell hands on.
  private func run(_ x: Tensor, from start: [Tensor]?, mask: Tensor?) -> (outputs: Tensor, last: [[Tensor]]) {
    guard x.shape.count == 3, x.shape[1] > 0 else {
      stop(kind, "the input has the shape \(x.shape); it must be [n, time, features], with at least one time step")
    }
    let count = x.shape[0], time = x.shape[1], units = cells[0].units
    if let mask, mask.shape != [count, time] {
      stop(kind, x.shape, mask.shape, "the mask has the shape [n, time] of the input [n, time, features]")
    }
    if let state = start?.first(where: { $0.shape != [cells.count, count, units] }) {
      stop(kind, state.shape, [cells.count, count, units], "a state is [layers · directions, n, units]")
    }
    let masks = mask.map { mask in (0..<time).map { mask.sliced(1, $0..<$0 + 1) } }
    // Padding may hold anything, and 0 times NaN would be NaN in the weights' gradients.
    var sequence = mask.map { Tensor.where($0.reshaped([count, time, 1]), x, Tensor(0)) } ?? x
    var last: [[Tensor]] = []
    if dropout != nil, cells.count == directions {
      warnOnce(kind, "the dropout is between layers, and there is one layer; it has no effect")
    }
    for first in stride(from: 0, to: cells.count, by: directions) {
      if first > 0, let dropout { sequence = dropout(sequence) }
      let states = (first..<first + directions).map { index in
        cells[index].run(
          over: sequence, from: start?.map { $0.sliced(0, index..<index + 1).reshaped([count, units]) }, masks: masks,
          reversed: index > first)
      }
      sequence = directions == 1 ? states[0].outputs : concatenated(states.map(\.outputs), axis: 2)
      last += states.map(\.last)
    }
    return (sequence, last)
  }

  public final override var namedChildren: [(name: String, module: Module)]? {
    let named: [(String, Module)] = cells.enumerated().map { index, cell in
      let layer = index / directions
      return ((index % directions == 0 ? "cell" : "reverseCell") + (layer == 0 ? "" : "\(layer)"), cell)
    }
    return named + (dropout.map { [("dropout", $0)] } ?? [])
  }

  public final override var outputNames: [String]? { Cell.stateCount == 1 ? ["y", "h"] : ["y", "h", "c"] }

  public final override var details: String {
    let layers = cells.count / directions
    return cells[0].details + (layers == 1 ? "" : ", \(layers) layers") + (directions == 1 ? "" : ", both directions")
  }
}
