import Autodiff

/// One time step of a recurrent layer: from an input and a state to the next state. Its subclasses are `RNNCell`, `LSTMCell` and `GRUCell`.
///
/// x [n, features], h and the output h′ [n, units]. Weight W and bias b of `input`, U and d of `hidden` are PyTorch's `weight_ih`, `bias_ih`,
/// `weight_hh` and `bias_hh`, each of all gates, one below the other.
///
/// A layer over time multiplies all inputs by W at once and calls its cell with W x + b, [n, gates · units], which is what input hooks at
/// the cell see there; hooks at the layer see x.
///
/// Without an initializer, all four begin as U(±1/√units), as in PyTorch. With one, it sets W and U, each as one matrix of all gates, and b
/// and d begin as 0.
public class RecurrentCell: Module {
  /// The linear layer of the input, from `features` to gates · units. A layer over time calls it once for all time steps.
  public final let input: Linear
  /// The linear layer of the state, from `units` to gates · units.
  public final let hidden: Linear
  final let units: Int
  /// Whether a layer over time runs it, which gives it W x + b in place of x.
  fileprivate(set) final var isInLayer = false

  init(
    gates: Int, _ features: Int, _ units: Int, _ initializer: Initializer?, addingToBias value: Float = 0,
    at range: Range<Int> = 0..<0
  ) {
    self.units = units
    input = gateLayer(gates, features, units, initializer, adding: value, to: range)
    hidden = gateLayer(gates, units, units, initializer)
    hidden.isRepeated = true
  }

  /// The next state, [n, units], for an input [n, features] and a state [n, units].
  public final override func forward(_ x: Tensor, _ h: Tensor) -> Tensor {
    next(isInLayer ? x : input(x), h)
  }

  /// The next state from W x + b, [n, gates · units], and the state before.
  func next(_ projected: Tensor, _ h: Tensor) -> Tensor { stop(kind, "this cell has no step") }

  /// The number of tensors that one step hands on to the next.
  class var stateCount: Int { 1 }

  /// The second of them, which the cell keeps from call to call; nil for zeros, and in cells without one.
  var carried: Tensor? {
    get { nil }
    set {}
  }

  public final override var details: String { "\(input.weight.shape[1]) → \(units)" }
}

/// The states of a cell over a sequence.
struct RecurrentStates {
  /// The state after each time step, [n, time, units].
  let outputs: Tensor
  /// What the last step hands on, each [n, units].
  let last: [Tensor]
}

extension RecurrentCell {
  /// Runs over x [n, time, features] from the states `start`, each [n, units], zeros if nil; from the last step to the first where
  /// `reversed`. A step whose mask, [n, 1], is 0 keeps the states, and its output is 0.
  final func run(over x: Tensor, from start: [Tensor]?, masks: [Tensor]?, reversed: Bool) -> RecurrentStates {
    let count = x.shape[0], time = x.shape[1], zeros = Tensor(repeating: 0, shape: [count, units])
    let projections = timeSteps(of: input(x))
    isInLayer = true
    carried = start?.last
    // The tape of this sequence is no longer needed.
    defer { (isInLayer, carried) = (false, nil) }
    var state = start?[0] ?? zeros, outputs = Array(repeating: zeros, count: time)
    for step in reversed ? Array((0..<time).reversed()) : Array(0..<time) {
      let before = carried
      var next = self(projections[step], state)
      outputs[step] = next
      if let mask = masks?[step] {
        outputs[step] = Tensor.where(mask, next, zeros)
        next = Tensor.where(mask, next, state)
        if let after = carried { carried = Tensor.where(mask, after, before ?? zeros) }
      }
      state = next
    }
    let joined = concatenated(outputs, axis: 1).reshaped([count, time, units])
    return RecurrentStates(outputs: joined, last: [state] + (carried.map { [$0] } ?? []))
  }
}

/// The parts [n, features] of x [n, time, features], one per time step. Cut twice, into about √time chunks and these into steps: where the
/// tape is kept, each cut adds a tensor of the size of what it cuts to the backward pass.
private func timeSteps(of x: Tensor) -> [Tensor] {
  let time = x.shape[1], chunk = max(1, Int(Double(time).squareRoot()))
  func steps(_ x: Tensor) -> [Tensor] {
    (0..<x.shape[1]).map { x.sliced(1, $0..<$0 + 1).reshaped([x.shape[0], x.shape[2]]) }
  }
  return stride(from: 0, to: time, by: chunk).flatMap { steps(x.sliced(1, $0..<min($0 + chunk, time))) }
}

/// A linear layer from `inputs` to the parts of `gates` gates, [gates · units]. `value` is added to those elements of the bias that
/// `range` names, the forget gate's.
private func gateLayer(
  _ gates: Int, _ inputs: Int, _ units: Int, _ initializer: Initializer?, adding value: Float = 0,
  to range: Range<Int> = 0..<0
) -> Linear {
  // PyTorch scales all parameters by the units, also the weights of the inputs.
  let fan = initializer == nil ? Fan(inputs: units, outputs: gates * units) : nil
  let bias = initializer == nil ? Initializer.pyTorchDefault : .zeros
  return Linear(
    weight: Parameter([gates * units, inputs], initializer: initializer ?? .pyTorchDefault, fan: fan),
    bias: Parameter([gates * units], initializer: bias.adding(value, to: range, "the forget gate"), fan: fan))
}
